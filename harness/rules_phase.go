package harness

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"badgateway/harness/nginx"
	"badgateway/harness/pod"
)

// healthy demands 200 for every method before anything is broken: a symptom
// that was there before is no symptom of the break.
func healthy(t trial, step Step) []string {
	reasons := allOK(t, step, t.scenario.verifications(), "healthy", "before the break")
	if policy := t.record.Confined; policy != "" {
		for i := range reasons {
			reasons[i] += fmt.Sprintf("; this machine's own policy %q confines nginx in the pod, too (aa-status, getenforce)", policy)
		}
	}
	return reasons
}

// fix demands 200, several times in a row, for every method after the remedy.
func fix(t trial, step Step) []string {
	after := "after the fix"
	if t.scenario.Fix.Title != "" {
		after = fmt.Sprintf("after the fix %q", t.scenario.Fix.Title)
	}
	reasons := allOK(t, step, t.scenario.proofs(), "fix", after)
	reasons = append(reasons, t.meanwhile(step, pod.OK, "fix")...)
	reasons = append(reasons, t.asked(step, t.scenario.Fix.Asked, "fix")...)
	reasons = append(reasons, t.scenario.Fix.FirstByte.broken(step, "fix")...)
	return append(reasons, t.arrived(step, t.scenario.Fix.Arrival, "fix")...)
}

func allOK(t trial, step Step, want int, rule, when string) []string {
	var reasons []string
	for _, method := range t.scenario.methods() {
		responses := step.of(method)
		if got := count(responses, t.scenario.well()); got == want && len(responses) == want {
			continue
		}
		reasons = append(reasons, fmt.Sprintf("%s: expected %s answered %s, %d in a row %s, saw %s; %s", rule,
			t.scenario.request(method), t.scenario.well(), want, when, tally(responses), logged(step)))
	}
	return reasons
}

// symptom demands what the scenario declares, exactly: the outcome of every
// method, each signature in the error log, what arrives at the backends.
func symptom(t trial, step Step) []string {
	want := t.scenario.Symptom
	var reasons []string
	for _, method := range t.scenario.methods() {
		responses, outcome := step.of(method), want.client(method)
		hits, of := t.scenario.counts(method)
		shown, others := count(responses, outcome), 0
		if well := t.scenario.well(); outcome != well {
			others = count(responses, well)
		}
		if shown == hits && shown+others == of && len(responses) == of {
			continue
		}
		reasons = append(reasons, fmt.Sprintf("symptom: expected %s answered %s in %d of %d requests while broken, saw %s; %s",
			t.scenario.request(method), outcome, hits, of, tally(responses), logged(step)))
	}
	for _, s := range want.Log {
		if !slices.ContainsFunc(step.Log, s.Match) {
			reasons = append(reasons, fmt.Sprintf("symptom: expected an error-log line %s (%s) while broken; %s",
				s.Name, describe(s), logged(step)))
		}
	}
	reasons = append(reasons, t.meanwhile(step, want.Meanwhile, "symptom")...)
	reasons = append(reasons, t.asked(step, want.Asked, "symptom")...)
	reasons = append(reasons, want.FirstByte.broken(step, "symptom")...)
	return append(reasons, t.arrived(step, want.Arrival, "symptom")...)
}

// during says whether an offset lies within the step.
func (s Step) during(at time.Duration) bool { return at >= s.From && at <= s.To }

// all are the responses of a step, those made during its changes too.
func (s Step) all() []pod.Response { return slices.Concat(s.Responses, s.Meanwhile) }

// of are the responses to one method, in order.
func (s Step) of(method string) []pod.Response {
	var found []pod.Response
	for _, r := range s.Responses {
		if r.Method == method {
			found = append(found, r)
		}
	}
	return found
}

func count(responses []pod.Response, outcome pod.Outcome) int {
	n := 0
	for _, r := range responses {
		if r.Outcome == outcome {
			n++
		}
	}
	return n
}

// tally says what the client saw: "200 OK (2 times), 502 Bad Gateway (once)".
func tally(responses []pod.Response) string {
	var order []pod.Outcome
	for _, r := range responses {
		if !slices.Contains(order, r.Outcome) {
			order = append(order, r.Outcome)
		}
	}
	parts := make([]string, len(order))
	for i, o := range order {
		times := "once"
		if n := count(responses, o); n > 1 {
			times = fmt.Sprintf("%d times", n)
		}
		parts[i] = fmt.Sprintf("%s (%s)", o, times)
	}
	if len(parts) == 0 {
		return "no request"
	}
	return strings.Join(parts, ", ")
}

// logged quotes the first error-log line of a step that concerns an upstream.
func logged(step Step) string {
	for _, line := range step.Log {
		if upstream(line) {
			return "its error log says: " + line.Raw
		}
	}
	return fmt.Sprintf("its error log has no line about an upstream (%d lines)", len(step.Log))
}

// describe puts a signature into the words of a log line.
func describe(s nginx.Signature) string {
	parts := []string{fmt.Sprintf("%q", s.Phrase)}
	if s.Errno > 0 {
		parts = append(parts, fmt.Sprintf("errno %d", s.Errno))
	}
	if len(s.Actions) > 0 {
		parts = append(parts, "while "+strings.Join(s.Actions, " or "))
	}
	return strings.Join(parts, ", ")
}
