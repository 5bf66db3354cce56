package plan

import (
	"slices"

	"badgateway/harness/check/result"
	"badgateway/harness/check/upstream"
)

// Pass is the directive behind a route, with the blocks around it.
func (p *Plan) Pass(id string) (upstream.Pass, bool) {
	i := slices.IndexFunc(p.Routes, func(r result.Route) bool { return r.ID == id })
	if i < 0 {
		return upstream.Pass{}, false
	}
	return *p.Tries[i].Pass, true
}
