package matrix

import (
	"slices"
	"strings"

	"badgateway/backends"
	"badgateway/harness/check/result"
	"badgateway/harness/pod"
)

// body says what the client got of an answer.
func (s *stage) body(got sight) result.Body {
	text := string(got.Body)
	switch {
	case got.Status == 0 && got.Bytes == 0 && text == "":
		return result.BodyNone
	case strings.Contains(text, strings.TrimSpace(rawBytes)):
		return result.BodyRaw
	case got.Outcome == pod.Switched:
		return result.BodyIntact
	case got.Outcome == pod.TunnelCut, got.Outcome == pod.TruncatedBody, got.Outcome == pod.Hung:
		return result.BodyTruncated
	case strings.Contains(text, failingBody):
		return result.BodyBackend
	}
	for _, f := range s.faultsOf(s.struck) {
		whole := promised(f.Script, f.Target)
		switch {
		case f.Kind != pod.KindBehave || f.Script.Action == backends.NotHTTP:
		case text != "" && len(text) < len(whole) && strings.HasPrefix(whole, text):
			return result.BodyTruncated
		case text == whole:
			return result.BodyIntact
		}
	}
	if s.fromBackend(got.Response) {
		return result.BodyIntact
	}
	return result.BodyNginx
}

// fromBackend says whether the answer is a healthy backend's. What nginx adds to
// it does not make it another.
func (s *stage) fromBackend(r pod.Response) bool {
	return slices.ContainsFunc(s.spec.Backends, func(b backends.Spec) bool { return strings.Contains(string(r.Body), healthyBody(b.Name)) })
}
