package program

import (
	"badgateway/harness/check/route/pattern"
	"badgateway/harness/nginx/conf"
)

// Pattern is the regular expression that a directive begins with.
func (p *Program) Pattern(d *conf.Directive) *pattern.Pattern {
	if p.compiled[d] == nil {
		p.compiled[d] = pattern.Compile(d.Arg(0), false)
	}
	return p.compiled[d]
}

// Condition is what an if asks; nil when nginx would not take it.
func (p *Program) Condition(d *conf.Directive) *Condition {
	c, known := p.asked[d]
	if !known {
		if read, ok := readCondition(d); ok {
			c = &read
		}
		p.asked[d] = c
	}
	return c
}

// Rows are those of a map or geo block.
func (p *Program) Rows(d *conf.Directive) []Row {
	all, known := p.tables[d]
	if !known {
		all = readRows(d)
		p.tables[d] = all
	}
	return all
}
