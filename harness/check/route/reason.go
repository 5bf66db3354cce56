package route

import (
	"fmt"
	"slices"
	"strings"

	"badgateway/harness/check/result"
	"badgateway/harness/check/route/plan"
	"badgateway/harness/check/route/program"
	"badgateway/harness/check/route/walk"
	"badgateway/harness/nginx/conf"
	"badgateway/harness/pod"
)

// forwardsUpgrade tells whether the client's Upgrade goes to the upstream.
func forwardsUpgrade(sc *program.Scope) bool {
	return slices.ContainsFunc(sc.InheritedAll("proxy_set_header"), func(d *conf.Directive) bool {
		return strings.EqualFold(d.Arg(0), "Upgrade") && strings.Contains(d.Arg(1), "$")
	})
}

// finish writes down how a route turned out.
func (pr *prover) finish(i int) {
	r, s, t := &pr.routes[i], &pr.state[i], &pr.Tries[i]
	if s.seen == nil {
		if s.chosen >= 0 {
			r.Request, r.Via = t.Candidates[s.chosen].Request, t.Candidates[s.chosen].Via
		}
		r.Reason = pr.reason(i)
		return
	}
	slices.SortStableFunc(s.methods, func(a, b string) int { return rank(a) - rank(b) })
	r.Reached, r.WebSocket, r.Methods = true, s.socket, s.methods
	r.Via = t.Candidates[s.chosen].Via
	for _, at := range s.seen.attempts {
		if pr.own(i, at.backend) {
			r.Seen, r.SeenLine = at.header, at.line
			if !t.Pass.Own {
				r.Peers, r.Backup, r.Down = pr.Peers(t.Pass, at.backend)
				r.Upstream, r.Protocol = pr.GroupOf(t.Pass, at.backend)
			}
			break
		}
	}
	if t.Pass.Stream && len(r.Methods) == 0 {
		r.Methods = nil
	}
	if len(r.Methods) == 0 && !t.Pass.Stream {
		r.Methods = []string{methodOf(r.Request)}
	}
}

// rank is the place of a method in a report.
func rank(method string) int {
	if i := slices.Index(methods, method); i >= 0 {
		return i
	}
	return len(methods)
}

func methodOf(r pod.Request) string {
	if r.Method == "" {
		return "GET"
	}
	return r.Method
}

// reason says in a user's words why a route was not reached.
func (pr *prover) reason(i int) string {
	s, t := &pr.state[i], &pr.Tries[i]
	switch {
	case t.Reason != "":
		return t.Reason
	case len(t.Pass.Groups) == 0:
		return "the upstream cannot be told from the configuration: " + firstOf(t.Pass.Unresolved, "it is decided by the request")
	case len(pr.backendsBehind(*t)) == 0 && !t.Pass.Own:
		return pr.noBackend(t)
	case pathless(t.Scope.Location()):
		return "no path matches it: the location's name does not begin with /"
	case pr.cut != "" && s.arrived:
		return "it arrives, but that was not confirmed: " + pr.cut
	case pr.cut != "" && s.first == nil && len(t.Candidates) > 0:
		return "not tried: " + pr.cut
	case t.Scope.Hidden() && s.chosen < 0 && t.Server.Naming(t.Scope) == nil:
		return pr.unnamed(t)
	case s.first == nil && len(t.Candidates) == 0:
		return firstOf(pr.modelReason(t), "no request was found that nginx would send here")
	case s.first == nil:
		return "not tried"
	}
	o := s.first
	if other := pr.elsewhere(t, o); other != "" && s.chosen < 0 {
		return other
	}
	for _, e := range t.Why {
		if e.Status == o.response.Status && e.Words != "" {
			return pr.words(e)
		}
	}
	if t.Pass.Own && s.chosen >= 0 {
		return fmt.Sprintf("passes to a listener of this configuration, behind which no upstream sees it: answered %d", o.response.Status)
	}
	return firstOf(pr.answer(i, o), "no backend saw the request")
}

// pathless says whether a location is named by what no path begins with.
func pathless(sc *program.Scope) bool {
	switch sc.Kind {
	case program.IsExact, program.IsPrefix, program.IsPrefixOnly:
		return !strings.HasPrefix(sc.Text, "/")
	}
	return false
}

// unnamed says that nothing leads to a location which only nginx itself can ask for.
func (pr *prover) unnamed(t *plan.Try) string {
	sc := t.Scope.Location()
	if sc.Kind == program.IsNamed {
		return fmt.Sprintf("nothing in this configuration sends a request to %s", sc.Label())
	}
	return "internal, and nothing in this configuration sends a request there"
}

