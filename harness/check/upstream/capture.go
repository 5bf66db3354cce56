package upstream

import (
	"fmt"
	"slices"
	"strings"

	"badgateway/harness/nginx/conf"
)

// capture is the value of a capture of a regular expression, by number or
// name, of the nearest one around the pass: its if, its rewrite, its location,
// its server_name; for a name then of any in the tree.
func (e *evaluation) capture(name string) []string {
	for i := len(e.chain) - 1; i >= 0; i-- {
		for _, pattern := range e.vars.patternsOf(e.chain[i]) {
			sample, ok := Sample(pattern)
			if value, has := sample.Groups[name]; ok && has {
				return []string{value}
			}
		}
	}
	e.missing(fmt.Sprintf("nothing in this configuration gives $%s a value", name))
	return nil
}

// patternsOf is [patterns], read once.
func (v *Vars) patternsOf(block *conf.Directive) []string {
	found, known := v.patterns[block]
	if !known {
		found = patterns(block)
		v.patterns[block] = found
	}
	return found
}

// patterns are the regular expressions that a request meets at a block: those
// of its directives, the last first, then its own.
func patterns(block *conf.Directive) []string {
	var inner []string
	for d := range conf.Children(block) {
		switch {
		case d.Is("rewrite"):
			inner = append(inner, d.Arg(0))
		case d.Is("if"):
			inner = append(inner, condition(d)...)
		}
	}
	slices.Reverse(inner)
	switch {
	case block.Is("location"):
		if m := block.Arg(0); m == "~" || m == "~*" {
			inner = append(inner, block.Arg(1))
		}
	case block.Is("if"):
		inner = append(condition(block), inner...)
	case block.Is("server"):
		for d := range conf.Find(conf.Children(block), "server_name") {
			for i := range d.Args {
				if pattern, is := strings.CutPrefix(d.Arg(i), "~"); is {
					inner = append(inner, strings.TrimPrefix(pattern, "*"))
				}
			}
		}
	}
	return inner
}

// condition is the regular expression of an if that has one:
// if ($uri ~ "^/(a|b)/").
func condition(d *conf.Directive) []string {
	for i := range d.Args {
		if op := d.Arg(i); (op == "~" || op == "~*") && i+1 < len(d.Args) {
			if i+2 < len(d.Args) { // a quoted pattern, and ")" by itself
				return []string{d.Arg(i + 1)}
			}
			return []string{strings.TrimSuffix(d.Arg(i+1), ")")}
		}
	}
	return nil
}
