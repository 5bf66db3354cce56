package program

import (
	"strings"

	"badgateway/harness/check/route/pattern"
	"badgateway/harness/nginx/conf"
)

// Condition is what an if asks (ngx_http_rewrite_module.c:ngx_http_rewrite_if_condition).
type Condition struct {
	Text string // what is tested, with variables
	Test pattern.Test
	File string // "-f", "-d", "-e", "-x" of a file test, else ""
}

// readCondition reads the arguments of an if; false: nginx would not take it.
func readCondition(d *conf.Directive) (Condition, bool) {
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
		return Condition{Text: words[0], Test: pattern.Test{Set: true}}, true
	case len(words) == 2 && (strings.HasPrefix(words[0], "-") || strings.HasPrefix(words[0], "!-")):
		op, not := strings.CutPrefix(words[0], "!")
		return Condition{Text: words[1], File: op, Test: pattern.Test{Set: true, Not: not}}, true
	case len(words) < 3:
		return Condition{}, false
	}
	op, not := strings.CutPrefix(words[1], "!")
	c := Condition{Text: words[0], Test: pattern.Test{Not: not}}
	switch op {
	case "=":
		c.Test.Equals = words[2]
	case "~", "~*":
		c.Test.Re = pattern.Compile(words[2], op == "~*")
	default:
		return c, false
	}
	return c, true
}
