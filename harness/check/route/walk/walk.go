package walk

import (
	"fmt"
	"maps"
	"strings"

	"badgateway/harness/check/route/draft"
	"badgateway/harness/check/route/pattern"
	"badgateway/harness/check/route/program"
	"badgateway/harness/nginx/conf"
)

// walker takes one draft through a model of nginx's phases (ngx_http_core_module.c,
// ngx_http_core_run_phases) and notes where it gets to, and what else would have
// got elsewhere.
type walker struct {
	program *program.Program
	server  *program.Server
	ways    []program.Entry // into the server
	basic   string          // credentials that the sandbox's htpasswd files know
	draft   draft.Draft

	uri, args string
	groups    []string          // captures of the last match
	vars      map[string]string // of set, and named captures
	cached    map[string]string // of maps
	scope     *program.Scope    // whose configuration holds
	internal  bool              // nginx itself asks: internal locations answer
	inError   bool              // an error page is being made
	hops      int
	via       string
	entering  map[*program.Scope]bool

	settled bool // nothing else is to be drafted
	Outcome
}

// Outcome is what a walk shows.
type Outcome struct {
	Arrivals []Arrival
	Forks    [][]draft.Draft // each of one place that decided
	Ended    Ending
}

// Walk takes a draft through a server. ways are those into it, basic the
// credentials that the sandbox's htpasswd files know; with settled no more
// drafts are wanted.
func Walk(p *program.Program, s *program.Server, ways []program.Entry, basic string, d draft.Draft, settled bool) Outcome {
	w := &walker{program: p, server: s, ways: ways, basic: basic, draft: d, settled: settled}
	w.walk()
	return w.Outcome
}

// Arrival is a pass that the request comes to.
type Arrival struct {
	scope *program.Scope // the location, or the if or limit_except inside of it
	Pass  *conf.Directive
	Via   string
	Hops  int
}

// Ending is how a request ended: with a status, by a directive.
type Ending struct {
	Status int
	Words  string // "answered 301 by return"
	By     *conf.Directive
}

// noFile is the ending of a request that no upstream answers, and no directive.
const noFile = "no upstream and no file for its path"

// maxHops bounds internal redirects (NGX_HTTP_MAX_URI_CHANGES + 1).
const maxHops = 11

// maxEdits bounds what is mended in one draft.
const maxEdits = 5

// walk takes the draft from the server's first phase to its end.
func (w *walker) walk() {
	w.uri, w.args = w.draft.Path, w.draft.Args
	w.vars, w.cached, w.entering = map[string]string{}, map[string]string{}, map[*program.Scope]bool{}
	for _, n := range w.server.Names {
		if n.Re != nil {
			if groups := n.Re.Match(w.draft.Entry.Host); groups != nil {
				w.groups = groups
				w.remember(n.Re, groups)
				break
			}
		}
	}
	w.scope = w.server.Scope
	if w.rewrite(w.server.Scope) != stopped {
		w.locate()
	}
}

// remember gives named groups their variables.
func (w *walker) remember(re *pattern.Pattern, groups []string) {
	for i, name := range re.Names {
		if name != "" && i < len(groups) {
			w.vars[strings.ToLower(name)] = groups[i]
		}
	}
}

// fork adds drafts to try.
func (w *walker) fork(drafts ...draft.Draft) {
	if w.mends() && len(drafts) > 0 {
		w.Forks = append(w.Forks, drafts)
	}
}

// mends tells whether more drafts are wanted.
func (w *walker) mends() bool { return !w.settled && w.draft.Edits < maxEdits }

// forkWith adds one.
func (w *walker) forkWith(edit func(*draft.Draft)) { w.fork(w.draft.With(edit)) }

// end notes how the request ended, where its status has no page of its own.
func (w *walker) end(status int, by *conf.Directive, format string, args ...any) {
	w.Ended = Ending{status, fmt.Sprintf(format, args...), by}
}

// locate finds the location of the path and goes there.
func (w *walker) locate() {
	if w.hops++; w.hops > maxHops {
		w.end(500, w.scope.Directive, "rewritten in a circle")
		return
	}
	sc, redirect := w.server.Find(w.uri)
	switch {
	case redirect:
		w.end(301, sc.Directive, "answered 301 with a slash added")
	case sc == nil:
		w.enter(w.server.Scope)
	case sc.Internal && !w.internal:
		w.scope = sc
		w.fail(404, sc.First("internal"), "internal")
	default:
		w.enter(sc)
	}
}

// enter goes through the phases of a location.
func (w *walker) enter(sc *program.Scope) {
	w.scope = sc
	if sc.Re != nil {
		if groups := sc.Re.Match(w.uri); groups != nil {
			w.groups = groups
			w.remember(sc.Re, groups)
		}
	}
	limited := w.limitExcept(sc)
	if sc.Kind != program.IsServer && limited == nil {
		switch w.rewrite(sc) {
		case stopped:
			return
		case moved:
			w.through("rewrite")
			w.locate()
			return
		}
	}
	if w.access() && w.files() {
		w.mirror()
		w.content()
	}
}

