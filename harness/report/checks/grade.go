package checks

import (
	"fmt"
	"slices"

	"badgateway/harness/check/result"
	"badgateway/harness/pod"
)

// Grade is how bad a cell is for the client.
type grade int

// The grades, best first.
const (
	silent grade = iota // tells nothing: not applicable, unmet, unstable
	served
	refused // an error answer, at once
	late    // an error answer or none after a long wait
	broken  // a truncated, raw or duplicated answer, or none without end
)

// slow is the wait from which a cell counts as late.
const slow = 10e9 // nanoseconds

// mark is a cell as one character.
type mark struct {
	glyph string
	grade grade
	text  string // for the legend
}

// marks are all but the digits of a status, in the order of the legend.
var marks = map[string]mark{
	"served":    {".", served, "served"},
	"slow":      {"s", late, "served after more than 10 s"},
	"late":      {"L", late, "an error after more than 10 s"},
	"truncated": {"T", broken, "truncated answer"},
	"raw":       {"R", broken, "bytes that are no HTTP"},
	"twice":     {"D", broken, "work done twice"},
	"hung":      {"H", broken, "no answer until the client gave up"},
	"closed":    {"C", broken, "connection closed or reset without an answer"},
	"down":      {"X", broken, "nginx does not start"},
	"unmet":     {"?", silent, "not tested: the fault met nothing"},
	"none":      {" ", silent, ""},
}

// order is that of the legend.
var order = []string{"served", "slow", "late", "truncated", "raw", "twice", "hung", "closed", "down", "unmet"}

// markOf is what a cell shows.
func markOf(l result.Cell) mark {
	switch {
	case l.Error != "" || l.Unmet != "":
		return marks["unmet"]
	case l.Twice:
		return marks["twice"]
	case l.Body == result.BodyRaw || l.Client == pod.NotHTTP:
		return marks["raw"]
	case l.Client == pod.Hung:
		return marks["hung"]
	case l.Body == result.BodyTruncated || l.Client == pod.TruncatedBody:
		return marks["truncated"]
	case l.Client == pod.Refused || slices.Contains(l.Log, "host-not-found"):
		return marks["down"]
	case l.Status == 0:
		return marks["closed"]
	case l.Status < 400 && l.Total > slow && l.Fault != "slow-upload": // there the client takes its time
		return marks["slow"]
	case l.Status < 400:
		return marks["served"]
	}
	return statusMark(l)
}

// statusMark is the last digit of a 5xx or "c" for a 4xx; what came late is
// that above all.
func statusMark(l result.Cell) mark {
	m := mark{glyph: fmt.Sprint(l.Status % 10), grade: refused, text: fmt.Sprint(l.Status)}
	if l.Status < 500 {
		m.glyph, m.text = "c", "4xx"
	}
	if l.Total > slow {
		m = mark{marks["late"].glyph, late, fmt.Sprintf("%d after more than 10 s", l.Status)}
	}
	return m
}

// grid is a report by route and fault.
type grid struct {
	routes []result.Route // reached ones with cells
	faults []string
	cells  map[string]result.Cell // by route, fault and method
	asked  map[string][]string    // methods by route, GET first
}

func gridOf(r result.Report) grid {
	g := grid{cells: map[string]result.Cell{}, asked: map[string][]string{}}
	for _, l := range r.Cells {
		g.cells[l.Route+"|"+l.Fault+"|"+l.Method] = l
		if of := g.asked[l.Route]; !slices.Contains(of, l.Method) {
			g.asked[l.Route] = slices.Sorted(slices.Values(append(of, l.Method)))
		}
		if !slices.Contains(g.faults, l.Fault) {
			g.faults = append(g.faults, l.Fault)
		}
	}
	for _, route := range r.Routes {
		if g.asked[route.ID] != nil {
			g.routes = append(g.routes, route)
		}
	}
	return g
}

// methods are those of a route's cells, GET first.
func (g grid) methods(route string) []string { return g.asked[route] }

// at is the mark of one place in the grid.
func (g grid) at(route, fault, method string) mark {
	l, ok := g.cells[route+"|"+fault+"|"+method]
	if !ok {
		return marks["none"]
	}
	return markOf(l)
}
