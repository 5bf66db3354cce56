package compare

import (
	"slices"
	"strings"

	"badgateway/harness/check/result"
	"badgateway/harness/nginx"
)

// cause tells of a change what may have caused it.
type cause func(*result.Change)

// causes are the same for all changes of a route, but for what nginx's versions
// do otherwise under one fault.
func (p couple) causes(before, after Side) cause {
	old, now := before.around(*p.before), after.around(*p.after)
	directives, elsewhere := directiveChanges(old, now), false
	if len(directives) == 0 && before.All != nil && after.All != nil {
		directives = directiveChanges(before.All(), after.All())
		if len(directives) == 0 {
			directives = firstMoved(before.All(), after.All())
		}
		elsewhere = len(directives) > 0
	}
	return func(c *result.Change) {
		c.Directives, c.Elsewhere = directives, elsewhere
		fault := ""
		if c.After != nil {
			fault = c.After.Fault
		}
		var general []string
		for _, r := range revisions {
			switch text := "since " + r.since + " " + r.text; {
			case !r.between(before.Version, after.Version) || !r.bears(*p.after, now, fault):
			case r.faults != nil:
				c.Nginx = append(c.Nginx, text)
			default:
				general = append(general, text)
			}
		}
		if c.Nginx == nil {
			c.Nginx = general
		}
	}
}

func (s Side) around(r result.Route) []result.Place {
	if s.Directives == nil {
		return nil
	}
	return s.Directives(r)
}

// revision is something that nginx does otherwise since a version, the
// configuration being the same.
type revision struct {
	since, text string
	directive   string   // whose default it is: it bears where that is not set
	upstream    bool     // it bears where there is an upstream block
	protocols   []string // it bears on these; nil: on all
	faults      []string // it shows under these; nil: under all
}

// revisions are those that bear on a failing upstream, from nginx's CHANGES.
var revisions = []revision{
	{since: "1.21.1", text: "an answer is refused whose header fields have names with control characters", faults: []string{"invalid-header"}},
	{since: "1.23.0", text: "an answer is refused that has Content-Length or Transfer-Encoding twice", faults: []string{"duplicate-header"}},
	{since: "1.29.7", text: "proxy_http_version is 1.1 by default, and no Connection: close is sent (before: 1.0)",
		directive: "proxy_http_version", protocols: []string{"http", "https"}},
	{since: "1.29.7", text: "an upstream block has keepalive 32 local by default (before: none)",
		directive: "keepalive", upstream: true, protocols: []string{"http", "https"}},
}

// between says whether the two sides do it differently.
func (r revision) between(before, after nginx.Version) bool {
	since, err := nginx.ParseVersion(r.since)
	if err != nil || before.IsZero() || after.IsZero() {
		return false
	}
	return (before.Compare(since) < 0) != (after.Compare(since) < 0)
}

// bears says whether it can bear on a route under a fault.
func (r revision) bears(on result.Route, around []result.Place, fault string) bool {
	set := func(p result.Place) bool { return r.directive != "" && name(p) == r.directive }
	return (r.protocols == nil || slices.Contains(r.protocols, on.Protocol)) &&
		(r.faults == nil || slices.Contains(r.faults, fault)) &&
		(!r.upstream || len(on.Peers) > 1 || !slices.Contains(on.Peers, on.Upstream)) && !slices.ContainsFunc(around, set)
}

// directiveChanges pairs the directives of two sides by their text; what is
// left is paired by name, in order.
func directiveChanges(before, after []result.Place) []result.DirectiveChange {
	before, after = without(before, after), without(after, before)
	var changes []result.DirectiveChange
	for _, b := range before {
		c := result.DirectiveChange{Before: b}
		at := slices.IndexFunc(after, func(a result.Place) bool { return name(a) == name(b) })
		if at >= 0 {
			c.After = after[at]
			after = slices.Delete(after, at, at+1)
		}
		changes = append(changes, c)
	}
	for _, a := range after {
		changes = append(changes, result.DirectiveChange{After: a})
	}
	return changes
}

// firstMoved is the first place where two texts of the same directives have
// them in another order.
func firstMoved(before, after []result.Place) []result.DirectiveChange {
	for i := range min(len(before), len(after)) {
		if before[i].Text != after[i].Text {
			return []result.DirectiveChange{{Before: before[i], After: after[i]}}
		}
	}
	return nil
}

// without are the places of list whose text other has not, counting.
func without(list, other []result.Place) []result.Place {
	count := map[string]int{}
	for _, p := range other {
		count[p.Text]++
	}
	var left []result.Place
	for _, p := range list {
		if count[p.Text] > 0 {
			count[p.Text]--
			continue
		}
		left = append(left, p)
	}
	return left
}

func name(p result.Place) string {
	word, _, _ := strings.Cut(p.Text, " ")
	return strings.TrimSuffix(word, ";")
}
