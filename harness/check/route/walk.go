package route

import (
	"fmt"
	"maps"
	"strings"

	"badgateway/harness/nginx/conf"
)

// walker takes one draft through a model of nginx's phases (ngx_http_core_module.c,
// ngx_http_core_run_phases) and notes where it gets to, and what else would have
// got elsewhere.
type walker struct {
	program *program
	server  *server
	ways    []entry // into the server
	basic   string  // credentials that the sandbox's htpasswd files know
	draft   draft

	uri, args string
	groups    []string          // captures of the last match
	vars      map[string]string // of set, and named captures
	cached    map[string]string // of maps
	scope     *scope            // whose configuration holds
	internal  bool              // nginx itself asks: internal locations answer
	inError   bool              // an error page is being made
	hops      int
	via       string
	entering  map[*scope]bool

	arrivals []arrival
	settled  bool      // nothing else is to be drafted
	forks    [][]draft // each of one place that decided
	ended    ending
}

// arrival is a pass that the request comes to.
type arrival struct {
	scope *scope // the location, or the if or limit_except inside of it
	pass  *conf.Directive
	via   string
	hops  int
}

// ending is how a request ended: with a status, by a directive.
type ending struct {
	status int
	words  string // "answered 301 by return"
	by     *conf.Directive
}

// noFile is the ending of a request that no upstream answers, and no directive.
const noFile = "no upstream and no file for its path"

// maxHops bounds internal redirects (NGX_HTTP_MAX_URI_CHANGES + 1).
const maxHops = 11

// maxEdits bounds what is mended in one draft.
const maxEdits = 5

// walk takes the draft from the server's first phase to its end.
func (w *walker) walk() {
	w.uri, w.args = w.draft.path, w.draft.args
	w.vars, w.cached, w.entering = map[string]string{}, map[string]string{}, map[*scope]bool{}
	for _, n := range w.server.names {
		if n.re != nil {
			if groups := n.re.match(w.draft.entry.host); groups != nil {
				w.groups = groups
				w.remember(n.re, groups)
				break
			}
		}
	}
	w.scope = w.server.scope
	if w.rewrite(w.server.scope) != stopped {
		w.locate()
	}
}

// remember gives named groups their variables.
func (w *walker) remember(re *pattern, groups []string) {
	for i, name := range re.names {
		if name != "" && i < len(groups) {
			w.vars[strings.ToLower(name)] = groups[i]
		}
	}
}

// fork adds drafts to try.
func (w *walker) fork(drafts ...draft) {
	if w.mends() && len(drafts) > 0 {
		w.forks = append(w.forks, drafts)
	}
}

// mends tells whether more drafts are wanted.
func (w *walker) mends() bool { return !w.settled && w.draft.edits < maxEdits }

// forkWith adds one.
func (w *walker) forkWith(edit func(*draft)) { w.fork(w.draft.with(edit)) }

// end notes how the request ended, where its status has no page of its own.
func (w *walker) end(status int, by *conf.Directive, format string, args ...any) {
	w.ended = ending{status, fmt.Sprintf(format, args...), by}
}

// locate finds the location of the path and goes there.
func (w *walker) locate() {
	if w.hops++; w.hops > maxHops {
		w.end(500, w.scope.directive, "rewritten in a circle")
		return
	}
	sc, redirect := w.server.find(w.uri)
	switch {
	case redirect:
		w.end(301, sc.directive, "answered 301 with a slash added")
	case sc == nil:
		w.enter(w.server.scope)
	case sc.internal && !w.internal:
		w.scope = sc
		w.fail(404, sc.first("internal"), "internal")
	default:
		w.enter(sc)
	}
}

// enter goes through the phases of a location.
func (w *walker) enter(sc *scope) {
	w.scope = sc
	if sc.re != nil {
		if groups := sc.re.match(w.uri); groups != nil {
			w.groups = groups
			w.remember(sc.re, groups)
		}
	}
	limited := w.limitExcept(sc)
	if sc.kind != isServer && limited == nil {
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
func (w *walker) limitExcept(sc *scope) *scope {
	for d, in := range sc.inner {
		if in.kind != isLimit {
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
	if named := w.server.named[to]; strings.HasPrefix(to, "@") {
		if named == nil {
			w.end(500, w.scope.directive, "sent to %s, which is not there", to)
			return
		}
		if w.hops++; w.hops > maxHops {
			w.end(500, named.directive, "redirected in a circle")
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
	for sc.pass == nil && (sc.kind == isIf || sc.kind == isLimit) && sc.parent.kind != isServer {
		sc = sc.parent
	}
	if sc.pass == nil {
		w.fail(404, w.scope.directive, noFile)
		return
	}
	here := w.scope
	w.arrivals = append(w.arrivals, arrival{here, sc.pass, w.via, w.hops})
	w.ended = ending{status: 200}
	for _, a := range w.draft.answers {
		if a.from != here.location() {
			continue
		}
		switch {
		case a.accel != "":
			w.redirect(a.accel, "X-Accel-Redirect")
		case a.status == badGateway || w.intercepts(sc.pass):
			w.fail(a.status, sc.pass, "the upstream's answer")
		default:
			w.ended = ending{status: a.status}
		}
		return
	}
	w.forkErrors(sc.pass)
}

// intercepts tells whether error_page holds for the upstream's own errors.
func (w *walker) intercepts(pass *conf.Directive) bool {
	module, _, _ := strings.Cut(pass.Name.Text, "_")
	return w.scope.inherited(module+"_intercept_errors").Arg(0) == "on"
}

// forkErrors drafts requests whose answer is an error with a page that leads on.
func (w *walker) forkErrors(pass *conf.Directive) {
	if w.inError {
		return
	}
	from := w.scope.location()
	for _, d := range w.errorPages() {
		page, ok := readErrorPage(d)
		if !ok || !w.leadsOn(page.to) {
			continue
		}
		for _, status := range page.statuses {
			if status != badGateway && !(w.intercepts(pass) && status >= 400) {
				continue
			}
			w.forkWith(func(d *draft) { d.answers = append(d.answers, answer{from: from, status: status}) })
			break
		}
	}
}

// leadsOn tells whether a place is a location that could pass on.
func (w *walker) leadsOn(to string) bool {
	sc := w.server.named[to]
	if sc == nil && strings.HasPrefix(to, "/") {
		path, _, _ := strings.Cut(to, "?")
		sc, _ = w.server.find(w.eval(path))
	}
	if sc == nil {
		return false
	}
	return sc.pass != nil || sc.first("rewrite", "if", "try_files", "error_page", "return", "auth_request") != nil
}

// ask makes a subrequest and gives its status; where it arrives counts.
func (w *walker) ask(uri, via string) int {
	sub := *w
	sub.uri, sub.args, _ = strings.Cut(uri, "?")
	sub.internal, sub.arrivals, sub.forks, sub.via, sub.ended = true, nil, nil, via, ending{}
	sub.vars = maps.Clone(w.vars)
	sub.inError = true // a subrequest's error pages are not looked for
	sub.locate()
	w.arrivals = append(w.arrivals, sub.arrivals...)
	w.forks = append(w.forks, sub.forks...)
	return sub.ended.status
}

// mirror sends the copies.
func (w *walker) mirror() {
	for _, d := range w.scope.inheritedAll("mirror") {
		if d.Arg(0) != "off" && w.via != "mirror" {
			w.ask(w.eval(d.Arg(0)), "mirror")
		}
	}
}
