package checks

import (
	"cmp"
	"fmt"
	"io"
	"slices"
	"strings"

	"github.com/jedib0t/go-pretty/v6/text"

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

// WritePlan prints what a check would do: each route with the request that
// reaches it, and the faults by method.
func WritePlan(w io.Writer, s report.Screen, r result.Report, wrote []string) error {
	var b strings.Builder
	writeInputs(&b, r)
	for _, route := range r.Routes {
		fmt.Fprintf(&b, "\n%s  %s\n", paint(s, clean(route.ID), text.Bold), where(route.Pass))
		if !route.Reached {
			fmt.Fprintf(&b, "  %s %s\n", paint(s, "not reached:", text.FgYellow), clean(route.Reason))
			continue
		}
		fmt.Fprintf(&b, "  %s to %s: %s\n", route.Protocol, clean(route.Upstream), clean(route.Request.URL))
		faults := map[string][]string{}
		var methods []string
		for _, l := range r.Cells {
			if l.Route == route.ID {
				if faults[l.Method] == nil {
					methods = append(methods, l.Method)
				}
				faults[l.Method] = append(faults[l.Method], l.Fault)
			}
		}
		for _, method := range methods {
			list := text.WrapSoft(strings.Join(faults[method], " "), max(40, cmp.Or(s.Width, 100)-8))
			fmt.Fprintf(&b, "  %-4s  %s\n", method, strings.ReplaceAll(list, "\n", "\n        "))
		}
	}
	fmt.Fprintf(&b, "\n%s, %s\n", plural(len(r.Routes), "route"), plural(len(r.Cells), "cell"))
	if len(wrote) > 0 {
		fmt.Fprintf(&b, "wrote %s\n", strings.Join(wrote, ", "))
	}
	_, err := io.WriteString(w, b.String())
	return err
}

func paint(s report.Screen, str string, colors ...text.Color) string {
	if !s.Color || strings.TrimSpace(str) == "" {
		return str
	}
	return text.Escape(str, text.Colors(colors).EscapeSeq())
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
		fmt.Fprintf(b, "%s%s (%s, %s) on nginx %s\n", side, clean(in.Path), in.Form, plural(in.Files, "file"), in.Version)
	}
	if len(r.Supplied) > 0 {
		fmt.Fprintf(b, "supplied: %s\n", supplied(r.Supplied))
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
		parts = append(parts, plural(count[k], string(k)))
	}
	return strings.Join(parts, ", ")
}

func writeUnreached(b *strings.Builder, s report.Screen, r result.Report) {
	for _, route := range r.Routes {
		if !route.Reached {
			fmt.Fprintf(b, "%s %s (%s): %s\n", paint(s, "not reached:", text.FgYellow), clean(route.ID), where(route.Pass), clean(route.Reason))
		}
	}
}

// nameWidth is the room for a route's id in the heat-map.
const nameWidth = 28

// writeMap prints the heat-map in bands as wide as the terminal; a row is a
// route, a column a fault, a cell has one character per method.
func writeMap(b *strings.Builder, s report.Screen, r result.Report) {
	g := gridOf(r)
	if len(g.routes) == 0 {
		return
	}
	width, cellWidth := s.Width, 1
	for _, route := range g.routes {
		cellWidth = max(cellWidth, len(g.methods(route.ID)))
	}
	if width == 0 {
		width = 120
	}
	perBand := max(1, (width-nameWidth-2)/(cellWidth+1))
	for first := 0; first < len(g.faults); first += perBand {
		writeBand(b, s, g, first, min(first+perBand, len(g.faults)), max(cellWidth, 2))
	}
	writeLegend(b, s, g, width)
}

func writeBand(b *strings.Builder, s report.Screen, g grid, from, to, cellWidth int) {
	fmt.Fprintf(b, "\n%-*s", nameWidth, "")
	for i := from; i < to; i++ {
		fmt.Fprintf(b, " %*d", cellWidth, i+1)
	}
	b.WriteByte('\n')
	for _, route := range g.routes {
		name := text.Snip(clean(route.ID), nameWidth, "…")
		fmt.Fprintf(b, "%s%s", name, strings.Repeat(" ", max(0, nameWidth-text.StringWidth(name))))
		for _, fault := range g.faults[from:to] {
			b.WriteByte(' ')
			methods := g.methods(route.ID)
			b.WriteString(strings.Repeat(" ", max(0, cellWidth-len(methods))))
			for _, method := range methods {
				m := g.at(route.ID, fault, method)
				b.WriteString(paint(s, m.glyph, shades[m.grade]))
			}
		}
		b.WriteByte('\n')
	}
}

// writeLegend says what numbers and characters mean.
func writeLegend(b *strings.Builder, s report.Screen, g grid, width int) {
	var faults, glyphs []string
	for i, fault := range g.faults {
		faults = append(faults, fmt.Sprintf("%d %s", i+1, fault))
	}
	seen := map[string]mark{}
	for _, l := range g.cells {
		m := markOf(l)
		seen[m.glyph] = m
	}
	for _, name := range order {
		if m, ok := seen[marks[name].glyph]; ok {
			glyphs = append(glyphs, paint(s, m.glyph, shades[m.grade])+" "+m.text)
			delete(seen, m.glyph)
		}
	}
	var statuses []string
	for _, m := range seen {
		statuses = append(statuses, paint(s, m.glyph, text.FgYellow)+" "+m.text)
	}
	slices.Sort(statuses)
	b.WriteByte('\n')
	writeWrapped(b, append(glyphs, statuses...), width)
	writeWrapped(b, faults, width)
	if len(g.routes) > 0 && len(g.methods(g.routes[0].ID)) > 1 {
		fmt.Fprintf(b, "one character per method: %s\n", strings.Join(g.methods(g.routes[0].ID), ", "))
	}
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
