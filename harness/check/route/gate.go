package route

import (
	"bufio"
	"context"
	"net/http"
	"slices"
	"strings"
	"sync"

	"golang.org/x/sync/errgroup"

	"badgateway/harness/check/route/draft"
	"badgateway/harness/check/route/plan"
	"badgateway/harness/check/route/program"
	"badgateway/harness/check/upstream"
	"badgateway/harness/pod"
)

// gate is a pod that candidates are sent through.
type gate struct {
	pod    *pod.Pod
	trails *trails // nil where nothing is traced
}

// ask is a request of a route.
type ask struct {
	route   int
	id      string
	request pod.Request
	unique  bool // the id is an argument too
	server  int  // of several trails the one that counts has this number
}

// uniqueArg makes a request differ from all others, where a cache would answer
// it or its headers do not reach the upstream.
const uniqueArg = "bg"

// pathOf is what a request line holds of a URL.
func pathOf(url string) string {
	_, rest, _ := strings.Cut(url, "://")
	if i := strings.IndexByte(rest, '/'); i >= 0 {
		return rest[i:]
	}
	return "/"
}

// hostOf is the host that a request asks for.
func hostOf(r pod.Request) string {
	if host := r.Header.Get("Host"); host != "" {
		return host
	}
	_, rest, _ := strings.Cut(r.URL, "://")
	if i := strings.IndexAny(rest, "/?"); i >= 0 {
		rest = rest[:i]
	}
	return rest
}

func unique(url, id string) string {
	separator := "?"
	if strings.Contains(url, "?") {
		separator = "&"
	}
	return url + separator + uniqueArg + "=" + id
}

// newAsk is a request of a route.
func (pr *prover) newAsk(route int, id string, r pod.Request) ask {
	t := pr.Tries[route]
	module, _, _ := strings.Cut(t.Pass.Directive.Name.Text, "_")
	cache := t.Scope.Inherited(module + "_cache")
	a := ask{route: route, id: id, request: r, unique: cache != nil && cache.Arg(0) != "off" ||
		t.Scope.Inherited(module+"_pass_request_headers").Arg(0) == "off" || r.Header[draft.AnswerHeader] != nil}
	if t.Pass.Own { // the listener's line comes first
		a.server = pr.tracing.marks[t.Server.Directive]
	}
	return a
}

// observed is what came of one request.
type observed struct {
	host     string // that was asked for
	line     string // of the request: "GET /a"
	response pod.Response
	trails   []trail
	attempts []arrivalAt
}

// arrivalAt is an attempt at a backend.
type arrivalAt struct {
	backend, method, upgrade string
	header                   http.Header
	line                     string // of the request, as the backend read it
}

// lineOf is the line of a request that arrived, without what makes it unique.
func lineOf(method, target, proto, id string) string {
	if id != "" {
		own := uniqueArg + "=" + id
		target = strings.NewReplacer("?"+own, "", "&"+own, "", id, "ID").Replace(target)
	}
	return strings.TrimSpace(method + " " + target + " " + proto)
}

// open starts a pod; with traced its log of trails is read.
func (pr *prover) open(ctx context.Context, spec pod.Spec, traced bool) (*gate, error) {
	spec.Name, spec.Nginx = "routes", pr.build
	p, err := pod.Start(ctx, pr.driver, spec, pod.DefaultTimeouts)
	g := &gate{pod: p}
	if err != nil {
		g.close()
		return nil, err
	}
	if traced {
		g.trails = follow(ctx, p)
	}
	return g, nil
}

func (g *gate) close() {
	if g.trails != nil {
		g.trails.close()
	}
	_ = g.pod.Close() // its end is the kernel's; nothing can be done about an error
}

