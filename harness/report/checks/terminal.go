package checks

import (
	"cmp"
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

// WritePlan prints what a check would do: each route with the request that
// reaches it, and the faults by method.
func WritePlan(w io.Writer, s report.Screen, r result.Report, wrote []string) error {
	var b strings.Builder
	writeInputs(&b, r)
	for _, route := range r.Routes {
		fmt.Fprintf(&b, "\n%s  %s\n", s.Paint(clean(route.ID), text.Bold), where(route.Pass))
		if !route.Reached {
			fmt.Fprintf(&b, "  %s %s\n", s.Paint("not reached:", text.FgYellow), clean(route.Reason))
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
			writeLines(&b, report.Screen{Width: max(40, cmp.Or(s.Width, usualWidth))}, fmt.Sprintf("  %-4s  ", method), strings.Join(faults[method], " "))
		}
	}
	fmt.Fprintf(&b, "\n%s, %s\n", harness.Plural(len(r.Routes), "route"), harness.Plural(len(r.Cells), "cell"))
	if len(wrote) > 0 {
		fmt.Fprintf(&b, "wrote %s\n", strings.Join(wrote, ", "))
	}
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
		parts = append(parts, harness.Plural(count[k], string(k)))
	}
	return strings.Join(parts, ", ")
}

func writeUnreached(b *strings.Builder, s report.Screen, r result.Report) {
	for _, route := range r.Routes {
		if !route.Reached {
			fmt.Fprintf(b, "%s %s (%s): %s\n", s.Paint("not reached:", text.FgYellow), clean(route.ID), where(route.Pass), clean(route.Reason))
		}
	}
}

// usualWidth is that of a heat-map where no terminal limits it.
const usualWidth = 120

// writeMap prints the heat-map in bands as wide as the terminal; a row is a
// route, a column a fault, a cell has one character per method.
func writeMap(b *strings.Builder, s report.Screen, r result.Report) {
	g := gridOf(r)
	if len(g.routes) == 0 {
		return
	}
	width := cmp.Or(s.Width, usualWidth)
	nameWidth, cellWidth := 0, 2 // a column's number has two digits
	for _, route := range g.routes {
		nameWidth = max(nameWidth, text.StringWidth(clean(route.ID)))
		cellWidth = max(cellWidth, len(g.methods(route.ID)))
	}
	nameWidth = min(nameWidth, width*3/8)
	perBand := max(1, (width-nameWidth)/(cellWidth+1))
	for first := 0; first < len(g.faults); first += perBand {
		g.writeBand(b, s, band{from: first, to: min(first+perBand, len(g.faults)), name: nameWidth, cell: cellWidth, width: width})
	}
	writeLegend(b, s, g, width)
}

// band is a part of the heat-map: some faults, with the widths of its columns.
type band struct{ from, to, name, cell, width int }

// writeBand prints a band, and below it what its numbers stand for.
func (g grid) writeBand(b *strings.Builder, s report.Screen, part band) {
	fmt.Fprintf(b, "\n%-*s", part.name, "")
	var names []string
	for i := part.from; i < part.to; i++ {
		fmt.Fprintf(b, " %*d", part.cell, i+1)
		names = append(names, fmt.Sprintf("%d %s", i+1, g.faults[i]))
	}
	b.WriteByte('\n')
	for _, route := range g.routes {
		name := text.Snip(clean(route.ID), part.name, "…")
		fmt.Fprintf(b, "%s%s", name, strings.Repeat(" ", max(0, part.name-text.StringWidth(name))))
		for _, fault := range g.faults[part.from:part.to] {
			methods := g.methods(route.ID)
			b.WriteString(strings.Repeat(" ", 1+max(0, part.cell-len(methods))))
			for _, method := range methods {
				m := g.at(route.ID, fault, method)
				b.WriteString(s.Paint(m.glyph, shades[m.grade]))
			}
		}
		b.WriteByte('\n')
	}
	writeWrapped(b, names, part.width)
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
