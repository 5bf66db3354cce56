package sandbox

import (
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
