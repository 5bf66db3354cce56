package route

import (
	"slices"
	"strings"

	"badgateway/harness/nginx/conf"
)

// condition is what an if asks (ngx_http_rewrite_module.c:ngx_http_rewrite_if_condition).
type condition struct {
	text string // what is tested, with variables
	test test
	file string // "-f", "-d", "-e", "-x" of a file test, else ""
}

// test is a question about a text.
type test struct {
	equals string
	re     *pattern // in place of equals
	set    bool     // asks only whether it is neither empty nor "0"
	not    bool
}

// ok tells whether a value passes.
func (t test) ok(value string) bool {
	switch {
	case t.re != nil:
		return t.re.matches(value) != t.not
	case t.set:
		return (value != "" && value != "0") != t.not
	}
	return (value == t.equals) != t.not
}

// opposite is the test that passes where this one fails.
func (t test) opposite() test { t.not = !t.not; return t }

// values are texts that pass, likely ones first.
func (t test) values(letters alphabet) []string {
	var likely []string
	switch {
	case t.not:
	case t.re != nil:
		likely = samples(t.re, letters)
	case t.set:
		likely = []string{"1"}
	default:
		likely = []string{t.equals}
	}
	likely = append(likely, "", "bg", "1", "0", "GET", "https", "http", "POST", "Mozilla/5.0 (X11; Linux x86_64)", "/bg")
	return slices.DeleteFunc(slices.Clone(likely), func(v string) bool { return !t.ok(v) })
}

// readCondition reads the arguments of an if; false: nginx would not take it.
func readCondition(d *conf.Directive) (condition, bool) {
	var words []string
	for i, a := range d.Args {
		text := a.Text
		if i == 0 {
			text = strings.TrimPrefix(text, "(")
		}
		if i == len(d.Args)-1 && a.Quote == 0 {
			text = strings.TrimSuffix(text, ")")
		}
		if text == "" && a.Quote == 0 && (i == 0 || i == len(d.Args)-1) {
			continue
		}
		words = append(words, text)
	}
	switch {
	case len(words) == 1:
		return condition{text: words[0], test: test{set: true}}, true
	case len(words) == 2 && (strings.HasPrefix(words[0], "-") || strings.HasPrefix(words[0], "!-")):
		op, not := strings.CutPrefix(words[0], "!")
		return condition{text: words[1], file: op, test: test{set: true, not: not}}, true
	case len(words) < 3:
		return condition{}, false
	}
	op, not := strings.CutPrefix(words[1], "!")
	c := condition{text: words[0], test: test{not: not}}
	switch op {
	case "=":
		c.test.equals = words[2]
	case "~", "~*":
		c.test.re = compilePattern(words[2], op == "~*")
	default:
		return c, false
	}
	return c, true
}

// resolve gives what a text is compared with its value: it may hold variables,
// a regular expression may not.
func (w *walker) resolve(c condition) condition {
	if c.test.re == nil {
		c.test.equals = w.eval(c.test.equals)
	}
	return c
}

// holds evaluates a condition; a match leaves its groups behind.
func (w *walker) holds(c condition) bool {
	c = w.resolve(c)
	value := w.eval(c.text)
	if c.file != "" {
		return w.exists(value, c.file == "-d") != c.test.not
	}
	if c.test.re != nil && !c.test.not {
		groups := c.test.re.match(value)
		if groups != nil {
			w.groups = groups
			w.remember(c.test.re, groups)
		}
		return groups != nil
	}
	return c.test.ok(value)
}

// mend drafts requests for which the condition comes out as want.
func (w *walker) mend(c condition, want bool) []draft {
	right := c.test.equals
	c = w.resolve(c)
	t := c.test
	if !want {
		t = t.opposite()
	}
	if c.file != "" {
		if name := w.eval(c.text); !t.not && strings.HasPrefix(name, "/") && c.file != "-d" {
			return []draft{w.draft.with(func(d *draft) { d.files = append(d.files, name) })}
		}
		return nil
	}
	m := mender{walker: w}
	m.text(c.text, t, maxNesting)
	if t.re == nil && right != c.test.equals {
		m.text(right, test{equals: w.eval(c.text), not: t.not}, maxNesting)
	}
	return m.drafts
}
