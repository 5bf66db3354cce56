package checks

import (
	"cmp"
	"fmt"
	"strings"

	"github.com/jedib0t/go-pretty/v6/text"

	"badgateway/harness/check/result"
	"badgateway/harness/report"
)

// usualWidth is that of a heat-map where no terminal limits it.
const usualWidth = 120

// writeMap prints the heat-map in bands as wide as the terminal; a row is a
// route below its server, a column a fault, a cell has one character per method.
func writeMap(b *strings.Builder, s report.Screen, r result.Report) {
	g := gridOf(r)
	if len(g.routes) == 0 {
		return
	}
	width := cmp.Or(s.Width, usualWidth)
	nameWidth, cellWidth := 0, 2 // a column's number has two digits
	for _, route := range g.routes {
		nameWidth = max(nameWidth, text.StringWidth(rowName(route)))
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
	server := ""
	for _, route := range g.routes {
		if of := serverOf(route); of != server {
			if server = of; of != "" {
				fmt.Fprintln(b, s.Paint(text.Snip(clean(of), part.width, "…"), text.Bold))
			}
		}
		writeName(b, rowName(route), part)
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

// writeName begins a row with its route. One that does not fit into the column
// has lines of its own: cut off it would look like its neighbours.
func writeName(b *strings.Builder, name string, part band) {
	if text.StringWidth(name) > part.name {
		rest := name
		for text.StringWidth(rest) > part.width {
			begin := text.Trim(rest, part.width)
			fmt.Fprintln(b, begin)
			rest = "    " + strings.TrimPrefix(rest, begin)
		}
		fmt.Fprintln(b, rest)
		name = ""
	}
	fmt.Fprintf(b, "%s%s", name, strings.Repeat(" ", part.name-text.StringWidth(name)))
}

// serverOf is the server that a route's id begins with; empty where several
// have its name and the id holds more to tell them apart.
func serverOf(route result.Route) string {
	rest, ok := strings.CutPrefix(route.ID, route.Server)
	if !ok || route.Server == "" || !strings.HasPrefix(rest, "/") && !strings.HasPrefix(rest, " ") {
		return ""
	}
	return route.Server
}

// rowName is a route's id without the server above it.
func rowName(route result.Route) string {
	if server := serverOf(route); server != "" {
		return "  " + clean(strings.TrimPrefix(strings.TrimPrefix(route.ID, server), " "))
	}
	return clean(route.ID)
}
