package plan

import (
	"cmp"
	"context"
	"iter"
	"net/http"
	"slices"
	"strings"

	"badgateway/harness/check/route/draft"
	"badgateway/harness/check/route/pattern"
	"badgateway/harness/check/route/program"
	"badgateway/harness/check/route/walk"
	"badgateway/harness/check/upstream"
	"badgateway/harness/nginx/conf"
)

// The bounds of exploring.
const (
	maxWalks      = 40000 // of a whole configuration
	perLocation   = 24    // of a location, forks included
	MaxCandidates = 14    // kept for a pass
	maxPaths      = 10    // tried for a location
	enoughPaths   = 3     // of those, where they arrive as they are
)

// findings is what exploring knows of a pass.
type findings struct {
	drafts []ranked
	// ended are how drafts for its location ended instead, the simplest first.
	ended []walk.Ending
}

type ranked struct {
	draft draft.Draft
	via   string
	cost  int
}

// explorer walks drafts of a whole program.
type explorer struct {
	done    <-chan struct{} // closed: what is found is enough
	program *program.Program
	basic   string
	found   map[*conf.Directive]*findings
	walks   int
}

// explore looks for requests that get to each pass.
func explore(ctx context.Context, p *program.Program, basic string) map[*conf.Directive]*findings {
	x := &explorer{done: ctx.Done(), program: p, basic: basic, found: map[*conf.Directive]*findings{}}
	for d := range p.Passes {
		x.found[d] = &findings{}
	}
	for _, s := range p.Servers {
		x.server(s)
	}
	for _, f := range x.found {
		slices.SortStableFunc(f.drafts, func(a, b ranked) int { return cmp.Compare(a.cost, b.cost) })
		f.drafts = spread(f.drafts)
	}
	return x.found
}

// spread keeps the best drafts, and of those alike but for the path not all.
func spread(all []ranked) []ranked {
	if len(all) <= MaxCandidates {
		return all
	}
	return all[:MaxCandidates]
}

// server walks what could get to each of its locations, way by way.
func (x *explorer) server(s *program.Server) {
	ways, _ := x.program.Entries(s)
	for _, e := range kinds(ways) {
		for _, sc := range s.Scopes() {
			x.seeds(s, ways, e, sc)
		}
	}
	x.accel(s, ways)
}

// kinds are one entry for each kind of socket and name.
func kinds(ways []program.Entry) []program.Entry {
	var some []program.Entry
	hosts := map[[4]bool]int{}
	for _, e := range ways {
		kind := [4]bool{e.TLS, e.Listen.ProxyProtocol, e.Listen.Unix != "", e.Listen.Addr.Is6()}
		if hosts[kind]++; hosts[kind] <= 3 {
			some = append(some, e)
		}
	}
	return some
}

// over tells whether nobody waits any more.
func (x *explorer) over() bool {
	select {
	case <-x.done:
		return true
	default:
		return false
	}
}

// seeds walks requests for the paths of a block, until its pass is reached often.
func (x *explorer) seeds(s *program.Server, ways []program.Entry, e program.Entry, sc *program.Scope) {
	method, some := methodFor(sc)
	if sc.Kind == program.IsNamed || !some || x.over() {
		return
	}
	n := 0
	for path := range x.paths(s, sc) {
		if x.over() {
			return
		}
		if n++; n > enoughPaths && sc.Pass != nil && x.plain(sc.Pass) >= enoughPaths {
			return
		}
		x.queue(s, ways, draft.Draft{Entry: e, Path: path, Method: method, Origin: sc, Cert: e.TLS && s.WantsCertificate()})
	}
}

// methodFor is the method of requests for a block: of a limit_except one that it
// does not name; some is false where it names all that are usual.
func methodFor(sc *program.Scope) (method string, some bool) {
	if sc.Kind != program.IsLimit {
		return "", true
	}
	for _, method := range []string{http.MethodGet, http.MethodPost, http.MethodPut, http.MethodDelete, http.MethodOptions} {
		named := func(a conf.Arg) bool { return a.Text == method }
		if !slices.ContainsFunc(sc.Directive.Args, named) {
			return method, true
		}
	}
	return "", false
}

// plain is the number of requests found for a pass that need nothing special.
func (x *explorer) plain(pass *conf.Directive) int {
	n := 0
	for _, r := range x.found[pass].drafts {
		if r.draft.Edits == 0 && r.via == "" {
			n++
		}
	}
	return n
}

// queue walks a draft and what it forks.
func (x *explorer) queue(s *program.Server, ways []program.Entry, first draft.Draft) {
	waiting, seen := []draft.Draft{first}, map[string]bool{first.Key(): true}
	for n := 0; len(waiting) > 0 && n < perLocation && x.walks < maxWalks; n++ {
		d := waiting[0]
		waiting = waiting[1:]
		x.walks++
		w := walk.Walk(x.program, s, ways, x.basic, d, n+len(waiting) >= perLocation)
		x.note(d, w)
		// What turned the request away is mended first.
		for i, forks := range slices.Backward(w.Forks) {
			var fresh []draft.Draft
			for _, f := range forks {
				if key := f.Key(); !seen[key] {
					seen[key] = true
					fresh = append(fresh, f)
				}
			}
			if i == len(w.Forks)-1 && len(w.Arrivals) == 0 {
				waiting = append(fresh, waiting...)
			} else {
				waiting = append(waiting, fresh...)
			}
		}
	}
}