// send makes requests, some at a time, and gives what came of each.
func (g *gate) send(ctx context.Context, asks []ask) ([]observed, error) {
	seen := make([]observed, len(asks))
	group, inside := errgroup.WithContext(ctx)
	group.SetLimit(together)
	for k, a := range asks {
		group.Go(func() error {
			r := a.request
			r.ID, r.Limit = a.id, requestLimit
			if a.unique {
				r.URL = unique(r.URL, a.id)
			}
			response, err := g.pod.Request(inside, r)
			if err != nil && inside.Err() == nil {
				// A request that the client cannot make is no fault of nginx's.
				response, err = pod.Response{ID: a.id, Error: err.Error()}, nil
			}
			seen[k].response = response
			return err
		})
	}
	if err := group.Wait(); err != nil {
		return nil, err
	}
	_, attempts, err := g.pod.Observed(ctx)
	if err != nil {
		return nil, err
	}
	byID := map[string][]arrivalAt{}
	for _, at := range attempts {
		id := at.ID
		if id == "" { // the route passes no headers on
			_, args, _ := strings.Cut(at.Target, "?")
			id = draft.Argument(args, uniqueArg)
		}
		byID[id] = append(byID[id], arrivalAt{at.Backend, at.Method, at.Header.Get("Upgrade"), at.Header, lineOf(at.Method, at.Target, at.Proto, id)})
	}
	for k, a := range asks {
		seen[k].host, seen[k].line, seen[k].attempts = hostOf(a.request), methodOf(a.request)+" "+pathOf(a.request.URL), byID[a.id]
		if g.trails != nil && seen[k].response.Status != 0 {
			seen[k].trails = g.trails.of(ctx, a.id, a.server)
		}
	}
	return seen, nil
}

// connect makes connections to stream servers, one after the other: a new
// connection to a backend is the answer, whatever it carries.
func (g *gate) connect(ctx context.Context, asks []ask) ([]observed, error) {
	count := func() (map[string]int, error) {
		conns, _, err := g.pod.Observed(ctx)
		n := map[string]int{}
		for _, c := range conns {
			n[c.Backend]++
		}
		return n, err
	}
	var all []observed
	before, err := count()
	for _, a := range asks {
		if err != nil {
			return nil, err
		}
		var seen []observed
		if seen, err = g.send(ctx, []ask{a}); err != nil {
			return nil, err
		}
		var after map[string]int
		after, err = count()
		for backend, n := range after {
			if n > before[backend] && len(seen[0].attempts) == 0 {
				seen[0].attempts = append(seen[0].attempts, arrivalAt{backend: backend})
			}
		}
		before = after
		all = append(all, seen...)
	}
	return all, err
}

// trails collects the lines of the traced log as they are written.
type trails struct {
	cancel context.CancelFunc
	done   chan struct{}

	mu      sync.Mutex
	byID    map[string][]trail
	changed chan struct{} // closed at each line
}

func follow(ctx context.Context, p *pod.Pod) *trails {
	inside, cancel := context.WithCancel(ctx)
	t := &trails{cancel: cancel, done: make(chan struct{}), byID: map[string][]trail{}, changed: make(chan struct{})}
	go func() {
		defer close(t.done)
		log, err := p.Follow(inside, trailLog, 0)
		if err != nil {
			return
		}
		stop := context.AfterFunc(inside, func() { log.Close() })
		defer stop()
		defer log.Close()
		for lines := bufio.NewScanner(log); lines.Scan(); {
			if tr, ok := readTrail(lines.Text()); ok {
				t.add(tr)
			}
		}
	}()
	return t
}

func (t *trails) add(tr trail) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.byID[tr.id] = append(t.byID[tr.id], tr)
	close(t.changed)
	t.changed = make(chan struct{})
}

// of are the trails of a request, one of them through the server if that is not
// 0: nginx writes the line after the answer, so it may still be on its way.
func (t *trails) of(ctx context.Context, id string, server int) []trail {
	ctx, cancel := context.WithTimeout(ctx, trailLimit)
	defer cancel()
	for {
		t.mu.Lock()
		found, changed := slices.Clone(t.byID[id]), t.changed
		t.mu.Unlock()
		if len(found) > 0 && (server == 0 || slices.ContainsFunc(found, func(tr trail) bool { return slices.Contains(tr.marks, server) })) {
			return found
		}
		select {
		case <-changed:
		case <-t.done:
			return found
		case <-ctx.Done():
			return found
		}
	}
}

