package report

import (
	"slices"
	"time"

	"badgateway/harness"
	"badgateway/harness/pod"
)

// picture is one request of the broken step and one of the fixed step on a
// common time scale. It is empty
// where nothing was timed.
type picture struct {
	Span   time.Duration // what the scale must hold
	Panels []panel
}

// The lanes of a picture, from the client inwards.
const (
	laneClient = iota
	laneNginx
	laneToxiproxy
	laneBackend
)

// lanes are their names.
var lanes = []string{"client", "nginx", "toxiproxy", "backend"}

// panel is one request; times count from its start.
type panel struct {
	Phase           harness.Phase
	Method, Outcome string
	OK              bool
	First, Total    time.Duration // First is 0 when not a byte came
	Hops            []hop
	Faults          []stretch
}

// hop is one way inwards from nginx: as far as lane Reach.
type hop struct {
	At      time.Duration
	Reach   int
	Backend string // empty when none was reached
	Blocked bool   // it got no further, or no request arrived
}

// stretch is a fault while it was on.
type stretch struct {
	From, To time.Duration
	Lane     int
	Text     string
}

// newPicture picks the request that shows the symptom and, of those that verify
// the fix, the slowest with the same method.
func newPicture(r *harness.Record) picture {
	var p picture
	broken := stepOf(r, harness.Broken).Responses
	if len(broken) == 0 {
		return p
	}
	shown := broken[0]
	if i := slices.IndexFunc(broken, func(a pod.Response) bool { return !a.Outcome.Served() }); i >= 0 {
		shown = broken[i]
	}
	p.Panels = append(p.Panels, newPanel(r, harness.Broken, shown))
	var best *pod.Response
	for _, a := range stepOf(r, harness.Fixed).Responses {
		if a.Method == shown.Method && (best == nil || a.Total > best.Total) {
			best = &a
		}
	}
	if best != nil {
		p.Panels = append(p.Panels, newPanel(r, harness.Fixed, *best))
	}
	for _, panel := range p.Panels {
		p.Span = max(p.Span, panel.Total)
	}
	if p.Span <= 0 {
		return picture{} // nothing was timed
	}
	return p
}

func newPanel(r *harness.Record, phase harness.Phase, a pod.Response) panel {
	p := panel{Phase: phase, Method: a.Method, Outcome: outcomeText(a.Outcome), OK: a.Outcome.Served(), First: a.FirstByte, Total: a.Total}
	if p.Method == "" {
		p.Method = "GET"
	}
	end := a.Start + a.Total
	for _, w := range r.Windows {
		if w.From > end || w.To != 0 && w.To < a.Start {
			continue
		}
		s := stretch{From: max(0, w.From-a.Start), To: a.Total, Lane: faultLane(w.Fault.Kind), Text: faultText(w.Fault)}
		if w.To != 0 {
			s.To = min(s.To, w.To-a.Start)
		}
		p.Faults = append(p.Faults, s)
	}
	p.Hops = hops(r, a, p.Faults)
	return p
}

// hops are the attempts of a request. Without one they are the connections that
// reached a backend meanwhile, and without these the place where the way ends.
func hops(r *harness.Record, a pod.Response, faults []stretch) []hop {
	var all []hop
	for _, attempt := range r.Attempts {
		if attempt.ID == a.ID && a.ID != "" {
			all = append(all, hop{At: attempt.At - a.Start, Reach: laneBackend, Backend: attempt.Backend})
		}
	}
	if len(all) > 0 {
		return all
	}
	for _, c := range r.Conns {
		if c.Opened >= a.Start && c.Opened <= a.Start+a.Total {
			all = append(all, hop{At: c.Opened - a.Start, Reach: laneBackend, Backend: c.Backend, Blocked: true})
		}
	}
	if len(all) > 0 {
		return all
	}
	reach := laneNginx
	if slices.ContainsFunc(faults, func(s stretch) bool { return s.Lane == laneToxiproxy }) {
		reach = laneToxiproxy
	}
	return []hop{{Reach: reach, Blocked: true}}
}

// faultLane is where a fault acts: in nginx's machine, on the way, or behind.
func faultLane(k pod.FaultKind) int {
	switch k {
	case pod.KindPolicy, pod.KindProhibit, pod.KindUnreach, pod.KindDropSYN:
		return laneNginx
	case pod.KindBehave:
		return laneBackend
	}
	return laneToxiproxy
}

// ticks are the marks of a scale over d: at most six, at 1, 2 or 5 times a power
// of ten, the last at or beyond d.
func ticks(d time.Duration) []time.Duration {
	step := time.Millisecond
	for factors, i := []time.Duration{2, 5, 10}, 0; d > 5*step; i++ {
		power := time.Millisecond
		for range i / len(factors) {
			power *= 10
		}
		step = power * factors[i%len(factors)]
	}
	all := []time.Duration{0}
	for all[len(all)-1] < d {
		all = append(all, all[len(all)-1]+step)
	}
	return all
}
