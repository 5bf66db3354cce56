package harness

import (
	"fmt"
	"net/http"
	"slices"

	"badgateway/harness/pod"
)

// inARow is how many 200s in a row are called healthy when a scenario does not
// say.
const inARow = 3

// form is the body of a probe with a method that carries one.
const form = "badgateway=1"

// impliedNeeds are the capabilities without which a fault cannot be injected.
var impliedNeeds = map[pod.FaultKind]pod.Need{
	pod.KindProhibit: pod.NeedRoutes,
	pod.KindUnreach:  pod.NeedRoutes,
	pod.KindDropSYN:  pod.NeedRoutes,
	pod.KindPolicy:   pod.NeedDenyConnect,
}

// AllNeeds are the declared needs and those that the faults imply.
func (s Scenario) AllNeeds() []pod.Need {
	needs := slices.Clone(s.Needs)
	for _, f := range s.Break.Faults {
		if n, ok := impliedNeeds[f.Kind]; ok && !slices.Contains(needs, n) {
			needs = append(needs, n)
		}
	}
	return needs
}

func (s Scenario) methods() []string {
	if len(s.Methods) == 0 {
		return []string{http.MethodGet}
	}
	return s.Methods
}

// verifications is how many 200s in a row make each method healthy.
func (s Scenario) verifications() int {
	if s.Fix.Requests == 0 {
		return inARow
	}
	return s.Fix.Requests
}

// probe is the request made with method.
func (s Scenario) probe(method string) pod.Request {
	r := s.Probe
	r.Method = method
	if r.URL == "" {
		r.URL = "/"
	}
	if r.Body == "" && !slices.Contains([]string{http.MethodGet, http.MethodHead}, method) {
		r.Body = form
	}
	return r
}

// well is what the probe is answered while nothing is broken.
func (s Scenario) well() pod.Outcome {
	if s.Probe.Upgrade != nil {
		return pod.Switched
	}
	return pod.OK
}

// request names the request made with method, for people.
func (s Scenario) request(method string) string {
	return fmt.Sprintf("%s %s", method, s.probe(method).URL)
}

// counts are how many of how many requests per method show the symptom.
func (s Symptom) counts() (hits, of int) {
	hits = max(s.Requests, 1)
	return hits, max(s.Of, hits)
}

// client is the outcome for a method.
func (s Symptom) client(method string) pod.Outcome {
	if o, ok := s.PerMethod[method]; ok {
		return o
	}
	return s.Client
}