// note keeps where a walk arrived.
func (x *explorer) note(d draft.Draft, w walk.Outcome) {
	for _, a := range w.Arrivals {
		f := x.found[a.Pass]
		if f == nil || len(f.drafts) > 8*MaxCandidates {
			continue
		}
		cost := 10*d.Edits + 6*a.Hops + len(d.Path)/16
		if a.Via != "" {
			cost += 8
		}
		if d.Entry.TLS {
			cost += 2
		}
		if scheme := x.program.Passes[a.Pass].Scheme; scheme != "" && scheme != d.Scheme() {
			cost += 60 // it would get elsewhere, or by another protocol than the backend's
		}
		if d.Entry.Listen.Addr.Is6() || d.Entry.Listen.ProxyProtocol {
			cost += 3
		}
		f.drafts = append(f.drafts, ranked{d, a.Via, cost})
	}
	if sc := d.Origin; sc.Pass != nil && len(w.Arrivals) == 0 && w.Ended.Words != "" {
		f := x.found[sc.Pass]
		f.ended = append(f.ended, w.Ended)
	}
}

// paths are paths that the model sends to a block, or to what rewrites them.
func (x *explorer) paths(s *program.Server, sc *program.Scope) iter.Seq[string] {
	return func(yield func(string) bool) {
		var given []string
		give := func(path string) bool {
			if len(given) >= maxPaths || !pattern.ValidPath(path) || slices.Contains(given, path) {
				return len(given) < maxPaths
			}
			given = append(given, path)
			return yield(path)
		}
		home := sc.Location()
		own := ownPaths(home)
		if sc.Kind == program.IsServer {
			own = []string{"/", "/bg"}
		}
		for _, path := range own {
			if got, redirect := s.Find(path); (got == home && !redirect || sc.Kind == program.IsServer) && !give(path) {
				return
			}
		}
		for _, d := range sc.Rules {
			for _, path := range x.ruled(d) {
				if !give(path) {
					return
				}
			}
		}
		for _, path := range own {
			if len(given) > 0 || !give(path) { // nginx will say where they go
				return
			}
		}
	}
}

// ownPaths are paths for which a location is meant.
func ownPaths(sc *program.Scope) []string {
	switch sc.Kind {
	case program.IsExact:
		return []string{sc.Text}
	case program.IsPrefix, program.IsPrefixOnly:
		return prefixPaths(sc)
	case program.IsRegex:
		paths := []string{upstream.Path(sc.Chain)}
		for _, usual := range []string{"/index.php", "/index.html"} {
			if sc.Re.Matches(usual) {
				paths = append(paths, usual)
			}
		}
		paths = append(paths, pattern.Paths(sc.Re)...)
		return append(paths, below(sc.Parent, paths)...)
	}
	return nil
}

// below are the paths of a regex location in one of a prefix: with that in front.
func below(outer *program.Scope, paths []string) []string {
	if outer == nil || outer.Kind != program.IsPrefix && outer.Kind != program.IsPrefixOnly || outer.Text == "/" {
		return nil
	}
	var within []string
	for _, path := range paths {
		if !strings.HasPrefix(path, outer.Text) {
			within = append(within, strings.TrimSuffix(outer.Text, "/")+path)
		}
	}
	return within
}

// prefixPaths are paths below a prefix.
func prefixPaths(sc *program.Scope) []string {
	text := sc.Text
	paths := []string{text, text + "bg", text + "/bg", text + "/"}
	if strings.HasSuffix(text, "/") {
		paths = []string{text, text + "bg", text + "bg/"}
	}
	// Where a regex location takes most of them: other endings.
	return append(paths, text+"bg.html", text+"bg.php", text+"bg.json", text+"bg.png", text+".bg")
}

// ruled are paths that a rewrite, or an if about the path, matches.
func (x *explorer) ruled(d *conf.Directive) []string {
	if d.Is("rewrite") && len(d.Args) >= 2 {
		return pattern.Paths(x.program.Pattern(d))
	}
	if !d.Is("if") {
		return nil
	}
	c := x.program.Condition(d)
	if c == nil || c.Text != "$uri" && c.Text != "$request_uri" && c.Text != "$document_uri" || c.Test.Not {
		return nil
	}
	if c.Test.Re != nil {
		return pattern.Paths(c.Test.Re)
	}
	path, _, _ := strings.Cut(c.Test.Equals, "?")
	return []string{path}
}

// accel walks requests whose upstream sends nginx on to an internal location
// that nothing else led to (ngx_http_upstream.c:ngx_http_upstream_process_headers).
func (x *explorer) accel(s *program.Server, ways []program.Entry) {
	var sender *ranked
	var from *program.Scope
	for _, sc := range s.Scopes() {
		if sc.Pass == nil || sc.Internal || sc.Kind == program.IsNamed || len(x.found[sc.Pass].drafts) == 0 {
			continue
		}
		if best := x.found[sc.Pass].drafts[0]; best.via == "" && (sender == nil || best.cost < sender.cost) {
			sender, from = &best, sc.Location()
		}
	}
	if sender == nil {
		return
	}
	for _, sc := range s.Scopes() {
		if sc.Pass == nil || len(x.found[sc.Pass].drafts) > 0 || !sc.Hidden() {
			continue
		}
		to := []string{sc.Location().Text}
		if home := sc.Location(); home.Kind != program.IsNamed {
			to = slices.Collect(x.paths(s, home))
		}
		for _, place := range to[:min(3, len(to))] {
			x.queue(s, ways, sender.draft.With(func(d *draft.Draft) {
				d.Answers = append(d.Answers, draft.Answer{From: from, Accel: place})
			}))
		}
	}
}
