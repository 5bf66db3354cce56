package route

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"badgateway/harness/check/result"
	"badgateway/harness/check/route/plan"
	"badgateway/harness/check/route/program"
	"badgateway/harness/nginx"
	"badgateway/harness/pod"
)

// The bounds of proving.
const (
	proveLimit   = 120 * time.Second // of everything, with perRoute of each
	perRoute     = 100 * time.Millisecond
	requestLimit = 5 * time.Second // of one request
	probeLimit   = 3 * time.Second // until a name is known to nginx
	trailLimit   = 5 * time.Second // until the traced log has a line
	together     = 12              // requests at a time
	batch        = 240             // of which is noted what came of them,
	batches      = 20              // or a part of all: what came is told of all before as well
)

// Prove sends every route's candidates through nginx until one arrives, and
// gives the routes as they turned out. progress may be nil. The error is the
// harness's own, or a *pod.StartError; a route that is not reached is none.
func Prove(ctx context.Context, p *plan.Plan, d pod.Driver, b nginx.Build, progress func(done, total int)) ([]result.Route, error) {
	limit := proveLimit + time.Duration(len(p.Routes))*perRoute
	limited, cancel := context.WithTimeout(ctx, limit)
	defer cancel()
	if progress == nil {
		progress = func(int, int) {}
	}
	pr := &prover{Plan: p, driver: d, build: b, limit: limit, progress: progress, routes: slices.Clone(p.Routes),
		state: make([]state, len(p.Routes)), logged: map[string]nginx.Line{}, scopes: map[int][]*program.Scope{}}
	for i := range pr.state {
		pr.state[i].chosen = -1
	}
	err := pr.prove(limited)
	switch {
	case ctx.Err() != nil:
		pr.cut = "interrupted"
	case limited.Err() != nil:
		pr.cut = "the time for proving routes is over"
		err = nil // what is proved counts
	}
	for i := range pr.routes {
		pr.finish(i)
	}
	return pr.routes, err
}

// prover is one run of [Prove].
type prover struct {
	*plan.Plan
	driver   pod.Driver
	build    nginx.Build
	limit    time.Duration // of all
	progress func(done, total int)
	tracing  tracing
	scopes   map[int][]*program.Scope // by their numbers in trails
	routes   []result.Route
	state    []state
	cut      string // why proving did not come to its end
	settled  int
	pods     int                   // made for single requests
	logged   map[string]nginx.Line // the last error by request
}

// state is what is known of a route by now.
type state struct {
	// chosen is the candidate that came through the location; -1: none yet.
	chosen  int
	arrived bool // a backend saw it in the traced copy
	methods []string
	first   *observed // how nginx answered the first candidate
	seen    *observed // the proof
	socket  bool
}

func (pr *prover) prove(ctx context.Context) error {
	for i, t := range pr.Tries {
		if t.Pass.Stream && len(t.Candidates) > 0 {
			pr.state[i].chosen = 0
		}
	}
	pr.tracing = trace(pr.Tree)
	for _, s := range pr.Program.Servers {
		for _, sc := range s.Scopes() {
			if n := pr.tracing.marks[sc.Directive]; n > 0 {
				pr.scopes[n] = append(pr.scopes[n], sc)
			}
		}
	}
	traced := pr.traced()
	t, err := pr.open(ctx, traced, true)
	if t != nil {
		defer t.close()
	}
	var refused *pod.StartError
	if err != nil && !errors.As(err, &refused) {
		return err
	}
	if refused == nil {
		early, cancel := context.WithTimeout(ctx, pr.limit*2/3)
		err = pr.rounds(early, t)
		late := early.Err() != nil && ctx.Err() == nil
		cancel()
		if err != nil && !late {
			return err
		}
		pr.readLog(ctx, t)
	} else {
		pr.trust() // a build without the rewrite module
	}
	plain, err := pr.open(ctx, *pr.Spec, false)
	if plain != nil {
		defer plain.close()
	}
	if err != nil {
		return err
	}
	err = pr.confirm(ctx, plain)
	pr.readLog(ctx, plain)
	return err
}

// traced is the pod of the traced copy.
func (pr *prover) traced() pod.Spec {
	spec := *pr.Spec
	spec.Files = slices.Clone(spec.Files)
	if data, ok := pr.tracing.files[pod.ConfPath]; ok {
		spec.Conf = string(data)
	}
	for i, f := range spec.Files {
		if data, ok := pr.tracing.files[f.Path]; ok {
			spec.Files[i].Data = data
		}
	}
	return spec
}

