package harness

import (
	"fmt"
	"time"

	"badgateway/harness/pod"
)

// Span bounds when the first byte of an answer comes, after the request began.
type Span struct {
	AtLeast time.Duration `json:"at_least,omitempty"`
	Below   time.Duration `json:"below,omitempty"` // 0: unbounded
}

// broken are the answers of a step that do not begin within s; none when s is
// nil. Reasons begin with rule.
func (s *Span) broken(step Step, rule string) []string {
	if s == nil {
		return nil
	}
	var reasons []string
	for _, r := range step.Responses {
		if !s.holds(r) {
			reasons = append(reasons, fmt.Sprintf("%s: expected the first byte of %s %s (%s) %s, it came after %v",
				rule, r.Method, r.URL, r.ID, s, r.FirstByte))
		}
	}
	return reasons
}

// holds is false for an answer without a byte.
func (s Span) holds(r pod.Response) bool {
	return r.FirstByte > 0 && r.FirstByte >= s.AtLeast && (s.Below == 0 || r.FirstByte < s.Below)
}

func (s Span) String() string {
	if s.Below == 0 {
		return fmt.Sprintf("not before %v", s.AtLeast)
	}
	return fmt.Sprintf("between %v and %v", s.AtLeast, s.Below)
}

// symptomGone demands that no line of the symptom is written after the fix,
// whatever its level: a warning that goes on is not mended.
func symptomGone(t trial) []string {
	step := t.step(Fixed)
	if step == nil {
		return nil
	}
	var reasons []string
	for _, line := range step.Log {
		if _, masked := match(line, t.scenario.Fix.Masked); masked {
			continue
		}
		if s, ok := match(line, t.scenario.Symptom.Log); ok {
			reasons = append(reasons, fmt.Sprintf("fix: expected no line %s after the fix, saw: %s", s.Name, line.Raw))
		}
	}
	return reasons
}
