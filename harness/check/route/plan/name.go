package plan

import (
	"badgateway/harness/check/route/program"
	"fmt"
	"strings"
)

// name gives the routes their ids: what tells them apart is added only where
// needed, so that an id stays when other routes come and go.
func (p *Plan) name() {
	ids := make([]string, len(p.Routes))
	more := []func(i int) string{
		func(i int) string { return p.id(i, "", "") },
		func(i int) string { return p.id(i, "", p.Tries[i].Scope.Around()) },
		func(i int) string { return p.id(i, program.Names(p.Tries[i].Server), p.Tries[i].Scope.Around()) },
	}
	for _, id := range more {
		count := map[string]int{}
		for _, known := range ids {
			count[known]++
		}
		for i := range ids {
			if ids[i] == "" || count[ids[i]] > 1 {
				ids[i] = id(i)
			}
		}
	}
	seen := map[string]int{}
	for i, id := range ids {
		if seen[id]++; seen[id] > 1 {
			id = fmt.Sprintf("%s #%d", id, seen[id])
		}
		p.Routes[i].ID = id
	}
}

func (p *Plan) id(i int, server, around string) string {
	r := p.Routes[i]
	if server == "" {
		server = r.Server
	}
	location := r.Location
	if !strings.HasPrefix(location, "/") || around != "" {
		location = " " + location
	}
	if around != "" {
		around = " " + around
	}
	return server + around + location + " -> " + r.Upstream
}
