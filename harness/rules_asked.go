package harness

import "fmt"

// Asked is what the pod's DNS server must be asked during one phase, by nginx
// or by the C library for it (at a start, nginx -t and a reload).
type Asked struct {
	// Name is what every query is for; empty: nothing is asked.
	Name string `json:"name,omitempty"`
	// Server is the address that every query goes to; empty: any.
	Server string `json:"server,omitempty"`
}

// asked holds the queries of a step against want. Reasons begin with rule.
func (t trial) asked(step Step, want *Asked, rule string) []string {
	if want == nil {
		return nil
	}
	var reasons []string
	n := 0
	for _, q := range t.record.Queries {
		if !step.during(q.At) {
			continue
		}
		n++
		if q.Name != want.Name || want.Server != "" && q.Server != want.Server {
			reasons = append(reasons, fmt.Sprintf("%s: expected DNS to be asked for %s in the %s step, saw a query for %q at %s",
				rule, want, step.Phase, q.Name, q.Server))
		}
	}
	if n == 0 && want.Name != "" {
		reasons = append(reasons, fmt.Sprintf("%s: expected DNS to be asked for %s in the %s step, it was asked nothing", rule, want, step.Phase))
	}
	return reasons
}

func (a Asked) String() string {
	switch {
	case a.Name == "":
		return "nothing"
	case a.Server == "":
		return fmt.Sprintf("%q", a.Name)
	}
	return fmt.Sprintf("%q at %s", a.Name, a.Server)
}
