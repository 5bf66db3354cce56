package finding

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"time"

	"badgateway/harness/check/result"
	"badgateway/harness/pod"
)

// Text answers what the configuration says for a route.
type Text interface {
	// Directive is the directive called name that counts for a route: of its
	// location, else inherited; for "server" and "keepalive" the one of its
	// upstream block. false when the text has none.
	Directive(r result.Route, name string) (at result.Place, args []string, found bool)
	// All are the arguments of the directives called name that count together
	// for a route, as the proxy_set_header of one block do.
	All(r result.Route, name string) [][]string
}

// Titler gives the title of a scenario's fix; false when the catalogue has no
// such scenario.
type Titler func(scenario string) (title string, found bool)

// context is what rules may ask beside their cell.
type context struct {
	policy Policy
	text   Text
}

// Find returns what breaks the rules, worst first. now decides which accepted
// findings have expired.
func Find(routes []result.Route, cells []result.Cell, text Text, fixes Titler, p Policy, now time.Time) []result.Finding {
	c := &context{policy: p, text: text}
	byRoute := map[string]result.Route{}
	for _, r := range routes {
		byRoute[r.ID] = r
	}
	var all []result.Finding
	for _, rule := range rules {
		severity := p.severity(rule)
		if severity == result.Off {
			continue
		}
		found := c.byCells(rule, byRoute, cells)
		found = append(found, c.byRoutes(rule, routes)...)
		for _, f := range found {
			f.Severity = severity
			f.Fix.Title, _ = fixes(f.Fix.Scenario)
			f.Accepted = p.accepts(f, now)
			all = append(all, f)
		}
	}
	slices.SortStableFunc(all, func(a, b result.Finding) int {
		return cmp.Compare(rank(a.Severity), rank(b.Severity))
	})
	return all
}

// byCells is one finding per place that causes it: the first cell is its
// evidence, the others stand in Also.
func (c *context) byCells(rule Rule, routes map[string]result.Route, cells []result.Cell) []result.Finding {
	if rule.cell == nil {
		return nil
	}
	var found []result.Finding
	for _, l := range cells {
		r, known := routes[l.Route]
		if !known || l.Unmet != "" || l.Error != "" {
			continue
		}
		message, broken := rule.cell(c, r, l)
		if !broken {
			continue
		}
		f := c.finding(rule, r, l, message)
		f.Cell, f.Evidence = l.ID, evidence(r, l)
		same := slices.IndexFunc(found, func(o result.Finding) bool { return o.At == f.At && o.Route == f.Route && o.Fix == f.Fix })
		if same >= 0 {
			found[same].Also = append(found[same].Also, l.ID)
			continue
		}
		found = append(found, f)
	}
	return found
}

func (c *context) byRoutes(rule Rule, routes []result.Route) []result.Finding {
	if rule.route == nil {
		return nil
	}
	var found []result.Finding
	for _, r := range routes {
		if message, broken := rule.route(c, r); broken {
			found = append(found, c.finding(rule, r, result.Cell{}, message))
		}
	}
	return found
}

func (c *context) finding(rule Rule, r result.Route, l result.Cell, message string) result.Finding {
	cause := rule.cause(r, l)
	prefix := prefixOf(r.Protocol)
	in := strings.NewReplacer("{p}", prefix, "{pass}", prefix+"pass "+schemes[r.Protocol])
	f := result.Finding{Rule: rule.Name, Title: rule.Title, Message: message, Route: r.ID, At: r.Pass,
		Fix: result.Fix{Scenario: cause.Scenario, Directive: in.Replace(cause.Mend)}}
	for _, name := range cause.Directives {
		if at, _, found := c.text.Directive(r, in.Replace(name)); found {
			f.At = at
			break
		}
	}
	return f
}

// cause is the first that fits, else the rule's own.
func (r Rule) cause(of result.Route, l result.Cell) Cause {
	names := func(all []string, one string) bool { return len(all) == 0 || slices.Contains(all, one) }
	for _, c := range r.Causes {
		if names(c.Faults, l.Fault) && names(c.Protocols, of.Protocol) {
			return c
		}
	}
	return Cause{Scenario: r.Scenario, Directives: r.Directives, Mend: r.Mend}
}

// schemes are written in front of an address, by protocol.
var schemes = map[string]string{"http": "http://", "https": "https://", "grpc": "grpc://", "grpcs": "grpcs://", "suwsgi": "suwsgi://"}

// prefixOf is how the directives of a protocol's module begin.
func prefixOf(protocol string) string {
	switch protocol {
	case "grpc", "grpcs":
		return "grpc_"
	case "fastcgi", "uwsgi", "scgi":
		return protocol + "_"
	case "suwsgi":
		return "uwsgi_"
	}
	return "proxy_"
}

// evidence is the request, what came of it, whom nginx asked, and the log.
func evidence(r result.Route, l result.Cell) []string {
	lines := []string{
		fmt.Sprintf("request: %s %s (fault: %s)", l.Method, r.Request.URL, l.Fault),
		fmt.Sprintf("client: %s after %s", outcome(l), result.Brief(l.Total)),
	}
	if len(l.Attempts) > 0 {
		lines = append(lines, "attempts: "+peers(l))
	}
	if len(l.Lines) > 0 {
		lines = append(lines, "log: "+l.Lines[0])
	}
	return lines
}

// outcome is what the client saw, in words.
func outcome(l result.Cell) string {
	if l.Client == pod.Hung && l.Status > 0 {
		return fmt.Sprintf("%s after status %d", l.Client, l.Status)
	}
	return string(l.Client)
}

func peers(l result.Cell) string {
	var names []string
	for _, a := range l.Attempts {
		names = append(names, a.Peer)
	}
	return strings.Join(names, ", then ")
}

// rank orders severities, worst first.
func rank(s result.Severity) int {
	return slices.Index([]result.Severity{result.Error, result.Warning, result.Note, result.Off}, s)
}

// Fails says whether findings reach the severity at which a check fails;
// accepted ones do not count.
func Fails(findings []result.Finding, on result.Severity) bool {
	return slices.ContainsFunc(findings, func(f result.Finding) bool {
		return f.Accepted == "" && rank(f.Severity) <= rank(on)
	})
}
