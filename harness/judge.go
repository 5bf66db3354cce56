package harness

import (
	"fmt"
	"slices"
	"time"

	"badgateway/harness/nginx"
	"badgateway/harness/pod"
)

// trial is a scenario with one record of it.
type trial struct {
	scenario Scenario
	record   *Record
}

// rules are what Judge demands beside the phases themselves, on every run and
// without being asked.
var rules = []func(trial) []string{
	windowsTouched,
	linesDeclared,
	attemptsConsistent,
	symptomGone,
	looksTold,
	trapsShown,
	underWay,
	recovered,
}

// Judge says whether a record shows what its scenario claims: healthy first,
// the exact symptom while broken, the fix proved, and in every step nothing
// undeclared. It reads the record alone and does no I/O, so a saved record is
// judged again without nginx.
func Judge(s Scenario, r *Record) Verdict {
	v := Verdict{Name: s.Name, Outcome: Pass, Seconds: r.Seconds}
	if r.Skip != "" {
		v.Outcome, v.Reason, v.Reasons = Skip, r.Skip, []string{r.Skip}
		return v
	}
	t := trial{s, r}
	v.Reasons = phases(t)
	for _, rule := range rules {
		v.Reasons = append(v.Reasons, rule(t)...)
	}
	if len(v.Reasons) > 0 {
		v.Outcome, v.Reason = Fail, v.Reasons[0]
	}
	v.Symptom = t.seen(Broken, s.Symptom.Log)
	if v.Verify = t.seen(Fixed, s.Fix.Masked); v.Verify != nil {
		v.Verify.Fix = s.Fix.Title
	}
	return v
}

// phases judges the steps in order, up to the first that was not recorded. An
// absent step needs a reason: an error, or a failure before it.
func phases(t trial) []string {
	var reasons []string
	if t.record.Error != "" {
		reasons = append(reasons, "run: "+t.record.Error)
	}
	judges := []struct {
		phase Phase
		judge func(trial, Step) []string
	}{{Healthy, healthy}, {Broken, symptom}, {Fixed, fix}}
	for _, j := range judges {
		step := t.step(j.phase)
		if step == nil {
			if len(reasons) == 0 {
				reasons = append(reasons, fmt.Sprintf("run: expected a %s step, the record has none", j.phase))
			}
			break
		}
		reasons = append(reasons, j.judge(t, *step)...)
	}
	return reasons
}

func (t trial) step(p Phase) *Step {
	i := slices.IndexFunc(t.record.Steps, func(s Step) bool { return s.Phase == p })
	if i < 0 {
		return nil
	}
	return &t.record.Steps[i]
}

// expected are the signatures that upstream errors and severe lines of a step
// may have. A healthy step has none.
func (t trial) expected(p Phase) []nginx.Signature {
	switch p {
	case Broken:
		return slices.Concat(t.scenario.Symptom.Log, t.scenario.Allow)
	case Fixed:
		return t.scenario.Fix.Masked
	}
	return nil
}

// seen sums up a step for people: the outcome of its first request that was
// not answered 200, or of the first.
func (t trial) seen(p Phase, signatures []nginx.Signature) *Seen {
	step := t.step(p)
	if step == nil || len(step.Responses) == 0 {
		return nil
	}
	shown := step.Responses[0]
	if i := slices.IndexFunc(step.Responses, func(r pod.Response) bool { return !r.Outcome.Served() }); i >= 0 {
		shown = step.Responses[i]
	}
	seen := &Seen{Client: shown.Outcome, Status: shown.Status, Requests: len(step.Responses)}
	for _, r := range step.Responses {
		seen.TotalMS = max(seen.TotalMS, float64(r.Total)/float64(time.Millisecond))
	}
	for _, line := range step.Log {
		s, ok := match(line, signatures)
		if !ok {
			continue
		}
		if seen.Line == "" {
			seen.Line = line.Raw
		}
		if !slices.Contains(seen.Signatures, s.Name) {
			seen.Signatures = append(seen.Signatures, s.Name)
		}
	}
	return seen
}
