package harness

import (
	"fmt"
	"regexp"
	"strings"
)

// looksTold demands of every look, in both states, the output that it declares.
// One whose tool the pod lacks was not run, and is no failure.
func looksTold(t trial) []string {
	if t.record.Error != "" {
		return nil // the run ended before; that is already a reason
	}
	var reasons []string
	for _, phase := range []Phase{Broken, Fixed} {
		step := t.step(phase)
		if step == nil {
			break
		}
		if want, got := len(t.scenario.Looks), len(step.Looks); got != want {
			reasons = append(reasons, fmt.Sprintf("look: expected %s in the %s step, the record has %d", Plural(want, "command"), phase, got))
			continue
		}
		for i, look := range t.scenario.Looks {
			want := look.Broken
			if phase == Fixed {
				want = look.Fixed
			}
			if problem := look.judge(step.Looks[i], want); problem != "" {
				reasons = append(reasons, fmt.Sprintf("look: %s, %s step: %s", look.Claim, phase, problem))
			}
		}
	}
	return reasons
}

// judge compares what a command told, without its last line's end, with an
// expression.
func (l Look) judge(looked Looked, want string) string {
	if looked.Command != l.Command {
		return fmt.Sprintf("expected $ %s, the record has $ %s", l.Command, looked.Command)
	}
	if looked.Missing != "" || want == "" {
		return ""
	}
	pattern, err := regexp.Compile(want)
	switch {
	case err != nil:
		return fmt.Sprintf("read the expression for $ %s: %v", l.Command, err)
	case !pattern.MatchString(strings.TrimRight(looked.Output, "\n")):
		return fmt.Sprintf("expected $ %s to print %q, exit %d, saw %q", l.Command, want, looked.Code, looked.Output)
	}
	return ""
}
