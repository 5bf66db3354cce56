package harness

import (
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strings"

	"badgateway/backends"
)

// arrived holds what the backends saw of a step's requests against want: the
// headers of every attempt, attempts per request, connections opened. Reasons
// begin with rule.
func (t trial) arrived(step Step, want *Arrival, rule string) []string {
	if want == nil {
		return nil
	}
	var reasons []string
	for _, r := range step.Responses {
		attempts := t.attempts(r.ID)
		for _, problem := range append(want.reached(attempts), want.matched(attempts)...) {
			reasons = append(reasons, fmt.Sprintf("%s: %s %s (%s, %s step): %s", rule, r.Method, r.URL, r.ID, step.Phase, problem))
		}
	}
	reasons = append(reasons, t.distributed(step, want, rule)...)
	if opened := t.opened(step); want.Conns != 0 && opened != want.Conns {
		reasons = append(reasons, fmt.Sprintf("%s: expected nginx to open %s for %s in the %s step, it opened %d",
			rule, Plural(want.Conns, "connection"), Plural(len(step.Responses), "request"), step.Phase, opened))
	}
	return reasons
}

// distributed compares how many attempts each backend saw.
func (t trial) distributed(step Step, want *Arrival, rule string) []string {
	saw := map[string]int{}
	for _, r := range step.Responses {
		for _, a := range t.attempts(r.ID) {
			saw[a.Backend]++
		}
	}
	var reasons []string
	for _, name := range slices.Sorted(maps.Keys(want.Reached)) {
		if expected := want.Reached[name]; saw[name] != expected {
			reasons = append(reasons, fmt.Sprintf("%s: expected %s at backend %s in the %s step, it saw %d",
				rule, Plural(expected, "attempt"), name, step.Phase, saw[name]))
		}
	}
	return reasons
}

// reached demands the number of attempts, and at least one where headers are
// asked for: a header that nobody received proves nothing.
func (a Arrival) reached(attempts []backends.Attempt) []string {
	got := len(attempts)
	switch {
	case a.Attempts != 0 && got != a.Attempts:
		return []string{fmt.Sprintf("expected %s at the backends, saw %d%s", Plural(a.Attempts, "attempt"), got, by(attempts))}
	case (len(a.Header) > 0 || a.Target != "") && got == 0:
		return []string{"expected it at a backend, none saw the request"}
	}
	return nil
}

// matched compares every attempt with the target and the headers demanded, by name.
func (a Arrival) matched(attempts []backends.Attempt) []string {
	var problems []string
	for _, attempt := range attempts {
		if problem := target(attempt, a.Target); problem != "" {
			problems = append(problems, problem)
		}
	}
	for _, name := range slices.Sorted(maps.Keys(a.Header)) {
		for _, attempt := range attempts {
			if problem := header(attempt, name, a.Header[name]); problem != "" {
				problems = append(problems, problem)
			}
		}
	}
	return problems
}

// target compares the request target of an attempt with an expression.
func target(attempt backends.Attempt, expression string) string {
	pattern, err := regexp.Compile(expression)
	switch {
	case err != nil:
		return fmt.Sprintf("read the expression for the request target: %v", err)
	case !pattern.MatchString(attempt.Target):
		return fmt.Sprintf("expected a request target matching %q at backend %s, saw %q", expression, attempt.Backend, attempt.Target)
	}
	return ""
}

// header compares one header of an attempt with an expression. A header sent
// several times is compared as one list (RFC 9110, 5.3).
func header(attempt backends.Attempt, name, expression string) string {
	values := attempt.Header.Values(name)
	if expression == "" {
		if len(values) == 0 {
			return ""
		}
		return fmt.Sprintf("expected no header %s at backend %s, saw %q", name, attempt.Backend, strings.Join(values, ", "))
	}
	pattern, err := regexp.Compile(expression)
	switch {
	case err != nil:
		return fmt.Sprintf("read the expression for header %s: %v", name, err)
	case len(values) == 0:
		return fmt.Sprintf("expected header %s matching %q at backend %s, it is absent", name, expression, attempt.Backend)
	case !pattern.MatchString(strings.Join(values, ", ")):
		return fmt.Sprintf("expected header %s matching %q at backend %s, saw %q", name, expression, attempt.Backend, strings.Join(values, ", "))
	}
	return ""
}

// opened counts the connections that backends accepted during a step. What was
// opened afterwards (looks, a person's own requests) is not nginx's.
func (t trial) opened(step Step) int {
	n := 0
	for _, c := range t.record.Conns {
		if step.during(c.Opened) {
			n++
		}
	}
	return n
}

func by(attempts []backends.Attempt) string {
	if len(attempts) == 0 {
		return ""
	}
	return fmt.Sprintf(" (by %s)", servers(attempts))
}