// limitExcept goes into the block of a limit_except that the method meets.
func (w *walker) limitExcept(sc *program.Scope) *program.Scope {
	for d, in := range sc.Inner {
		if in.Kind != program.IsLimit {
			continue
		}
		method := w.method()
		for i := range d.Args {
			if a := d.Arg(i); a == method || a == "GET" && method == "HEAD" {
				return nil
			}
		}
		w.scope = in
		return in
	}
	return nil
}

// through notes how the request came on; of several ways the first names it.
func (w *walker) through(via string) {
	if w.via == "" {
		w.via = via
	}
}

// redirect goes on at another place inside nginx: a named location, or a path
// with arguments.
func (w *walker) redirect(to, via string) {
	w.through(via)
	w.internal = true
	if named := w.server.Named[to]; strings.HasPrefix(to, "@") {
		if named == nil {
			w.end(500, w.scope.Directive, "sent to %s, which is not there", to)
			return
		}
		if w.hops++; w.hops > maxHops {
			w.end(500, named.Directive, "redirected in a circle")
			return
		}
		w.enter(named)
		return
	}
	w.uri, w.args, _ = strings.Cut(to, "?")
	w.locate()
}

// content is the last phase: the pass, or a file that is not there.
func (w *walker) content() {
	sc := w.scope
	for sc.Pass == nil && (sc.Kind == program.IsIf || sc.Kind == program.IsLimit) && sc.Parent.Kind != program.IsServer {
		sc = sc.Parent
	}
	if sc.Pass == nil {
		w.fail(404, w.scope.Directive, noFile)
		return
	}
	here := w.scope
	w.Arrivals = append(w.Arrivals, Arrival{here, sc.Pass, w.via, w.hops})
	w.Ended = Ending{Status: 200}
	w.forkTarget(sc.Pass)
	for _, a := range w.draft.Answers {
		if a.From != here.Location() {
			continue
		}
		switch {
		case a.Accel != "":
			w.redirect(a.Accel, "X-Accel-Redirect")
		case a.Status == draft.BadGateway || w.intercepts(sc.Pass):
			w.fail(a.Status, sc.Pass, "the upstream's answer")
		default:
			w.Ended = Ending{Status: a.Status}
		}
		return
	}
	w.forkErrors(sc.Pass)
}

// forkTarget drafts requests for which the variables that name the server have a
// value: without one nginx has nobody to ask.
func (w *walker) forkTarget(pass *conf.Directive) {
	target := pass.Arg(0)
	if _, rest, found := strings.Cut(target, "://"); found {
		target = rest
	}
	server, _, _ := strings.Cut(target, "/")
	for _, part := range program.Split(server) {
		if part.Name != "" && w.eval("$"+part.Name) == "" {
			w.fork(w.mend(program.Condition{Text: "$" + part.Name, Test: pattern.Test{Set: true}}, true)...)
		}
	}
}

// intercepts tells whether error_page holds for the upstream's own errors.
func (w *walker) intercepts(pass *conf.Directive) bool {
	module, _, _ := strings.Cut(pass.Name.Text, "_")
	return w.scope.Inherited(module+"_intercept_errors").Arg(0) == "on"
}

// forkErrors drafts requests whose answer is an error with a page that leads on.
func (w *walker) forkErrors(pass *conf.Directive) {
	if w.inError {
		return
	}
	from := w.scope.Location()
	for _, d := range w.errorPages() {
		page, ok := readErrorPage(d)
		if !ok || !w.leadsOn(page.to) {
			continue
		}
		for _, status := range page.statuses {
			if status != draft.BadGateway && !(w.intercepts(pass) && status >= 400) {
				continue
			}
			w.forkWith(func(d *draft.Draft) { d.Answers = append(d.Answers, draft.Answer{From: from, Status: status}) })
			break
		}
	}
}

// leadsOn tells whether a place is a location that could pass on.
func (w *walker) leadsOn(to string) bool {
	sc := w.server.Named[to]
	if sc == nil && strings.HasPrefix(to, "/") {
		path, _, _ := strings.Cut(to, "?")
		sc, _ = w.server.Find(w.eval(path))
	}
	if sc == nil {
		return false
	}
	return sc.Pass != nil || sc.First("rewrite", "if", "try_files", "error_page", "return", "auth_request") != nil
}

// ask makes a subrequest and gives its status; where it arrives counts.
func (w *walker) ask(uri, via string) int {
	sub := *w
	sub.uri, sub.args, _ = strings.Cut(uri, "?")
	sub.internal, sub.Outcome, sub.via = true, Outcome{}, via
	sub.vars = maps.Clone(w.vars)
	sub.inError = true // a subrequest's error pages are not looked for
	sub.locate()
	w.Arrivals = append(w.Arrivals, sub.Arrivals...)
	w.Forks = append(w.Forks, sub.Forks...)
	return sub.Ended.Status
}

// mirror sends the copies.
func (w *walker) mirror() {
	for _, d := range w.scope.InheritedAll("mirror") {
		if d.Arg(0) != "off" && w.via != "mirror" {
			w.ask(w.eval(d.Arg(0)), "mirror")
		}
	}
}
