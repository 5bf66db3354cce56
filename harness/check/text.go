package check

import (
	"slices"

	"badgateway/harness/check/config"
	"badgateway/harness/check/result"
	"badgateway/harness/check/route/plan"
	"badgateway/harness/check/upstream"
	"badgateway/harness/nginx/conf"
)

// text answers what a configuration says for a route ([finding.Text]).
type text struct {
	config *config.Config
	plan   *plan.Plan
}

// ofUpstream are the directives that count in an upstream block.
var ofUpstream = []string{"server", "keepalive", "keepalive_timeout"}

// Directive is the directive that counts for a route.
func (t text) Directive(r result.Route, name string) (result.Place, []string, bool) {
	p, found := t.plan.Pass(r.ID)
	if !found {
		return result.Place{}, nil, false
	}
	d := conf.Inherited(p.Chain, name)
	switch {
	case slices.Contains(ofUpstream, name):
		d = inUpstream(p, name)
	case d == nil:
		d = conf.First(t.config.Tree.Top(), name)
	}
	if d == nil {
		return result.Place{}, nil, false
	}
	return t.config.Place(d), words(d), true
}

// All are the arguments of the directives that count together for a route.
func (t text) All(r result.Route, name string) [][]string {
	p, found := t.plan.Pass(r.ID)
	if !found {
		return nil
	}
	var all [][]string
	for _, d := range conf.InheritedAll(p.Chain, name) {
		all = append(all, words(d))
	}
	return all
}

// words are a directive's arguments.
func words(d *conf.Directive) []string {
	var args []string
	for _, a := range d.Args {
		args = append(args, a.Text)
	}
	return args
}

// around are all simple directives that can bear on a route: of the blocks
// around it, and of its upstream.
func (t text) around(r result.Route) []result.Place {
	p, found := t.plan.Pass(r.ID)
	if !found {
		return nil
	}
	var places []result.Place
	add := func(block *conf.Directive) {
		for d := range conf.Children(block) {
			if !d.HasBlock {
				places = append(places, t.config.Place(d))
			}
		}
	}
	for _, block := range p.Chain {
		add(block)
	}
	for _, g := range p.Groups {
		if g.Block != nil {
			add(g.Block)
		}
	}
	return places
}

// all are all directives in order, a block by its first line.
func (t text) all() []result.Place {
	var places []result.Place
	for d := range t.config.Tree.All() {
		if !d.Is("include") {
			places = append(places, t.config.Place(d))
		}
	}
	return places
}

// inUpstream is the first directive called name in the blocks behind a pass.
func inUpstream(p upstream.Pass, name string) *conf.Directive {
	for _, g := range p.Groups {
		if g.Block == nil {
			continue
		}
		for d := range conf.Children(g.Block) {
			if d.Is(name) {
				return d
			}
		}
	}
	return nil
}
