package harness

import (
	"fmt"
	"slices"

	"badgateway/harness/nginx"
	"badgateway/harness/pod"
)

// trapsShown demands of every half remedy what is said of it: refused with
// exactly those lines while the old configuration goes on, or accepted with
// the declared outcome per method. In both nothing undeclared is logged.
func trapsShown(t trial) []string {
	if t.record.Error != "" || t.step(Fixed) == nil {
		return nil // the run ended before; that is already a reason
	}
	traps := t.scenario.Fix.Traps
	if want, got := len(traps), len(t.record.Tried); got != want {
		return []string{fmt.Sprintf("trap: expected %s tried, the record has %d", Plural(want, "trap"), got)}
	}
	var reasons []string
	for i, trap := range traps {
		tried := t.record.Tried[i]
		problems := append(t.accepted(trap, tried), t.outcomes(trap, tried.Step)...)
		problems = append(problems, t.meanwhile(tried.Step, trap.Meanwhile, "rollout")...)
		expected := slices.Concat(t.expected(Broken), t.expected(Fixed), trap.Refused)
		for _, line := range tried.Step.Log {
			if problem := Undeclared(line, expected); problem != "" {
				problems = append(problems, fmt.Sprintf("expected no %s, saw: %s", problem, line.Raw))
			}
		}
		for _, problem := range problems {
			reasons = append(reasons, fmt.Sprintf("trap: %q: %s", trap.Title, problem))
		}
	}
	return reasons
}

// accepted compares what nginx -t said of a trap with what is declared.
func (t trial) accepted(trap Trap, tried Tried) []string {
	if refused := len(trap.Refused) > 0; refused != tried.Refused {
		if refused {
			return []string{"expected nginx -t to refuse it, it was accepted"}
		}
		return []string{"expected nginx -t to accept it, it said: " + tried.Said}
	}
	var problems []string
	lines := refusalLines(tried.Said, 0)
	for _, s := range trap.Refused {
		if !slices.ContainsFunc(lines, func(l nginx.Line) bool { return l.Level == nginx.Emerg && s.Match(l) }) {
			problems = append(problems, fmt.Sprintf("expected nginx -t to refuse it with [emerg] %s (%s), it said: %s", s.Name, describe(s), tried.Said))
		}
	}
	for _, line := range lines {
		if _, ok := match(line, trap.Refused); line.Level == nginx.Emerg && !ok {
			problems = append(problems, "expected no other [emerg] line, saw: "+line.Raw)
		}
	}
	return problems
}

// outcomes compares what the client saw with a trap in place: the old symptom
// where the configuration was refused.
func (t trial) outcomes(trap Trap, step Step) []string {
	var problems []string
	for _, method := range t.scenario.methods() {
		want := []pod.Outcome{trap.Client[method]}
		if len(trap.Refused) > 0 {
			want[0] = t.scenario.Symptom.client(method)
			if t.scenario.Symptom.Of > 0 {
				want = append(want, pod.OK)
			}
		}
		responses := step.of(method)
		if len(trap.Rollout) > 0 {
			problems = append(problems, t.rolledOut(trap, step, method)...)
		} else if len(responses) != 1 || !slices.Contains(want, responses[0].Outcome) {
			problems = append(problems, fmt.Sprintf("expected %s answered %s once, saw %s; %s",
				t.scenario.request(method), want[0], tally(responses), logged(step)))
		}
	}
	return problems
}

// rolledOut compares what the requests with one method met in a trap's rollout
// with what is declared.
func (t trial) rolledOut(trap Trap, step Step, method string) []string {
	var problems []string
	responses, want := step.of(method), trap.Client[method]
	shown, fine := count(responses, want), count(responses, pod.OK)
	if want != pod.OK {
		fine += shown
	}
	if expected := len(trap.Rollout) * t.scenario.perChange(); shown == 0 || fine != expected || len(responses) != expected {
		problems = append(problems, fmt.Sprintf("expected %s answered %s, or else %s, %d times; saw %s; %s",
			t.scenario.request(method), want, pod.OK, expected, tally(responses), logged(step)))
	}
	if declared := slices.Contains(trap.Twice, method); declared != t.repeated(step, method) && slices.Contains(notIdempotent, method) {
		problems = append(problems, fmt.Sprintf("executed twice: expected %t of %s, saw %t", declared, t.scenario.request(method), !declared))
	}
	return problems
}