// trust takes the model's word for the location, where nothing can be traced.
func (pr *prover) trust() {
	for i, t := range pr.Tries {
		if len(t.Candidates) > 0 && t.Candidates[0].Model {
			pr.state[i].chosen = 0
		}
	}
}

// rounds sends one candidate of each route at a time through the traced copy.
func (pr *prover) rounds(ctx context.Context, g *gate) error {
	for n := range plan.MaxCandidates {
		var asks []ask
		for i, t := range pr.Tries {
			if !pr.state[i].arrived && n < len(t.Candidates) && !t.Pass.Stream {
				asks = append(asks, pr.newAsk(i, fmt.Sprintf("route-%d-%d", i, n), t.Candidates[n].Request))
			}
		}
		if len(asks) == 0 {
			break
		}
		if err := each(ctx, g.send, asks, func(a ask, o *observed) error {
			pr.note(a.route, n, o)
			return nil
		}); err != nil {
			return err
		}
	}
	return pr.methods(ctx, g)
}

// each sends requests and hands over what came of them, a batch at a time, so
// that not all is lost when time runs out.
func each(ctx context.Context, send func(context.Context, []ask) ([]observed, error), asks []ask, use func(ask, *observed) error) error {
	for part := range slices.Chunk(asks, max(batch, len(asks)/batches)) {
		seen, err := send(ctx, part)
		if err != nil {
			return err
		}
		for k := range seen {
			if err := use(part[k], &seen[k]); err != nil {
				return err
			}
		}
	}
	return nil
}

// note holds what came of a candidate against its route.
func (pr *prover) note(route, n int, o *observed) {
	s := &pr.state[route]
	if s.first == nil {
		s.first = o
	}
	if !pr.passed(route, o) {
		return
	}
	arrived := pr.hits(route, o) > 0 || pr.reentered(route, o)
	if s.chosen < 0 || arrived {
		s.chosen, s.first = n, o
	}
	if arrived && !s.arrived {
		s.arrived = true
		if method := methodOf(pr.Tries[route].Candidates[n].Request); pr.saw(route, o, method) {
			s.methods = []string{method}
		}
		pr.settled++
		pr.progress(pr.settled, len(pr.routes))
	}
}

// methods asks which of GET and POST get to each location.
func (pr *prover) methods(ctx context.Context, g *gate) error {
	var asks []ask
	for i, s := range pr.state {
		if !s.arrived {
			continue
		}
		for _, method := range pr.wanted(i) {
			if slices.Contains(s.methods, method) {
				continue // it is how the request arrived
			}
			r := pr.Tries[i].Candidates[s.chosen].Request
			r.Method = method
			asks = append(asks, pr.newAsk(i, fmt.Sprintf("route-%d-%s", i, method), withBody(r)))
		}
	}
	return each(ctx, g.send, asks, func(a ask, o *observed) error {
		s, method := &pr.state[a.route], a.request.Method
		through := func(o *observed) bool { return pr.passed(a.route, o) && pr.saw(a.route, o, method) }
		if !through(o) && pr.disturbed(a, o) {
			*o = pr.alone(ctx, a, pr.traced(), *o)
		}
		if through(o) {
			s.methods = append(s.methods, method)
		}
		return nil
	})
}

// methods are those that are tried, in the order of a report.
var methods = []string{"GET", "POST"}

// wanted are the methods to try: GET and POST, and the one that the route needs.
func (pr *prover) wanted(route int) []string {
	chosen := pr.Tries[route].Candidates[pr.state[route].chosen].Request
	if strings.HasPrefix(pr.routes[route].Protocol, "grpc") {
		return []string{"POST"}
	}
	if m := chosen.Method; m != "" && !slices.Contains(methods, m) {
		return append(slices.Clone(methods), m)
	}
	return methods
}

// withBody gives a request the body that its method has.
func withBody(r pod.Request) pod.Request {
	if r.Method == "POST" || r.Method == "PUT" || r.Method == "PATCH" {
		r.Body = "bg=1"
		if r.Header["Content-Type"] == nil {
			r.Header = r.Header.Clone()
			if r.Header == nil {
				r.Header = map[string][]string{}
			}
			r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
		}
	}
	return r
}

