package harness

import (
	"context"
	"fmt"
	"time"

	"badgateway/harness/pod"
)

// Recovering is the phase of [Record.Recovery]. It is none of a run's three: it
// lies between the remedy and the requests that verify it.
const Recovering Phase = "recovering"

// pace is how often a client asks that waits for nginx to recover.
const pace = 250 * time.Millisecond

// recover asks until nginx answers 200 again, at most as long as a request may
// take.
func (r *run) recover(ctx context.Context) (err error) {
	if r.scenario.Fix.Recovers == nil {
		return nil
	}
	step := &Step{Phase: Recovering}
	r.record.Recovery = step
	if step.From, err = r.pod.Now(ctx); err != nil {
		return err
	}
	method := r.scenario.methods()[0]
	next := time.NewTicker(pace)
	defer next.Stop()
	for end := time.Now().Add(r.options.Timeouts.Request); time.Now().Before(end); {
		response, err := r.pod.Request(ctx, r.scenario.probe(method))
		if err != nil {
			return fmt.Errorf("request %s: %w", r.scenario.request(method), err)
		}
		step.Responses = append(step.Responses, response)
		if response.Outcome == pod.OK {
			break
		}
		select {
		case <-next.C:
		case <-ctx.Done():
			return ctx.Err()
		}
	}
	if err := r.read(ctx, step, nil, answers(*step)); err != nil {
		return err
	}
	step.To, err = r.pod.Now(ctx)
	return err
}

// recovered demands that the symptom went on when its cause was mended, and
// ended as long after the first failure as is declared.
func recovered(t trial) []string {
	want := t.scenario.Fix.Recovers
	if want == nil || t.record.Error != "" || t.step(Fixed) == nil {
		return nil // not asked, or the run ended before
	}
	step, broken := t.record.Recovery, t.step(Broken)
	if step == nil || len(step.Responses) < 2 || len(broken.Responses) == 0 {
		return []string{"recovery: expected the symptom to go on for a while after the repair, it did not"}
	}
	var reasons []string
	last := len(step.Responses) - 1
	for i, r := range step.Responses {
		expected := pod.OK
		if i < last {
			expected = t.scenario.Symptom.client(r.Method)
		}
		if r.Outcome != expected {
			reasons = append(reasons, fmt.Sprintf("recovery: expected request %d of %d answered %s, saw %s; %s",
				i+1, last+1, expected, r.Outcome, logged(*step)))
		}
	}
	if after := step.Responses[last].Start - broken.Responses[0].Start; !want.holds(after) {
		reasons = append(reasons, fmt.Sprintf("recovery: expected 200 again %s after the first failure, it came after %v", want, after))
	}
	for _, line := range step.Log {
		if problem := Undeclared(line, t.expected(Broken)); problem != "" {
			reasons = append(reasons, fmt.Sprintf("recovery: expected no %s, saw: %s", problem, line.Raw))
		}
	}
	return reasons
}
