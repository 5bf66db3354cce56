package route

import (
	"fmt"
	"slices"
	"strings"

	"badgateway/harness/check/result"
	"badgateway/harness/check/upstream"
	"badgateway/harness/nginx/conf"
	"badgateway/harness/pod"
)

// forwardsUpgrade tells whether the client's Upgrade goes to the upstream.
func forwardsUpgrade(pass *upstream.Pass) bool {
	return slices.ContainsFunc(conf.InheritedAll(pass.Chain, "proxy_set_header"), func(d *conf.Directive) bool {
		return strings.EqualFold(d.Arg(0), "Upgrade") && strings.Contains(d.Arg(1), "$")
	})
}

// marked is the block whose number stands in trails for a scope.
func (sc *scope) marked() *conf.Directive {
	for sc.kind == isLimit {
		sc = sc.parent
	}
	return sc.directive
}

// finish writes down how a route turned out.
func (pr *prover) finish(i int) {
	r, s, t := &pr.routes[i], &pr.state[i], &pr.tries[i]
	if s.seen == nil {
		if s.chosen >= 0 {
			r.Request, r.Via = t.candidates[s.chosen].request, t.candidates[s.chosen].via
		}
		r.Reason = pr.reason(i)
		return
	}
	r.Reached, r.WebSocket, r.Methods = true, s.socket, s.methods
	r.Via = t.candidates[s.chosen].via
	for _, at := range s.seen.attempts {
		if pr.own(i, at.backend) {
			r.Seen = at.header
			if !t.pass.Own {
				r.Peers, r.Backup, r.Down = pr.peers(t.pass, at.backend)
				r.Upstream = pr.groupOf(t.pass, at.backend)
			}
			break
		}
	}
	if t.pass.Stream && len(r.Methods) == 0 {
		r.Methods = nil
	}
	if len(r.Methods) == 0 && !t.pass.Stream {
		r.Methods = []string{methodOf(r.Request)}
	}
}

func methodOf(r pod.Request) string {
	if r.Method == "" {
		return "GET"
	}
	return r.Method
}

// groupOf is the name of the group that a backend belongs to.
func (p *Plan) groupOf(pass *upstream.Pass, backend string) string {
	for _, g := range pass.Groups {
		if names, _, _ := p.group(g); slices.Contains(names, backend) {
			return g.Name
		}
	}
	return upstreamName(pass)
}

// reason says in a user's words why a route was not reached.
func (pr *prover) reason(i int) string {
	s, t := &pr.state[i], &pr.tries[i]
	switch {
	case t.reason != "":
		return t.reason
	case len(t.pass.Groups) == 0:
		return "the upstream cannot be told from the configuration: " + firstOf(t.pass.Unresolved, "it is decided by the request")
	case len(pr.backendsBehind(*t)) == 0 && !t.pass.Own:
		return pr.noBackend(t)
	case s.first == nil && len(t.candidates) == 0:
		return firstOf(pr.modelReason(t), "no request was found that nginx would send here")
	case s.first == nil:
		return "not tried: the time for proving routes is over"
	}
	o := s.first
	if other := pr.elsewhere(t, o); other != "" && s.chosen < 0 {
		return other
	}
	if t.pass.Own && s.chosen >= 0 {
		return fmt.Sprintf("passes to a listener of this configuration, behind which no upstream sees it: answered %d", o.response.Status)
	}
	for _, e := range t.why {
		if e.status == o.response.Status && e.words != "" {
			return pr.words(e)
		}
	}
	return firstOf(pr.answer(i, o), "no backend saw the request")
}

func firstOf(a, b string) string {
	if a != "" {
		return a
	}
	return b
}

// noBackend says why nothing stands behind a route.
func (pr *prover) noBackend(t *try) string {
	for _, g := range t.pass.Groups {
		for _, peer := range g.Peers {
			if _, why := pr.backend(peer.Endpoint); why != "" {
				return why
			}
		}
	}
	return "its upstream has no servers"
}

// words are an ending with its place.
func (pr *prover) words(e ending) string {
	if e.by == nil {
		return e.words
	}
	at := pr.place(e.by)
	if e.by.HasBlock {
		return fmt.Sprintf("%s in the %s at %s:%d", e.words, e.by.Name.Text, at.File, at.Line)
	}
	return fmt.Sprintf("%s by %s at %s:%d", e.words, e.by.Name.Text, at.File, at.Line)
}

// modelReason is how the model's requests for the route ended.
func (pr *prover) modelReason(t *try) string {
	if len(t.why) == 0 {
		return ""
	}
	return pr.words(t.why[0])
}

// elsewhere names the location that took a request which was meant for another.
func (pr *prover) elsewhere(t *try, o *observed) string {
	if len(o.trails) == 0 {
		return ""
	}
	marks := o.trails[0].marks
	if slices.Contains(marks, pr.tracing.marks[t.scope.marked()]) {
		return ""
	}
	if !slices.Contains(marks, pr.tracing.marks[t.server.directive]) {
		for _, s := range pr.program.servers {
			if len(marks) > 0 && pr.tracing.marks[s.directive] == marks[0] {
				at := pr.place(s.directive)
				return fmt.Sprintf("the server at %s:%d gets the requests for this one's names", at.File, at.Line)
			}
		}
		return ""
	}
	// The first location behind the server's block took it; the server's block
	// again means that none did, and an error page followed.
	begin := slices.Index(marks, pr.tracing.marks[t.server.directive])
	if begin+1 >= len(marks) {
		return ""
	}
	for _, sc := range t.server.scopes() {
		if sc.kind.location() && sc != t.scope.location() && pr.tracing.marks[sc.directive] == marks[begin+1] {
			at := pr.place(sc.directive)
			return fmt.Sprintf("location is shadowed by %s at %s:%d", locationName(sc), at.File, at.Line)
		}
	}
	return ""
}

// answer is what nginx said instead.
func (pr *prover) answer(i int, o *observed) string {
	r := o.response
	at := result.Place{}
	if len(o.trails) > 0 {
		for _, sc := range pr.tries[i].server.scopes() {
			if marks := o.trails[0].marks; len(marks) > 0 && pr.tracing.marks[sc.directive] == marks[len(marks)-1] {
				at = pr.place(sc.directive)
			}
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
		return fmt.Sprintf("answered %d%s", r.Status, where)
	case r.Error != "":
		return "no answer: " + r.Error
	}
	return string(r.Outcome)
}
