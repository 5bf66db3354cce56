package report

import (
	"fmt"
	"slices"
	"strings"

	"badgateway/harness"
	"badgateway/harness/pod"
)

// change is one thing done under traffic.
type change struct {
	Text string
	Diff []diffLine // empty: nginx.conf stays
}

// newChanges are those of the fix, each with what it changes in nginx.conf.
func newChanges(s harness.Scenario) []change {
	conf := before(s)
	if s.Fix.Conf != "" {
		conf = s.Fix.Conf
	}
	var all []change
	for i, c := range s.Fix.Rollout {
		all = append(all, change{rolloutText(s.Fix.Rollout)[i], confDiff("before", conf, "deployed", c.Conf)})
		if c.Conf != "" {
			conf = c.Conf
		}
	}
	return all
}

// rolloutText says in words what is done under traffic.
func rolloutText(changes []harness.Change) []string {
	var all []string
	for _, c := range changes {
		all = append(all, "under traffic: "+Clean(c.String()))
	}
	return all
}

// meanwhileText is what requests made before a change is over are declared to
// see.
func meanwhileText(s harness.Symptom) string {
	if s.Meanwhile == "" {
		return ""
	}
	return "made before the change is over: " + outcomeText(s.Meanwhile)
}

// recoveredText is when the first 200 came after the first failure.
func recoveredText(r *harness.Record) string {
	broken := stepOf(r, harness.Broken).Responses
	if r == nil || r.Recovery == nil || len(r.Recovery.Responses) == 0 || len(broken) == 0 {
		return ""
	}
	last := r.Recovery.Responses[len(r.Recovery.Responses)-1]
	if last.Outcome != pod.OK {
		return ""
	}
	return fmt.Sprintf("the first %s came %s after the first failure", last.Outcome, span(last.Start-broken[0].Start))
}

// queries are the questions to the DNS server while broken and after the fix,
// equal ones once.
func queries(r *harness.Record) []string {
	if r == nil {
		return nil
	}
	var all []string
	for _, phase := range []harness.Phase{harness.Broken, harness.Fixed} {
		step := stepOf(r, phase)
		for _, q := range r.Queries {
			if q.At < step.From || q.At > step.To {
				continue
			}
			answer := string(q.Code)
			if answer == "" {
				answer = strings.Join(append(q.Addrs, "no address")[:max(len(q.Addrs), 1)], ", ")
			}
			line := fmt.Sprintf("%s: %s %s at %s: %s", phase, q.Type, Clean(q.Name), q.Server, Clean(answer))
			if !slices.Contains(all, line) {
				all = append(all, line)
			}
		}
	}
	return all
}
