package report

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"badgateway/harness"
	"badgateway/harness/nginx"
	"badgateway/harness/pod"
)

// seenText is what one phase showed: "502 Bad Gateway, connect-refused".
func seenText(s *harness.Seen) string {
	if s == nil {
		return "nothing seen"
	}
	parts := append([]string{outcomeText(s.Client)}, s.Signatures...)
	return Clean(strings.Join(parts, ", "))
}

func outcomeText(o pod.Outcome) string {
	if o == "" {
		return "no request"
	}
	return string(o)
}

// verifiedText is what proved the fix: "3 x 200 OK".
func verifiedText(s *harness.Seen) string {
	if s == nil {
		return "-"
	}
	return fmt.Sprintf("%d x %s", s.Requests, outcomeText(s.Client))
}

// expectedText is the symptom as the scenario declares it, other outcomes of a
// method, or of requests made before a change is over, in brackets: "504 Gateway Timeout (POST: 502 Bad Gateway), read-timed-out".
func expectedText(s harness.Symptom) string {
	var methods []string
	for _, method := range slices.Sorted(maps.Keys(s.PerMethod)) {
		methods = append(methods, method+": "+outcomeText(s.PerMethod[method]))
	}
	client := outcomeText(s.Client)
	if s.Meanwhile != "" && s.Meanwhile != s.Client {
		methods = append(methods, "meanwhile: "+outcomeText(s.Meanwhile))
	}
	if len(methods) > 0 {
		client += " (" + strings.Join(methods, ", ") + ")"
	}
	return strings.Join(append([]string{client}, signatureNames(s.Log)...), ", ")
}

func signatureNames(sigs []nginx.Signature) []string {
	names := make([]string, 0, len(sigs))
	for _, sig := range sigs {
		names = append(names, sig.Name)
	}
	return names
}

// stepText is what the client saw in one phase, equal outcomes counted:
// "GET 3 x 200 OK, POST 502 Bad Gateway".
func stepText(step harness.Step) string {
	var order []string
	count := map[string]int{}
	for _, r := range step.Responses {
		method := r.Method
		if method == "" {
			method = "GET"
		}
		key := method + "\x00" + outcomeText(r.Outcome)
		if count[key]++; count[key] == 1 {
			order = append(order, key)
		}
	}
	if len(order) == 0 {
		return "no request"
	}
	parts := make([]string, 0, len(order))
	for _, key := range order {
		method, outcome, _ := strings.Cut(key, "\x00")
		if n := count[key]; n > 1 {
			outcome = fmt.Sprintf("%d x %s", n, outcome)
		}
		parts = append(parts, method+" "+outcome)
	}
	text := strings.Join(parts, ", ")
	if len(step.Meanwhile) > 0 {
		text = "under way: " + text + "; made meanwhile: " + stepText(harness.Step{Responses: step.Meanwhile})
	}
	return Clean(text)
}

// reasons are all reasons of a verdict, Reason first.
func reasons(v harness.Verdict) []string {
	out := make([]string, 0, 1+len(v.Reasons))
	for _, r := range append([]string{v.Reason}, v.Reasons...) {
		if r != "" && !slices.Contains(out, r) {
			out = append(out, r)
		}
	}
	return out
}
