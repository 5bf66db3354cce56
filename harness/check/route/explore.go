package route

import (
	"cmp"
	"iter"
	"slices"
	"strings"

	"badgateway/harness/check/upstream"
	"badgateway/harness/nginx/conf"
)

// The bounds of exploring.
const (
	maxWalks      = 40000 // of a whole configuration
	perLocation   = 24    // of a location, forks included
	maxCandidates = 14    // kept for a pass
	maxPaths      = 10    // tried for a location
	enoughPaths   = 3     // of those, where they arrive as they are
)

// findings is what exploring knows of a pass.
type findings struct {
	drafts []ranked
	// ended are how drafts for its location ended instead, the simplest first.
	ended []ending
}

type ranked struct {
	draft draft
	via   string
	cost  int
}

// explorer walks drafts of a whole program.
type explorer struct {
	program *program
	basic   string
	found   map[*conf.Directive]*findings
	walks   int
}

// explore looks for requests that get to each pass.
func explore(p *program, basic string) map[*conf.Directive]*findings {
	x := &explorer{program: p, basic: basic, found: map[*conf.Directive]*findings{}}
	for d := range p.passes {
		x.found[d] = &findings{}
	}
	for _, s := range p.servers {
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
	if len(all) <= maxCandidates {
		return all
	}
	return all[:maxCandidates]
}

// server walks what could get to each of its locations, way by way.
func (x *explorer) server(s *server) {
	ways, _ := x.program.entries(s)
	for _, e := range kinds(ways) {
		for _, sc := range s.scopes() {
			x.seeds(s, ways, e, sc)
		}
	}
	x.accel(s, ways)
}

// kinds are one entry for each kind of socket and name.
func kinds(ways []entry) []entry {
	var some []entry
	hosts := map[[4]bool]int{}
	for _, e := range ways {
		kind := [4]bool{e.tls, e.listen.ProxyProtocol, e.listen.Unix != "", e.listen.Addr.Is6()}
		if hosts[kind]++; hosts[kind] <= 3 {
			some = append(some, e)
		}
	}
	return some
}

// seeds walks requests for the paths of a block, until its pass is reached often.
func (x *explorer) seeds(s *server, ways []entry, e entry, sc *scope) {
	if sc.kind == isNamed || sc.kind == isLimit {
		return
	}
	n := 0
	for path := range x.paths(s, sc) {
		if n++; n > enoughPaths && sc.pass != nil && x.plain(sc.pass) >= enoughPaths {
			return
		}
		x.queue(s, ways, draft{entry: e, path: path, origin: sc, cert: e.tls && s.wantsCertificate()})
	}
}

// plain is the number of requests found for a pass that need nothing special.
func (x *explorer) plain(pass *conf.Directive) int {
	n := 0
	for _, r := range x.found[pass].drafts {
		if r.draft.edits == 0 && r.via == "" {
			n++
		}
	}
	return n
}

// queue walks a draft and what it forks.
func (x *explorer) queue(s *server, ways []entry, first draft) {
	waiting, seen := []draft{first}, map[string]bool{first.key(): true}
	for n := 0; len(waiting) > 0 && n < perLocation && x.walks < maxWalks; n++ {
		d := waiting[0]
		waiting = waiting[1:]
		x.walks++
		w := &walker{program: x.program, server: s, ways: ways, basic: x.basic, draft: d, settled: n+len(waiting) >= perLocation}
		w.walk()
		x.note(w)
		// What turned the request away is mended first.
		for i, forks := range slices.Backward(w.forks) {
			var fresh []draft
			for _, f := range forks {
				if key := f.key(); !seen[key] {
					seen[key] = true
					fresh = append(fresh, f)
				}
			}
			if i == len(w.forks)-1 && len(w.arrivals) == 0 {
				waiting = append(fresh, waiting...)
			} else {
				waiting = append(waiting, fresh...)
			}
		}
	}
}

// note keeps where a walk arrived.
func (x *explorer) note(w *walker) {
	for _, a := range w.arrivals {
		f := x.found[a.pass]
		if f == nil || len(f.drafts) > 8*maxCandidates {
			continue
		}
		cost := 10*w.draft.edits + 6*a.hops + len(w.draft.path)/16
		if a.via != "" {
			cost += 8
		}
		if w.draft.entry.tls {
			cost += 2
		}
		if w.draft.entry.listen.Addr.Is6() || w.draft.entry.listen.ProxyProtocol {
			cost += 3
		}
		f.drafts = append(f.drafts, ranked{w.draft, a.via, cost})
	}
	if sc := w.draft.origin; sc.pass != nil && len(w.arrivals) == 0 && w.ended.words != "" {
		f := x.found[sc.pass]
		f.ended = append(f.ended, w.ended)
	}
}

// paths are paths that the model sends to a block, or to what rewrites them.
func (x *explorer) paths(s *server, sc *scope) iter.Seq[string] {
	return func(yield func(string) bool) {
		var given []string
		give := func(path string) bool {
			if len(given) >= maxPaths || !validPath(path) || slices.Contains(given, path) {
				return len(given) < maxPaths
			}
			given = append(given, path)
			return yield(path)
		}
		home := sc.location()
		own := ownPaths(home)
		if sc.kind == isServer {
			own = []string{"/", "/bg"}
		}
		for _, path := range own {
			if got, redirect := s.find(path); (got == home && !redirect || sc.kind == isServer) && !give(path) {
				return
			}
		}
		for _, d := range sc.rules {
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
func ownPaths(sc *scope) []string {
	switch sc.kind {
	case isExact:
		return []string{sc.text}
	case isPrefix, isPrefixOnly:
		return prefixPaths(sc)
	case isRegex:
		paths := []string{upstream.Path(sc.chain)}
		for _, usual := range []string{"/index.php", "/index.html"} {
			if sc.re.matches(usual) {
				paths = append(paths, usual)
			}
		}
		return append(paths, pathSamples(sc.re)...)
	}
	return nil
}

// prefixPaths are paths below a prefix.
func prefixPaths(sc *scope) []string {
	text := sc.text
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
		return pathSamples(x.program.pattern(d))
	}
	if !d.Is("if") {
		return nil
	}
	c := x.program.condition(d)
	if c == nil || c.text != "$uri" && c.text != "$request_uri" && c.text != "$document_uri" || c.test.not {
		return nil
	}
	if c.test.re != nil {
		return pathSamples(c.test.re)
	}
	path, _, _ := strings.Cut(c.test.equals, "?")
	return []string{path}
}

// accel walks requests whose upstream sends nginx on to an internal location
// that nothing else led to (ngx_http_upstream.c:ngx_http_upstream_process_headers).
func (x *explorer) accel(s *server, ways []entry) {
	var sender *ranked
	var from *scope
	for _, sc := range s.scopes() {
		if sc.pass == nil || sc.internal || sc.kind == isNamed || len(x.found[sc.pass].drafts) == 0 {
			continue
		}
		if best := x.found[sc.pass].drafts[0]; best.via == "" && (sender == nil || best.cost < sender.cost) {
			sender, from = &best, sc.location()
		}
	}
	if sender == nil {
		return
	}
	for _, sc := range s.scopes() {
		if sc.pass == nil || len(x.found[sc.pass].drafts) > 0 || !sc.hidden() {
			continue
		}
		to := []string{sc.location().text}
		if home := sc.location(); home.kind != isNamed {
			to = slices.Collect(x.paths(s, home))
		}
		for _, place := range to[:min(3, len(to))] {
			x.queue(s, ways, sender.draft.with(func(d *draft) {
				d.answers = append(d.answers, answer{from: from, accel: place})
			}))
		}
	}
}

// hidden tells whether only nginx itself can send a request to a block.
func (sc *scope) hidden() bool {
	for ; sc != nil; sc = sc.parent {
		if sc.internal || sc.kind == isNamed {
			return true
		}
	}
	return false
}
