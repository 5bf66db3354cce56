package compare

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"badgateway/harness/check/result"
	"badgateway/harness/nginx"
)

// Side is what a check of one configuration found.
type Side struct {
	Routes []result.Route
	Cells  []result.Cell
	// Again are other runs of some or all of the cells. What else a machine has to
	// do makes a wait longer and never shorter: the shortest of all runs counts.
	Again []result.Cell
	// Directives are those that can bear on a route: of the blocks around it
	// and of its upstream. nil where the side has no text of its own.
	Directives func(result.Route) []result.Place
	// All are all directives in order, blocks by their first line; may be nil.
	All func() []result.Place
	// Version is that of the side's nginx.
	Version nginx.Version
}

// Sides compares two checks.
func Sides(before, after Side) result.Diff {
	d := result.Diff{Cells: []result.Change{}}
	pairs := pair(before.Routes, after.Routes)
	for _, p := range pairs {
		switch {
		case p.before == nil:
			d.Added = append(d.Added, p.after.ID)
		case p.after == nil:
			d.Removed = append(d.Removed, p.before.ID)
		default:
			p.compare(before, after, &d)
		}
	}
	return d
}

// couple is a route on both sides, or on one.
type couple struct{ before, after *result.Route }

// pair finds each route's other side: by id, else by server and location, so
// that a route whose upstream changed is still the same route.
func pair(before, after []result.Route) []couple {
	used := map[string]bool{}
	find := func(same func(result.Route) bool) *result.Route {
		for i := range after {
			if !used[after[i].ID] && same(after[i]) {
				used[after[i].ID] = true
				return &after[i]
			}
		}
		return nil
	}
	pairs := make([]couple, len(before))
	for i := range before {
		pairs[i] = couple{before: &before[i], after: find(func(r result.Route) bool { return r.ID == before[i].ID })}
	}
	for i := range pairs {
		if old := pairs[i].before; pairs[i].after == nil {
			pairs[i].after = find(func(r result.Route) bool {
				return r.Server == old.Server && r.Location == old.Location && r.Stream == old.Stream
			})
		}
	}
	for i := range after {
		if !used[after[i].ID] {
			pairs = append(pairs, couple{after: &after[i]})
		}
	}
	return pairs
}

// compare adds the changes of one route.
func (p couple) compare(before, after Side, d *result.Diff) {
	olds, news := cellsOf(before.Cells, p.before.ID), cellsOf(after.Cells, p.after.ID)
	renamed := !slices.Equal(p.before.Peers, p.after.Peers)
	told := false
	var why cause
	for i := range news {
		l := &news[i]
		at := slices.IndexFunc(olds, func(o result.Cell) bool { return key(o) == key(*l) })
		if at < 0 {
			d.Cells = append(d.Cells, result.Change{Cell: l.ID, Request: request(*p.after, l.Method), After: l, What: []string{"this fault did not apply before"}})
			continue
		}
		old := &olds[at]
		if old.Error != "" || l.Error != "" {
			d.Unfinished = append(d.Unfinished, l.ID)
			continue
		}
		was, varies := before.settled(*old)
		is, variesNow := after.settled(*l)
		if varies == nil {
			varies = variesNow
		}
		if varies != nil {
			d.Unstable = append(d.Unstable, result.Unstable{Cell: l.ID, What: varies})
			continue
		}
		what := append(behaviour(was, is, renamed), waits(was, is)...)
		if l.Fault == healthy && l.Unmet == "" && !told {
			what, told = append(what, passedOn(*p.before, *p.after)...), true
		}
		if len(what) == 0 {
			if doubt := vague(was, is); doubt != nil {
				d.Unstable = append(d.Unstable, result.Unstable{Cell: l.ID, What: doubt})
			}
			continue
		}
		if why == nil {
			why = p.causes(before, after)
		}
		c := result.Change{Cell: l.ID, Request: request(*p.after, l.Method), Before: &was, After: &is, What: what}
		why(&c)
		d.Cells = append(d.Cells, c)
	}
	for i := range olds {
		o := &olds[i]
		if !slices.ContainsFunc(news, func(l result.Cell) bool { return key(l) == key(*o) }) {
			d.Cells = append(d.Cells, result.Change{Cell: o.ID, Request: request(*p.before, o.Method), Before: o, What: []string{"this fault applies no longer"}})
		}
	}
}

// request is what is asked of a route.
func request(r result.Route, method string) string { return method + " " + r.Request.URL }

// healthy is the fault that is none.
const healthy = "none"

// passedOn names in words what differs in the request that the application gets:
// its line, header fields that are there or not, and the values of those that
// tell it who asked for what. Others may differ from request to request.
func passedOn(old, now result.Route) []string {
	before, after := old.Seen, now.Seen
	if before == nil || after == nil {
		return nil
	}
	var what []string
	if old.Request.URL == now.Request.URL && old.SeenLine != now.SeenLine {
		what = append(what, fmt.Sprintf("request line %s -> %s", orNone(old.SeenLine), orNone(now.SeenLine)))
	}
	names := slices.Sorted(maps.Keys(before))
	for name := range after {
		if _, both := before[name]; !both {
			names = append(names, name)
		}
	}
	for _, name := range names {
		was, is := before.Values(name), after.Values(name)
		tells := name == "Host" || strings.HasPrefix(name, "X-Forwarded-")
		if len(was) == 0 || len(is) == 0 || tells && !slices.Equal(was, is) {
			what = append(what, fmt.Sprintf("request header %s: %s -> %s", name, orNone(strings.Join(was, ", ")), orNone(strings.Join(is, ", "))))
		}
	}
	return what
}

