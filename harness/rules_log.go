package harness

import (
	"fmt"
	"slices"
	"strings"

	"badgateway/harness/nginx"
	"badgateway/harness/pod"
)

// linesDeclared reads every error-log line of every step: nothing severe that
// the scenario does not declare, no worker killed by a signal, no upstream
// error beside the declared ones, and no upstream line without a signature.
func linesDeclared(t trial) []string {
	var reasons []string
	for _, step := range t.record.Steps {
		expected := t.expected(step.Phase)
		for _, line := range step.Log {
			if problem := Undeclared(line, expected); problem != "" {
				reasons = append(reasons, fmt.Sprintf("log: expected no %s in the %s step, saw: %s", problem, step.Phase, line.Raw))
			}
		}
	}
	return reasons
}

// Undeclared names what is wrong with an error-log line when the lines expected
// are those with one of the signatures; "" when nothing is.
func Undeclared(line nginx.Line, expected []nginx.Signature) string {
	if _, ok := match(line, expected); ok {
		return ""
	}
	switch {
	case line.Level == "":
		return "line that is not of an nginx error log"
	case strings.Contains(line.Message, "exited on signal"): // ngx_process.c:ngx_process_get_status
		return "worker killed by a signal"
	case slices.Contains([]nginx.Level{nginx.Emerg, nginx.Alert, nginx.Crit}, line.Level):
		return fmt.Sprintf("undeclared [%s] line", line.Level)
	case !upstream(line) || line.Level == nginx.Debug:
		return ""
	}
	signature, known := nginx.Classify(line)
	switch {
	case !known:
		return "unclassified upstream line"
	case line.Level == nginx.Error:
		return fmt.Sprintf("undeclared upstream error %s", signature.Name)
	}
	return ""
}

// upstream says whether a line concerns an upstream.
func upstream(line nginx.Line) bool {
	return line.Upstream != "" || strings.Contains(line.Action, "upstream")
}

func match(line nginx.Line, signatures []nginx.Signature) (nginx.Signature, bool) {
	for _, s := range signatures {
		if s.Match(line) {
			return s, true
		}
	}
	return nginx.Signature{}, false
}

// windowsTouched demands that every declared fault was injected and met
// something: a fault that touched nothing proves nothing.
func windowsTouched(t trial) []string {
	if t.record.Error != "" || t.step(Broken) == nil {
		return nil // the run ended before; that is already a reason
	}
	if want, got := len(t.scenario.Break.Faults), len(t.record.Windows); got != want {
		return []string{fmt.Sprintf("fault: expected %d faults injected, the record has %d", want, got)}
	}
	var reasons []string
	for _, w := range t.record.Windows {
		if w.Touched > 0 || w.Touched < 0 && t.named(w) {
			continue
		}
		evidence := "no connection or request met it"
		if w.Touched < 0 {
			evidence = fmt.Sprintf("no error-log line names %s", strings.Trim(w.Addr+" with the symptom", " "))
		}
		reasons = append(reasons, fmt.Sprintf("fault: expected %s on %s to touch something between %s and %s, %s",
			w.Fault.Kind, orNginx(w.Fault.Target), w.From, ending(w), evidence))
	}
	return reasons
}

// named says whether a line with one of the symptom's signatures was written
// while w was on and names its target. A fault without target (a policy)
// is named by any of them.
func (t trial) named(w pod.Window) bool {
	for _, step := range t.record.Steps {
		for _, line := range step.Log {
			if line.At < w.From || w.To != 0 && line.At > w.To || !strings.Contains(line.Upstream, w.Addr) {
				continue
			}
			if _, ok := match(line, slices.Concat(t.scenario.Symptom.Log, t.scenario.Allow)); ok {
				return true
			}
		}
	}
	return false
}

func orNginx(target string) string {
	if target == "" {
		return "nginx"
	}
	return target
}

func ending(w pod.Window) string {
	if w.To == 0 {
		return "the end"
	}
	return w.To.String()
}
