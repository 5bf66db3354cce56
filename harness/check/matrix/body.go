package matrix

import (
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
	for _, b := range s.spec.Backends { // what nginx adds to an answer does not make it another
		if strings.Contains(text, healthyBody(b.Name)) {
			return result.BodyIntact
		}
	}
	return result.BodyNginx
}