// confirm sends what came through the traced copy through the text as it is.
func (pr *prover) confirm(ctx context.Context, g *gate) error {
	var asks, sockets, streams []ask
	for i, s := range pr.state {
		if s.chosen < 0 {
			continue
		}
		request := pr.Tries[i].Candidates[s.chosen].Request
		if pr.Tries[i].Pass.Stream {
			streams = append(streams, pr.connections(i)...)
			continue
		}
		asks = append(asks, pr.newAsk(i, fmt.Sprintf("proof-%d", i), request))
		if pr.upgrades(i) {
			request.Upgrade = &pod.Upgrade{}
			sockets = append(sockets, pr.newAsk(i, fmt.Sprintf("socket-%d", i), request))
		}
	}
	for _, step := range []struct {
		send func(context.Context, []ask) ([]observed, error)
		asks []ask
	}{{g.send, asks}, {g.send, sockets}, {g.connect, streams}} {
		if err := each(ctx, step.send, step.asks, func(a ask, o *observed) error {
			if err := pr.probe(ctx, g, a, o); err != nil {
				return err
			}
			pr.learn(ctx, a, o)
			return nil
		}); err != nil {
			return err
		}
	}
	return nil
}

// connections are the candidates of a stream route: which one meets the
// upstream, only the bytes that arrive there tell.
func (pr *prover) connections(route int) []ask {
	var all []ask
	for n, c := range pr.Tries[route].Candidates {
		all = append(all, pr.newAsk(route, fmt.Sprintf("stream-%d-%d", route, n), c.Request))
	}
	return all
}

// learn takes a request through the unchanged text for what it shows.
func (pr *prover) learn(ctx context.Context, a ask, o *observed) {
	s := &pr.state[a.route]
	if a.request.Upgrade != nil {
		s.socket = slices.ContainsFunc(o.attempts, func(at arrivalAt) bool { return strings.EqualFold(at.upgrade, "websocket") })
		return
	}
	if pr.hits(a.route, o) == 0 && pr.disturbed(a, o) {
		*o = pr.alone(ctx, a, *pr.Spec, *o)
	}
	if (pr.hits(a.route, o) > 0 || pr.ended(s, o)) && s.seen == nil {
		s.seen = o
		pr.routes[a.route].Request = a.request
		return
	}
	if s.first == nil || s.seen == nil {
		s.first = o
	}
}

// ended tells whether a request ended at a listener of this configuration behind
// which there is no backend: only the traced copy saw it there, and the text as
// it is answers alike.
func (pr *prover) ended(s *state, o *observed) bool {
	return s.arrived && len(s.first.attempts) == 0 && o.response.Status == s.first.response.Status
}

// disturbed tells whether an answer may be due to other requests: a limiter
// counted them, or a cache remembered one.
func (pr *prover) disturbed(a ask, o *observed) bool {
	status := o.response.Status
	return status == 503 || status == 429 || a.unique && status != 0 && len(o.attempts) == 0
}

// maxAlone bounds the pods for single requests.
const maxAlone = 24

// alone sends a request through a pod of its own, whose zones are empty; before
// is what came of it among others.
func (pr *prover) alone(ctx context.Context, a ask, spec pod.Spec, before observed) observed {
	if pr.pods++; pr.pods > maxAlone {
		return before
	}
	g, err := pr.open(ctx, spec, spec.Conf != pr.Spec.Conf)
	if err != nil {
		return before
	}
	defer g.close()
	seen, err := g.send(ctx, []ask{a})
	if err != nil {
		return before
	}
	return seen[0]
}

// probe sends a request again while nginx is still looking up the names of an
// upstream (server ... resolve), which it begins to when it has started.
func (pr *prover) probe(ctx context.Context, g *gate, a ask, o *observed) error {
	until := time.Now().Add(probeLimit)
	for n := 0; pr.hits(a.route, o) == 0 && o.response.Status == 502 && len(pr.routes[a.route].Hosts) > 0 && time.Now().Before(until); n++ {
		again := a
		again.id = fmt.Sprintf("%s-%d", a.id, n)
		seen, err := g.send(ctx, []ask{again})
		if err != nil {
			return err
		}
		*o = seen[0]
	}
	return nil
}
