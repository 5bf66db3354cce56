package sandbox

import (
	"fmt"
	"slices"

	"badgateway/harness/check/result"
	"badgateway/harness/nginx/conf"
)

// planUsers makes the accounts that nginx changes to. The group is the user's
// own where none is named (nginx.c:ngx_set_user).
func (p *plan) planUsers() {
	for d := range conf.Find(p.tree.Top(), "user") {
		for i := range d.Args {
			p.user(d.Arg(i), d)
		}
	}
}

func (p *plan) user(name string, by *conf.Directive) {
	if name == "" || name == "root" || slices.Contains(p.users, name) {
		return
	}
	p.users = append(p.users, name)
	p.supply(result.SuppliedUser, name, "", by)
}

// planNotes says what the text makes of the results: workers that do not share
// a zone each find out for themselves that a peer is down.
func (p *plan) planNotes() {
	workers := conf.First(p.tree.Top(), "worker_processes").Arg(0)
	if workers == "" || workers == "1" {
		return
	}
	said := map[string]bool{}
	for _, pass := range p.passes {
		for _, g := range pass.Groups {
			if g.Block != nil && len(g.Peers) > 1 && !g.Zone && !said[g.Name] {
				said[g.Name] = true
				p.notes = append(p.notes, fmt.Sprintf("upstream %s has no zone: each worker (worker_processes %s) counts the failures of its peers by itself", g.Name, workers))
			}
		}
	}
}
