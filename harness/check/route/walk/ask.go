package walk

import (
	"strings"

	"badgateway/harness/check/route/draft"
	"badgateway/harness/check/route/pattern"
	"badgateway/harness/check/route/program"
)

// resolve gives what a text is compared with its value: it may hold variables,
// a regular expression may not.
func (w *walker) resolve(c program.Condition) program.Condition {
	if c.Test.Re == nil {
		c.Test.Equals = w.eval(c.Test.Equals)
	}
	return c
}

// holds evaluates a condition; a match leaves its groups behind.
func (w *walker) holds(c program.Condition) bool {
	c = w.resolve(c)
	value := w.eval(c.Text)
	if c.File != "" {
		return w.exists(value, c.File == "-d") != c.Test.Not
	}
	if c.Test.Re != nil && !c.Test.Not {
		groups := c.Test.Re.Match(value)
		if groups != nil {
			w.groups = groups
			w.remember(c.Test.Re, groups)
		}
		return groups != nil
	}
	return c.Test.Ok(value)
}

// mend drafts requests for which the condition comes out as want.
func (w *walker) mend(c program.Condition, want bool) []draft.Draft {
	right := c.Test.Equals
	c = w.resolve(c)
	t := c.Test
	if !want {
		t = t.Opposite()
	}
	if c.File != "" {
		if name := w.eval(c.Text); !t.Not && strings.HasPrefix(name, "/") && c.File != "-d" {
			return []draft.Draft{w.draft.With(func(d *draft.Draft) { d.Files = append(d.Files, name) })}
		}
		return nil
	}
	m := mender{walker: w}
	m.text(c.Text, t, maxNesting)
	if t.Re == nil && right != c.Test.Equals {
		m.text(right, pattern.Test{Equals: w.eval(c.Text), Not: t.Not}, maxNesting)
	}
	return m.drafts
}
