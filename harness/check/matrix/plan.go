package matrix

import (
	"cmp"
	"net/http"
	"slices"

	"badgateway/harness/check/result"
)

// Planned is a cell to be run.
type Planned struct {
	Route  result.Route
	Fault  Fault
	Method string
}

// ID is ROUTE|FAULT|METHOD.
func (p Planned) ID() string { return p.Route.ID + "|" + p.Fault.Name + "|" + p.Method }

// Selection chooses cells by patterns (result.Matches); an empty list is all of
// its kind.
type Selection struct{ Routes, Faults, Methods []string }

// methods are those of the matrix, in order.
var methods = []string{http.MethodGet, http.MethodPost}

// Methods are the methods that routes are asked with, in the order of a report.
func Methods() []string { return methods }

// Cells are the cells of routes in the order of a report: by route, fault and
// method. Left out are routes that no request reaches, routes to a listener of
// the very configuration, and faults that do not apply.
func Cells(routes []result.Route, s Selection) []Planned {
	var plan []Planned
	for _, r := range routes {
		if !r.Reached || r.Own || !chosen(s.Routes, r.ID) {
			continue
		}
		for _, f := range faults {
			if !chosen(s.Faults, f.Name) || f.Applies(r) != "" {
				continue
			}
			for _, m := range methodsOf(r) {
				if chosen(s.Methods, m) && (f.Method == "" || f.Method == m) {
					plan = append(plan, Planned{Route: r, Fault: f, Method: m})
				}
			}
		}
	}
	return plan
}

func chosen(patterns []string, name string) bool {
	return len(patterns) == 0 || slices.ContainsFunc(patterns, func(p string) bool { return result.Matches(p, name) })
}

// methodsOf are the methods that a route is asked with: GET and POST, or what it
// lets through instead. To a stream server one request is like another.
func methodsOf(r result.Route) []string {
	if r.Stream {
		return methods[:1]
	}
	var of []string
	for _, m := range methods {
		if slices.Contains(r.Methods, m) {
			of = append(of, m)
		}
	}
	if len(of) == 0 && len(r.Methods) > 0 {
		of = r.Methods[:1]
	}
	return of
}

// schedule is the order in which a plan runs: the longest first.
func schedule(plan []Planned) []int {
	order := make([]int, len(plan))
	for i := range order {
		order[i] = i
	}
	slices.SortStableFunc(order, func(a, b int) int { return cmp.Compare(plan[b].weight(), plan[a].weight()) })
	return order
}

// weight is about how many seconds a cell waits.
func (p Planned) weight() int {
	peers := len(live(p.Route))
	weight := 0
	if len(p.Fault.Waits) > 0 {
		weight = max(1, peers)
		if p.Fault.one {
			weight = 1
		}
	}
	if p.measuresRecovery() && peers > 1 || p.Fault.successors && len(p.Route.Hosts) > 0 {
		weight += 3
	}
	return weight
}

// measuresRecovery says whether the cell tells how long requests go on failing,
// which no method changes: the route's first one is asked.
func (p Planned) measuresRecovery() bool {
	of := methodsOf(p.Route)
	return p.Fault.Recovers && (len(of) == 0 || p.Method == of[0])
}
