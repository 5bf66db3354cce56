package checks

import (
	"cmp"
	"fmt"
	"regexp"
	"slices"
	"strings"
	"time"

	"github.com/jedib0t/go-pretty/v6/text"

	"badgateway/harness/check/result"
	"badgateway/harness/report"
)

// writeRule prints what breaks one rule: each thing that happens once, with all
// the places where it does, the evidence of the first, and the fix.
func writeRule(b *strings.Builder, s report.Screen, found []result.Finding, reached int) {
	first := found[0]
	fmt.Fprintf(b, "\n%s %s: %s\n", s.Paint(string(first.Severity), tones[first.Severity], text.Bold), s.Paint(first.Rule, text.Bold),
		clean(cmp.Or(first.Title, first.Message)))
	for _, same := range alike(found) {
		writeLines(b, s, "  ", spread(same))
		writePlaces(b, s, same, reached)
		writeCase(b, s, same[0])
	}
}

// writeCase prints the evidence of a finding and its fix.
func writeCase(b *strings.Builder, s report.Screen, f result.Finding) {
	lead := "  evidence: "
	for _, line := range f.Evidence {
		writeLines(b, s, lead, brief(line))
		lead = strings.Repeat(" ", len(lead))
	}
	if f.Fix.Directive != "" {
		fmt.Fprintf(b, "  fix:      %s\n", f.Fix.Directive)
	}
	if f.Fix.Scenario != "" {
		fmt.Fprintf(b, "  see:      badgateway run %s\n", f.Fix.Scenario)
	}
}

// writePlaces prints where the same happens: a line per place, with the routes
// behind it.
func writePlaces(b *strings.Builder, s report.Screen, found []result.Finding, reached int) {
	routes := map[result.Place][]string{}
	var places []result.Place
	for _, f := range found {
		if routes[f.At] == nil {
			places = append(places, f.At)
		}
		if route := clean(f.Route); !slices.Contains(routes[f.At], route) {
			routes[f.At] = append(routes[f.At], route)
		}
	}
	for _, at := range places {
		names := strings.Join(routes[at], ", ")
		if n := len(routes[at]); n == reached && n > 2 {
			names = fmt.Sprintf("all %d routes", n)
		}
		writePlace(b, s, where(at), clean(at.Text), names)
	}
}

// writePlace prints one in a line; where the terminal is too narrow for that the
// routes go below it, and of the directive's text what has room.
func writePlace(b *strings.Builder, s report.Screen, place, directive, routes string) {
	line := fmt.Sprintf("    %s  %s", place, directive)
	if !s.Terminal() || text.StringWidth(line)+2+text.StringWidth(routes) <= s.Width {
		fmt.Fprintf(b, "    %s  %s  %s\n", place, s.Paint(directive, text.Faint), routes)
		return
	}
	directive = text.Snip(directive, max(0, s.Width-text.StringWidth(place)-6), "…")
	fmt.Fprintf(b, "    %s  %s\n", place, s.Paint(directive, text.Faint))
	writeLines(b, s, "      ", routes)
}

// writeLines prints foreign text, on a terminal in lines of its width, the
// second and later ones below the first's beginning.
func writeLines(b *strings.Builder, s report.Screen, lead, str string) {
	str = clean(str)
	room := s.Width - len(lead)
	if !s.Terminal() || room < 20 {
		room = len(str)
	}
	for line := range strings.SplitSeq(text.WrapSoft(str, room), "\n") {
		fmt.Fprintln(b, lead+strings.TrimRight(line, " "))
		lead = strings.Repeat(" ", len(lead))
	}
}

// duration is one as messages spell it.
var duration = regexp.MustCompile(`\b(\d+h)?(\d+m)?(\d+(\.\d+)?(s|ms))\b|\b\d+[hm]\b`)

// alike groups findings with the same fix whose messages differ in nothing but
// durations.
func alike(found []result.Finding) [][]result.Finding {
	var groups [][]result.Finding
	at := map[string]int{}
	for _, f := range found {
		key := strings.Join([]string{duration.ReplaceAllString(f.Message, "#"), f.Fix.Directive, f.Fix.Scenario}, "\x00")
		i, known := at[key]
		if !known {
			i = len(groups)
			at[key], groups = i, append(groups, nil)
		}
		groups[i] = append(groups[i], f)
	}
	return groups
}

// spread is the message of findings that are alike: a duration that is not the
// same in all is given from the shortest to the longest.
func spread(found []result.Finding) string {
	var all [][]string // by finding
	for _, f := range found {
		all = append(all, duration.FindAllString(f.Message, -1))
	}
	i := -1
	return duration.ReplaceAllStringFunc(found[0].Message, func(own string) string {
		i++
		least, most := own, own
		for _, of := range all {
			if i >= len(of) {
				continue
			}
			if length(of[i]) < length(least) {
				least = of[i]
			}
			if length(of[i]) > length(most) {
				most = of[i]
			}
		}
		if least == most {
			return own
		}
		return least + " to " + most
	})
}

func length(spelled string) time.Duration {
	d, _ := time.ParseDuration(spelled) // 0 when it is none after all
	return d
}

// requestOfLog is what nginx appends to a line of its error log about a request
// (src/http/ngx_http_request.c, ngx_http_log_error): here it says nothing new.
var requestOfLog = regexp.MustCompile(`, client: .*, server: .*`)

// brief is a line of evidence for a terminal; the other reports have all of it.
func brief(line string) string {
	if !strings.HasPrefix(line, "log: ") {
		return line
	}
	return requestOfLog.ReplaceAllString(line, ", ...")
}