func (t *trails) close() {
	t.cancel()
	<-t.done
}

// hits are the attempts of a request at the backends of its route.
func (pr *prover) hits(route int, o *observed) int {
	n := 0
	for _, at := range o.attempts {
		if pr.own(route, at.backend) {
			n++
		}
	}
	return n
}

// own tells whether a backend stands behind a route. Behind a listener of this
// same configuration any does.
func (pr *prover) own(route int, backend string) bool {
	t := pr.Tries[route]
	if t.Pass.Own {
		return true
	}
	return slices.Contains(pr.backendsBehind(t), backend)
}

// backendsBehind are those of every value that the pass can have.
func (pr *prover) backendsBehind(t plan.Try) []string {
	var all []string
	for _, g := range t.Pass.Groups {
		names, _, _ := pr.Group(g)
		all = append(all, names...)
	}
	return all
}

// reentered tells whether a request came to a listener of this configuration
// that its route passes to: it has a line there as well.
func (pr *prover) reentered(route int, o *observed) bool {
	t := pr.Tries[route]
	if !t.Pass.Own || len(o.trails) < 2 {
		return false
	}
	for _, g := range t.Pass.Groups {
		for _, peer := range g.Peers {
			for _, s := range pr.Program.Servers {
				at := func(l upstream.Listen) bool { return l.Unix == peer.Unix && l.Port == peer.Port }
				mark := pr.tracing.marks[s.Directive]
				if slices.ContainsFunc(s.Listens, at) && slices.ContainsFunc(o.trails, func(tr trail) bool { return slices.Contains(tr.marks, mark) }) {
					return true
				}
			}
		}
	}
	return false
}

// saw tells whether a backend of the route saw the request with a method.
func (pr *prover) saw(route int, o *observed, method string) bool {
	return slices.ContainsFunc(o.attempts, func(at arrivalAt) bool { return at.method == method && pr.own(route, at.backend) })
}

// passed tells whether the request came through the route's block, and that its
// pass was used: the block is the last, or there are attempts enough for every
// pass on the way.
func (pr *prover) passed(route int, o *observed) bool {
	t := pr.Tries[route]
	mark := pr.tracing.marks[marked(t.Scope)]
	server := pr.tracing.marks[t.Server.Directive]
	for _, tr := range o.trails {
		if !slices.Contains(tr.marks, mark) || !slices.Contains(tr.marks, server) || pr.diverted(t, tr) {
			continue
		}
		if tr.marks[len(tr.marks)-1] == mark || t.Pass.Own {
			return true
		}
		passes := 0
		for _, other := range pr.Tries {
			m := pr.tracing.marks[marked(other.Scope)]
			if other.Server == t.Server && slices.Contains(tr.marks, m) && pr.shares(t, other) {
				passes++
			}
		}
		return pr.hits(route, o) >= passes
	}
	return false
}

// diverted tells whether an if of the location with a pass of its own took the
// request.
func (pr *prover) diverted(t plan.Try, tr trail) bool {
	for _, in := range t.Scope.Inner {
		if in.Kind == program.IsIf && in.Pass != nil && slices.Contains(tr.marks, pr.tracing.marks[in.Directive]) {
			return true
		}
	}
	return false
}

// shares tells whether two routes have a backend in common.
func (pr *prover) shares(a, b plan.Try) bool {
	behind := pr.backendsBehind(b)
	return slices.ContainsFunc(pr.backendsBehind(a), func(name string) bool { return slices.Contains(behind, name) })
}

// upgrades tells whether a route may forward an Upgrade: it has HTTP upstreams
// and sets the header from the client's.
func (pr *prover) upgrades(route int) bool {
	t := pr.Tries[route]
	if t.Pass.Stream || !strings.HasPrefix(pr.routes[route].Protocol, "http") {
		return false
	}
	r := t.Candidates[pr.state[route].chosen].Request
	return r.Proto == pod.HTTP11 && (r.Method == "" || r.Method == "GET") && forwardsUpgrade(t.Scope)
}
