package checks

import (
	"fmt"
	"io"
	"slices"
	"strings"

	"github.com/jedib0t/go-pretty/v6/text"

	"badgateway/harness"
	"badgateway/harness/check/result"
	"badgateway/harness/report"
)

// Write prints a report for a person: routes that were not reached, the
// heat-map, the findings, the differences and a summary.
func Write(w io.Writer, s report.Screen, r result.Report, wrote []string) error {
	var b strings.Builder
	writeInputs(&b, r)
	writeUnreached(&b, s, r)
	if r.Diff == nil {
		writeMap(&b, s, r)
		writeFindings(&b, s, r)
	} else {
		writeDiff(&b, s, *r.Diff)
	}
	writeSummary(&b, s, r, wrote)
	_, err := io.WriteString(w, b.String())
	return err
}

// shades colour the grades.
var shades = map[grade]text.Color{silent: text.Faint, served: text.FgGreen, refused: text.FgYellow, late: text.FgMagenta, broken: text.FgRed}

// tones colour the severities.
var tones = map[result.Severity]text.Color{result.Error: text.FgRed, result.Warning: text.FgYellow, result.Note: text.FgCyan}

func writeInputs(b *strings.Builder, r result.Report) {
	for i, in := range r.Inputs {
		side := ""
		if len(r.Inputs) > 1 {
			side = []string{"new: ", "old: "}[min(i, 1)]
		}
		fmt.Fprintf(b, "%s%s (%s, %s) on nginx %s\n", side, clean(in.Path), in.Form, harness.Plural(in.Files, "file"), in.Version)
		for _, p := range in.Unmatched {
			fmt.Fprintf(b, "%sno file matches: %s (%s)\n", side, clean(p.Text), where(p))
		}
	}
	if len(r.Supplied) > 0 {
		fmt.Fprintf(b, "supplied: %s\n", supplied(r.Supplied))
	}
	for _, s := range r.Supplied {
		if s.Kind == result.SuppliedAbsent {
			fmt.Fprintf(b, "not there: %s (%s): %s\n", clean(s.Name), where(s.For), clean(s.Note))
		}
	}
}

// supplied counts what the sandbox added, by kind.
func supplied(all []result.Supplied) string {
	var kinds []result.SuppliedKind
	count := map[result.SuppliedKind]int{}
	for _, s := range all {
		if count[s.Kind]++; count[s.Kind] == 1 {
			kinds = append(kinds, s.Kind)
		}
	}
	var parts []string
	for _, k := range kinds {
		parts = append(parts, harness.Plural(count[k], string(k)))
	}
	return strings.Join(parts, ", ")
}

// maxAlike is how many routes with one reason are named one by one; of more,
// the first few.
const maxAlike, firstAlike = 10, 3

func writeUnreached(b *strings.Builder, s report.Screen, r result.Report) {
	alike := map[string]int{}
	for _, route := range r.Routes {
		if !route.Reached {
			alike[route.Reason]++
		}
	}
	told := map[string]int{}
	for _, route := range r.Routes {
		if route.Reached {
			continue
		}
		told[route.Reason]++
		n := told[route.Reason]
		switch many := alike[route.Reason] > maxAlike; {
		case !many || n <= firstAlike:
			fmt.Fprintf(b, "%s %s (%s): %s\n", s.Paint("not reached:", text.FgYellow), clean(route.ID), where(route.Pass), clean(route.Reason))
		case n == alike[route.Reason]:
			fmt.Fprintf(b, "%s %s more: %s\n", s.Paint("not reached:", text.FgYellow), harness.Plural(n-firstAlike, "route"), clean(route.Reason))
		}
	}
}

// writeLegend says what the characters mean.
func writeLegend(b *strings.Builder, s report.Screen, g grid, width int) {
	var glyphs, statuses []string
	seen := map[string]mark{}
	methods := 0
	for _, l := range g.cells {
		m := markOf(l)
		seen[m.glyph] = m
		methods = max(methods, len(g.methods(l.Route)))
	}
	for _, name := range order {
		m := marks[name]
		if _, ok := seen[m.glyph]; ok {
			glyphs = append(glyphs, s.Paint(m.glyph, shades[m.grade])+" "+m.text)
			delete(seen, m.glyph)
		}
	}
	for _, m := range seen {
		statuses = append(statuses, s.Paint(m.glyph, shades[m.grade])+" "+m.text)
	}
	slices.Sort(statuses)
	if methods > 1 {
		statuses = append(statuses, "(first GET, then POST)")
	}
	b.WriteByte('\n')
	writeWrapped(b, append(glyphs, statuses...), width)
}

// writeWrapped prints items with two spaces between them, in lines of width.
func writeWrapped(b *strings.Builder, items []string, width int) {
	line := ""
	for _, item := range items {
		if line != "" && text.StringWidthWithoutEscSequences(line)+2+text.StringWidthWithoutEscSequences(item) > width {
			fmt.Fprintln(b, line)
			line = ""
		}
		if line != "" {
			line += "  "
		}
		line += item
	}
	if line != "" {
		fmt.Fprintln(b, line)
	}
}
