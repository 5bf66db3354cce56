package harness

import (
	"fmt"
	"slices"

	"badgateway/harness/pod"
)

// clients is how many requests of one method are under way at least.
const clients = 4

// perChange is how many requests of one method are under way when a change
// begins, one for each server at least; as many are made before it is over.
func (s Scenario) perChange() int { return max(clients, len(s.Backends)) }

// counts are how many of how many requests with method show the symptom.
func (s Scenario) counts(method string) (hits, of int) {
	hits, of = s.Symptom.counts()
	if changes := len(s.Break.Rollout); changes > 0 {
		of = changes * s.perChange()
		if s.Symptom.client(method) == pod.OK {
			hits = of
		}
	}
	return hits, of
}

// proofs is how many requests per method prove the fix.
func (s Scenario) proofs() int {
	if changes := len(s.Fix.Rollout); changes > 0 {
		return changes * s.perChange()
	}
	return s.verifications()
}

// underWay demands of every change that it met requests of every method: at a
// backend when it began, and not answered yet.
func underWay(t trial) []string {
	steps := slices.Clone(t.record.Steps)
	for _, tried := range t.record.Tried {
		steps = append(steps, tried.Step)
	}
	var reasons []string
	for _, step := range steps {
		for _, c := range step.Changes {
			for _, method := range t.scenario.methods() {
				if !slices.ContainsFunc(step.of(method), func(r pod.Response) bool { return t.met(r, c) }) {
					reasons = append(reasons, fmt.Sprintf("rollout: expected a %s under way when $ %s began (%s step), none was at a backend",
						method, c.Change, step.Phase))
				}
			}
		}
	}
	return reasons
}

// met says whether a request was under way when a change began.
func (t trial) met(r pod.Response, c Changed) bool {
	attempts := t.attempts(r.ID)
	return len(attempts) > 0 && attempts[0].At <= c.From && r.Start+r.Total >= c.From
}

// meanwhile demands what is said of the requests made before the changes of a
// step were over: answered 200, or, with another outcome, at least one so.
func (t trial) meanwhile(step Step, want pod.Outcome, rule string) []string {
	if len(step.Changes) == 0 {
		return nil
	}
	expected := fmt.Sprintf("each answered %s", pod.OK)
	wanted, fine := count(step.Meanwhile, want), count(step.Meanwhile, pod.OK)
	if want == "" {
		wanted = fine
	} else if want != pod.OK {
		expected, fine = fmt.Sprintf("some answered %s and the others %s", want, pod.OK), fine+wanted
	}
	if wanted > 0 && fine == len(step.Meanwhile) {
		return nil
	}
	return []string{fmt.Sprintf("%s: expected requests made before the change was over to be %s, saw %s; %s",
		rule, expected, tally(step.Meanwhile), logged(step))}
}
