package harness

import (
	"fmt"
	"time"
)

// Span bounds a time: of an answer's first byte after the request began, of a
// recovery after the first failure.
type Span struct {
	AtLeast time.Duration `json:"at_least,omitempty"`
	Below   time.Duration `json:"below,omitempty"` // 0: unbounded
}

// broken are the answers of a step that do not begin within s, or have not a
// byte; none when s is nil. Reasons begin with rule.
func (s *Span) broken(step Step, rule string) []string {
	if s == nil {
		return nil
	}
	var reasons []string
	for _, r := range step.Responses {
		if r.FirstByte <= 0 || !s.holds(r.FirstByte) {
			reasons = append(reasons, fmt.Sprintf("%s: expected the first byte of %s %s (%s) %s, it came after %v",
				rule, r.Method, r.URL, r.ID, s, r.FirstByte))
		}
	}
	return reasons
}

func (s Span) holds(d time.Duration) bool { return d >= s.AtLeast && (s.Below == 0 || d < s.Below) }

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