func cellsOf(cells []result.Cell, route string) []result.Cell {
	var of []result.Cell
	for _, l := range cells {
		if l.Route == route {
			of = append(of, l)
		}
	}
	return of
}

func key(l result.Cell) string { return l.Fault + "|" + l.Method }

// settled is a cell with the shortest of the waits that its runs took, and in
// what two of them differ other than those.
func (s Side) settled(l result.Cell) (shortest result.Cell, varies []string) {
	for _, o := range s.Again {
		if o.ID != l.ID || o.Error != "" {
			continue
		}
		if what := behaviour(l, o, false); len(what) > 0 {
			return l, what
		}
		if o.Total < l.Total {
			l.Total, l.Within = o.Total, o.Within
		}
		l.FirstByte = min(l.FirstByte, o.FirstByte)
		if o.Recovery != nil && (l.Recovery == nil || *o.Recovery < *l.Recovery) {
			l.Recovery, l.RecoveryWithin = o.Recovery, o.RecoveryWithin
		}
	}
	return l, nil
}

// InWaits says that only the waits of a cell differ, as they may by chance.
func InWaits(c result.Change) bool {
	return c.Before != nil && c.After != nil && len(behaviour(*c.Before, *c.After, true)) == 0
}

// behaviour names in words what differs, waits apart. With renamed peers only
// their number and what they did counts. A cell that tells nothing differs from
// none.
func behaviour(a, b result.Cell, renamed bool) []string {
	if a.Error != "" || b.Error != "" {
		return nil
	}
	var what []string
	differ := func(name, before, after string) {
		if before != after {
			what = append(what, fmt.Sprintf("%s %s -> %s", name, orNone(before), orNone(after)))
		}
	}
	switch {
	case a.Unmet == b.Unmet && a.Unmet != "":
		return nil
	case b.Unmet != "":
		return []string{"the fault meets nothing now: " + b.Unmet}
	case a.Unmet != "":
		return []string{"the fault met nothing before: " + a.Unmet}
	}
	differ("client", string(a.Client), string(b.Client))
	if a.Client == b.Client {
		differ("status", status(a), status(b))
	}
	differ("body", string(a.Body), string(b.Body))
	differ("attempts", attempts(a, renamed), attempts(b, renamed))
	differ("executed more than once:", yes(a.Twice), yes(b.Twice))
	differ("all servers marked down:", yes(a.AllDown), yes(b.AllDown))
	differ("error log", log(a), log(b))
	return what
}

// waits names the waits that differ, of cells that tell something.
func waits(a, b result.Cell) []string {
	if a.Error != "" || b.Error != "" || a.Unmet != "" || b.Unmet != "" {
		return nil
	}
	var what []string
	differ := func(name string, before, after, within time.Duration) {
		if apart(before, after, within) {
			what = append(what, fmt.Sprintf("%s %s -> %s", name, result.Brief(before), result.Brief(after)))
		}
	}
	within := max(a.Within, b.Within)
	differ("total", a.Total, b.Total, within)
	if a.FirstByte > 0 && b.FirstByte > 0 {
		differ("first byte", a.FirstByte, b.FirstByte, within)
	}
	if a.Recovery != nil && b.Recovery != nil {
		differ("recovery", *a.Recovery, *b.Recovery, max(a.RecoveryWithin, b.RecoveryWithin))
	}
	return what
}

// least is how far two waits of the same length may lie apart on a busy machine.
const least = 500 * time.Millisecond

// apart says that two waits are not the same: by more than a quarter, and by
// more than what was measured can tell.
func apart(a, b, within time.Duration) bool {
	gap := (a - b).Abs()
	return gap > max(a, b)/4 && gap > max(least, within)
}

// coarse is more than what a calm machine leaves open of a wait.
const coarse = 5 * time.Second

// vague says that the total may have changed to twice as much or half, and that
// the machine was too busy to tell.
func vague(a, b result.Cell) []string {
	within, gap := max(a.Within, b.Within), (a.Total - b.Total).Abs()
	if a.Unmet != "" || b.Unmet != "" || gap > within || gap < coarse || gap < max(a.Total, b.Total)/2 {
		return nil
	}
	return []string{fmt.Sprintf("total %s or %s, told to within %s on a machine so busy", result.Brief(a.Total), result.Brief(b.Total), result.Brief(within))}
}

// attempts are the peers tried in order, with what became of each.
func attempts(l result.Cell, renamed bool) string {
	var all []string
	for i, a := range l.Attempts {
		name := a.Peer
		if renamed {
			name = fmt.Sprintf("#%d", i+1)
		}
		switch {
		case a.Executed:
			name += " (executed)"
		case !a.Arrived:
			name += " (no connection)"
		}
		all = append(all, name)
	}
	return strings.Join(all, ", ")
}

func status(l result.Cell) string {
	if l.Status == 0 {
		return ""
	}
	return fmt.Sprint(l.Status)
}

// log are the signatures without order and number.
func log(l result.Cell) string {
	names := slices.Compact(slices.Sorted(slices.Values(l.Log)))
	return strings.Join(names, ", ")
}

func yes(b bool) string {
	if b {
		return "yes"
	}
	return "no"
}

func orNone(text string) string {
	if text == "" {
		return "none"
	}
	return text
}
