package plan

import (
	"fmt"
	"strings"

	"badgateway/harness/check/route/program"
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
		alike := map[string][]int{}
		for i, known := range ids {
			alike[known] = append(alike[known], i)
		}
		for known, same := range alike {
			better := map[string]bool{}
			for _, i := range same {
				better[id(i)] = true
			}
			if known != "" && len(better) == 1 {
				continue // it does not tell them apart either
			}
			if len(same) > 1 || known == "" {
				for _, i := range same {
					ids[i] = id(i)
				}
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
	if server != r.Server && strings.HasPrefix(location, "/") {
		location = " " + location
	}
	return server + around + location + " -> " + r.Upstream
}
