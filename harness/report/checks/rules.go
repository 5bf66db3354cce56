package checks

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/jedib0t/go-pretty/v6/text"

	"badgateway/harness/check/result"
	"badgateway/harness/lazyregexp"
	"badgateway/harness/report"
)

// breach is what breaks one rule, as every report for a person tells it: each
// thing that happens once, with all the places where it does.
type breach struct {
	Severity    result.Severity
	Rule, Title string
	Cases       []occurrence
}

// occurrence are findings of one rule that are alike.
type occurrence struct {
	// Text is their message, durations from the shortest to the longest.
	Text   string
	Places []spot
	// First has the evidence and the fix, Cells are the cells of all.
	First result.Finding
	Cells []string
}

// spot is a directive, with the routes that it is about.
type spot struct {
	At     result.Place
	Routes string
}

// breaches are the findings that count, by rule, in the report's order.
func breaches(r result.Report) []breach {
	var all []breach
	byRule := map[string][]result.Finding{}
	for _, f := range r.Findings {
		if f.Accepted != "" {
			continue
		}
		if byRule[f.Rule] == nil {
			all = append(all, breach{Severity: f.Severity, Rule: f.Rule, Title: clean(cmp.Or(f.Title, f.Message))})
		}
		byRule[f.Rule] = append(byRule[f.Rule], f)
	}
	reached := count(r).Reached
	for i := range all {
		for _, same := range alike(byRule[all[i].Rule]) {
			o := occurrence{Text: clean(spread(same)), Places: spots(same, reached), First: same[0]}
			for _, f := range same {
				if f.Cell != "" {
					o.Cells = append(append(o.Cells, f.Cell), f.Also...)
				}
			}
			all[i].Cases = append(all[i].Cases, o)
		}
	}
	return all
}

// spots are where the same happens.
func spots(found []result.Finding, reached int) []spot {
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
	var all []spot
	for _, at := range places {
		names := strings.Join(routes[at], ", ")
		if n := len(routes[at]); n == reached && n > 2 {
			names = fmt.Sprintf("all %d routes", n)
		}
		all = append(all, spot{at, names})
	}
	return all
}

// writeRule prints what breaks one rule.
func writeRule(b *strings.Builder, s report.Screen, broken breach) {
	fmt.Fprintf(b, "\n%s %s: %s\n", s.Paint(string(broken.Severity), tones[broken.Severity], text.Bold), s.Paint(broken.Rule, text.Bold), broken.Title)
	for _, o := range broken.Cases {
		writeLines(b, s, "  ", o.Text)
		for _, p := range o.Places {
			writePlace(b, s, where(p.At), clean(p.At.Text), p.Routes)
		}
		writeCase(b, s, o.First)
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
var duration = lazyregexp.New(`\b(\d+h)?(\d+m)?(\d+(\.\d+)?(s|ms))\b|\b\d+[hm]\b`)

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
var requestOfLog = lazyregexp.New(`, client: .*, server: .*`)

// brief is a line of evidence for a terminal; the other reports have all of it.
func brief(line string) string {
	if !strings.HasPrefix(line, "log: ") {
		return line
	}
	return requestOfLog.ReplaceAllString(line, ", ...")
}
