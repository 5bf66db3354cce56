package harness

import (
	"fmt"
	"slices"
	"strings"

	"badgateway/backends"
	"badgateway/harness/pod"
)

// notIdempotent are the methods that nginx does not pass on to the next server
// once a request was sent (proxy_next_upstream, non_idempotent;
// ngx_http_upstream.c:ngx_http_upstream_next).
var notIdempotent = []string{"POST", "LOCK", "PATCH"}

// attemptsConsistent compares what the client saw with what the backends saw
// of the same request, by its id: a retry that hid a failure, work done twice,
// an answer cut short, an answer that no backend gave.
func attemptsConsistent(t trial) []string {
	var reasons []string
	for _, step := range t.record.Steps {
		spare := retries(step)
		for _, r := range step.all() {
			attempts := t.attempts(r.ID)
			again := repeats(attempts)
			for _, problem := range []string{
				t.twice(step.Phase, r, again),
				hidden(r, again, spare),
				cut(step.Phase, r, attempts),
				t.unserved(step.Phase, r, attempts),
			} {
				if problem != "" {
					reasons = append(reasons, fmt.Sprintf("attempts: %s %s (%s, %s step): %s", r.Method, r.URL, r.ID, step.Phase, problem))
				}
			}
		}
	}
	return append(reasons, t.notTwice()...)
}

func (t trial) attempts(id string) []backends.Attempt {
	var found []backends.Attempt
	for _, a := range t.record.Attempts {
		if a.ID == id {
			found = append(found, a)
		}
	}
	return found
}

// repeats are the attempts that nginx made of one and the same request: the
// most with equal method and target. Others with its id are subrequests
// (auth_request, mirror), which go elsewhere.
func repeats(attempts []backends.Attempt) []backends.Attempt {
	var most []backends.Attempt
	for _, first := range attempts {
		same := slices.DeleteFunc(slices.Clone(attempts), func(a backends.Attempt) bool {
			return a.Method != first.Method || a.Target != first.Target
		})
		if len(same) > len(most) {
			most = same
		}
	}
	return most
}

// retries counts per method the upstream errors in the log of a step: each
// explains one attempt more.
func retries(step Step) map[string]int {
	n := map[string]int{}
	for _, line := range step.Log {
		if method, _, ok := strings.Cut(line.Request, " "); ok && upstream(line) {
			n[method]++
		}
	}
	return n
}

// twice finds a request that is not idempotent and reached backends more than once.
func (t trial) twice(p Phase, r pod.Response, attempts []backends.Attempt) string {
	declared := p == Broken && slices.Contains(t.scenario.Symptom.Twice, r.Method)
	if len(attempts) < 2 || declared || !slices.Contains(notIdempotent, r.Method) {
		return ""
	}
	return fmt.Sprintf("expected to be executed once, was executed %d times (by %s)", len(attempts), servers(attempts))
}

// notTwice finds declared double execution that did not happen.
func (t trial) notTwice() []string {
	step := t.step(Broken)
	if step == nil {
		return nil
	}
	var reasons []string
	for _, method := range t.scenario.Symptom.Twice {
		if !t.repeated(*step, method) {
			reasons = append(reasons, fmt.Sprintf("attempts: expected %s to be executed twice while broken, every request was executed at most once",
				t.scenario.request(method)))
		}
	}
	return reasons
}

// repeated says whether a request with method reached backends more than once.
func (t trial) repeated(step Step, method string) bool {
	return slices.ContainsFunc(step.of(method), func(r pod.Response) bool { return len(repeats(t.attempts(r.ID))) > 1 })
}

// hidden finds a retry that no error-log line accounts for, such as one on a
// status (proxy_next_upstream http_500).
func hidden(r pod.Response, attempts []backends.Attempt, spare map[string]int) string {
	extra := len(attempts) - 1
	if extra <= 0 {
		return ""
	}
	if spare[r.Method] >= extra {
		spare[r.Method] -= extra
		return ""
	}
	return fmt.Sprintf("expected one attempt, or an error-log line for every retry; %d attempts (by %s), client saw %s: a retry hid a failure",
		len(attempts), servers(attempts), r.Outcome)
}

// cut finds an answer that the backend broke off and the client took for whole.
// While broken that may be the symptom.
func cut(p Phase, r pod.Response, attempts []backends.Attempt) string {
	if p == Broken || !r.Outcome.Served() || len(attempts) == 0 {
		return ""
	}
	last := attempts[len(attempts)-1]
	if last.Action == "" || last.Action == backends.Respond {
		return ""
	}
	return fmt.Sprintf("expected a complete answer, backend %s did %s and the client saw %s", last.Backend, last.Action, r.Outcome)
}

// unserved finds a 200 that no backend gave: that proves nothing about the
// way to the backend. It needs ids, so it is silent when nginx drops them.
func (t trial) unserved(p Phase, r pod.Response, attempts []backends.Attempt) string {
	if p == Broken || !r.Outcome.Served() || len(attempts) > 0 || len(t.scenario.Backends) == 0 || t.idsDropped() {
		return ""
	}
	return fmt.Sprintf("expected %s from a backend, no backend saw the request", r.Outcome)
}

// idsDropped says that nginx was configured not to hand on the id: a whole
// request came without during a step. (A TLS handshake at a plain backend has
// none either; what comes between steps is a look's.)
func (t trial) idsDropped() bool {
	return slices.ContainsFunc(t.attempts(""), func(a backends.Attempt) bool {
		return a.Complete && slices.ContainsFunc(t.record.Steps, func(s Step) bool { return s.during(a.At) })
	})
}

func servers(attempts []backends.Attempt) string {
	names := make([]string, len(attempts))
	for i, a := range attempts {
		names[i] = a.Backend
	}
	return strings.Join(names, ", ")
}