// mute tells, for an error of the application, that it is sent none of CGI's
// variables: those come from the configuration alone
// (ngx_http_fastcgi_module.c:ngx_http_fastcgi_create_request).
func (pr *prover) mute(i int) string {
	pass, sc := pr.Tries[i].Pass, pr.Tries[i].Scope
	switch module := pass.Protocol; module {
	case "fastcgi", "uwsgi", "scgi":
		if sc.Inherited(module+"_param") == nil {
			return fmt.Sprintf(" (no %s_param holds here: include %s_params)", module, module)
		}
	}
	return ""
}

// because is what the error log says of an answer, or whose code may have given it.
func (pr *prover) because(i int, o *observed) string {
	if said := pr.said(o); said != "" {
		return ": " + said + pr.mute(i)
	}
	if code := pr.Tries[i].Scope.Code(); code != nil {
		at := pr.Place(code)
		return fmt.Sprintf("; what %s at %s:%d decides is not foreseen", code.Name.Text, at.File, at.Line)
	}
	return ""
}

func firstOf(a, b string) string {
	if a != "" {
		return a
	}
	return b
}

// noBackend says why nothing stands behind a route.
func (pr *prover) noBackend(t *plan.Try) string {
	for _, g := range t.Pass.Groups {
		for _, peer := range g.Peers {
			if _, why := pr.Backend(peer.Endpoint); why != "" {
				return why
			}
		}
	}
	return "its upstream has no servers"
}

// words are an ending with its place.
func (pr *prover) words(e walk.Ending) string {
	if e.By == nil {
		return e.Words
	}
	at := pr.Place(e.By)
	if e.By.HasBlock {
		return fmt.Sprintf("%s in the %s at %s:%d", e.Words, e.By.Name.Text, at.File, at.Line)
	}
	return fmt.Sprintf("%s by %s at %s:%d", e.Words, e.By.Name.Text, at.File, at.Line)
}

// modelReason is how the model's requests for the route ended.
func (pr *prover) modelReason(t *plan.Try) string {
	if len(t.Why) == 0 {
		return ""
	}
	return pr.words(t.Why[0])
}

// elsewhere names the location that took a request which was meant for another.
func (pr *prover) elsewhere(t *plan.Try, o *observed) string {
	if len(o.trails) == 0 {
		return ""
	}
	marks := o.trails[0].marks
	if slices.Contains(marks, pr.tracing.marks[marked(t.Scope)]) {
		return ""
	}
	if !slices.Contains(marks, pr.tracing.marks[t.Server.Directive]) {
		for _, s := range pr.Program.Servers {
			if len(marks) > 0 && pr.tracing.marks[s.Directive] == marks[0] {
				at := pr.Place(s.Directive)
				return fmt.Sprintf("the server at %s:%d gets the requests for this one's names", at.File, at.Line)
			}
		}
		return ""
	}
	// The first location behind the server's block took it; the server's block
	// again means that none did, and an error page followed.
	begin := slices.Index(marks, pr.tracing.marks[t.Server.Directive])
	if begin+1 >= len(marks) {
		return ""
	}
	for _, sc := range pr.scopes[marks[begin+1]] {
		if sc.Kind.Location() && sc != t.Scope.Location() && slices.Contains(sc.Chain, t.Server.Directive) {
			at := pr.Place(sc.Directive)
			return fmt.Sprintf("location is shadowed by %s at %s:%d", sc.Label(), at.File, at.Line)
		}
	}
	return ""
}

// answer is what nginx said instead.
func (pr *prover) answer(i int, o *observed) string {
	r := o.response
	at := result.Place{}
	if len(o.trails) > 0 {
		if marks := o.trails[0].marks; len(marks) > 0 && len(pr.scopes[marks[len(marks)-1]]) > 0 {
			at = pr.Place(pr.scopes[marks[len(marks)-1]][0].Directive) // all stand in one place
		}
	}
	where := ""
	if at.Line > 0 {
		where = fmt.Sprintf(" in the block at %s:%d", at.File, at.Line)
	}
	switch to := r.Header.Get("Location"); {
	case r.Status == 400 && strings.Contains(string(r.Body), "SSL certificate"):
		return "needs a client certificate that nginx accepts"
	case to != "":
		return fmt.Sprintf("answered %d to %s%s", r.Status, to, where)
	case r.Status != 0 && len(o.attempts) > 0:
		return fmt.Sprintf("answered %d; the request went to %s instead", r.Status, o.attempts[len(o.attempts)-1].backend)
	case r.Status != 0:
		return fmt.Sprintf("answered %d%s%s", r.Status, where, pr.because(i, o))
	case r.Error != "":
		return "no answer: " + r.Error
	}
	return string(r.Outcome)
}
