package walk

import (
	"slices"
	"strconv"
	"strings"

	"badgateway/harness/check/route/program"
	"badgateway/harness/nginx/conf"
)

// step is how the rewrite phase of a block ends.
type step int

const (
	through step = iota // the next phase
	moved               // another path: its location is looked for
	stopped             // answered
)

// rewrite runs the directives of the rewrite module of a server or location
// (ngx_http_rewrite_module.c). An if of a location makes its own block's
// configuration hold.
func (w *walker) rewrite(sc *program.Scope) step {
	r := rewriting{walker: w, server: sc.Kind == program.IsServer}
	r.run(sc)
	switch {
	case r.answered:
		return stopped
	case r.changed && !r.broke && !r.server:
		return moved
	}
	return through
}

// rewriting is one run of a rewrite phase.
type rewriting struct {
	*walker
	server                         bool
	changed, broke, done, answered bool
}

func (r *rewriting) run(sc *program.Scope) {
	for _, d := range sc.Rules {
		switch {
		case r.done:
			return
		case d.Is("set") && len(d.Args) == 2:
			r.vars[strings.ToLower(strings.TrimPrefix(d.Arg(0), "$"))] = r.eval(d.Arg(1))
		case d.Is("break"):
			r.broke, r.done = true, true
		case d.Is("return"):
			r.answer(d)
		case d.Is("rewrite") && len(d.Args) >= 2:
			r.replace(d)
		case d.Is("if") && sc.Inner[d] != nil:
			r.branch(d, sc.Inner[d])
		}
	}
}

// branch runs an if, and drafts requests that take the other way where that
// matters.
func (r *rewriting) branch(d *conf.Directive, in *program.Scope) {
	c := r.program.Condition(d)
	if c == nil {
		return
	}
	yes := r.holds(*c)
	if r.mends() && (len(in.Rules) > 0 || in.Pass != nil) {
		r.fork(r.mend(*c, !yes)...)
	}
	if !yes {
		return
	}
	if !r.server {
		r.scope = in
	}
	r.run(in)
}

// answer is return (ngx_http_script.c:ngx_http_script_return_code).
func (r *rewriting) answer(d *conf.Directive) {
	r.done, r.answered = true, true
	status, err := strconv.Atoi(d.Arg(0))
	switch {
	case err != nil:
		r.end(302, d, "answered 302")
	case status < 400 || len(d.Args) > 1:
		r.end(status, d, "answered %d", status)
	default:
		r.fail(status, d, "answered %d", status)
	}
}

// replace is rewrite (ngx_http_script.c:ngx_http_script_regex_end_code).
func (r *rewriting) replace(d *conf.Directive) {
	re := r.program.Pattern(d)
	groups := re.Match(r.uri)
	if groups == nil {
		return
	}
	r.groups = groups
	r.remember(re, groups)
	to, flag := d.Arg(1), d.Arg(2)
	if elsewhere(to) || flag == "redirect" || flag == "permanent" {
		status := 302
		if flag == "permanent" {
			status = 301
		}
		r.done, r.answered = true, true
		r.end(status, d, "answered %d", status)
		return
	}
	path, args, hasArgs := strings.Cut(to, "?")
	uri := r.eval(path)
	if hasArgs {
		old := r.args
		r.args = r.eval(args)
		if !strings.HasSuffix(to, "?") && old != "" {
			r.args = strings.TrimPrefix(r.args+"&"+old, "&")
		}
	}
	r.uri, r.changed, r.internal = uri, true, true
	switch flag {
	case "last":
		r.done = true
	case "break":
		r.done, r.broke = true, true
	}
}

// elsewhere tells whether a replacement is a redirect by itself.
func elsewhere(to string) bool {
	return slices.ContainsFunc([]string{"http://", "https://", "$scheme"}, func(scheme string) bool { return strings.HasPrefix(to, scheme) })
}

// errorPage is an error_page directive.
type errorPage struct {
	statuses []int
	to       string
}

func readErrorPage(d *conf.Directive) (errorPage, bool) {
	var p errorPage
	if len(d.Args) < 2 {
		return p, false
	}
	p.to = d.Args[len(d.Args)-1].Text
	for _, a := range d.Args[:len(d.Args)-1] {
		if status, err := strconv.Atoi(a.Text); err == nil {
			p.statuses = append(p.statuses, status)
		}
	}
	return p, len(p.statuses) > 0
}

// errorPages are those that hold here.
func (w *walker) errorPages() []*conf.Directive {
	return w.scope.InheritedAll("error_page")
}

// fail ends with an error of nginx's own, or goes to its page
// (ngx_http_special_response.c:ngx_http_special_response_handler).
func (w *walker) fail(status int, by *conf.Directive, format string, args ...any) {
	w.end(status, by, format, args...)
	if w.inError && w.scope.Inherited("recursive_error_pages").Arg(0) != "on" {
		return
	}
	for _, d := range w.errorPages() {
		page, ok := readErrorPage(d)
		if !ok {
			continue
		}
		for _, s := range page.statuses {
			if s != status {
				continue
			}
			w.inError = true
			to := w.eval(page.to)
			if strings.HasPrefix(to, "/") || strings.HasPrefix(to, "@") {
				before := w.Ended
				w.redirect(to, "error_page "+strconv.Itoa(status))
				if w.Ended.Words == noFile {
					w.Ended = before // the error counts, not that its page is missing
				}
			}
			return
		}
	}
}
