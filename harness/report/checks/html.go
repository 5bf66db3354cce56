package checks

import (
	"bytes"
	_ "embed"
	"fmt"
	"html/template"
	"io"
	"strconv"
	"strings"

	"badgateway/harness"
	"badgateway/harness/check/result"
)

// The page's parts. They are put into the page itself: it asks nothing of any
// network and can be sent as one file.
var (
	//go:embed assets/check.html
	pageText string
	//go:embed assets/check.css
	pageStyle string
	//go:embed assets/check.js
	pageScript string
)

var page = template.Must(template.New("check").Funcs(template.FuncMap{
	"plural": harness.Plural, "where": where, "words": cellWords, "brief": result.Brief, "join": strings.Join, "clean": clean, "lines": lines, "partial": partial, "about": aboutCause,
	"style":  func() template.CSS { return template.CSS(pageStyle) },
	"script": func() template.JS { return template.JS(pageScript) },
}).Parse(pageText))

// sheet is a report as the page shows it.
type sheet struct {
	result.Report
	Count    counts
	Title    string
	Breaches []breach
	Faults   []string
	Legend   []mark
	Rows     []sheetRoute
	Lost     []result.Route

	anchors map[string]string // by a cell's id
}

// Anchor is where a cell's row is in the page; empty when it is not there.
func (s sheet) Anchor(cell string) string { return s.anchors[cell] }

// sheetRoute is one row of the heat-map with the cells behind it.
type sheetRoute struct {
	result.Route
	Anchor string
	Heat   [][]sheetCell // by fault; one cell per method
	Cells  []sheetCell
}

// sheetCell is one cell with its mark.
type sheetCell struct {
	result.Cell
	Anchor string
	Glyph  string
	Text   string
	Shade  string
}

// shadeNames are the page's classes for the grades.
var shadeNames = map[grade]string{silent: "silent", served: "served", refused: "refused", late: "late", broken: "broken"}

func newSheet(r result.Report) sheet {
	g := gridOf(r)
	s := sheet{Report: r, Count: count(r), Title: "nginx under faults", Breaches: breaches(r), Faults: g.faults, anchors: map[string]string{}}
	if len(r.Inputs) > 0 {
		s.Title = r.Inputs[0].Path + " under faults"
	}
	for _, name := range order {
		s.Legend = append(s.Legend, marks[name])
	}
	for i, route := range g.routes {
		row := g.sheetRoute(i+1, route)
		for _, c := range row.Cells {
			s.anchors[c.ID] = c.Anchor
		}
		s.Rows = append(s.Rows, row)
	}
	for _, route := range r.Routes {
		if !route.Reached {
			s.Lost = append(s.Lost, route)
		}
	}
	return s
}

func (g grid) sheetRoute(number int, route result.Route) sheetRoute {
	row := sheetRoute{Route: route, Anchor: "route-" + strconv.Itoa(number)}
	for _, fault := range g.faults {
		var heat []sheetCell
		for _, method := range g.methods(route.ID) {
			l, ok := g.cells[route.ID+"|"+fault+"|"+method]
			if !ok {
				continue
			}
			m := markOf(l)
			c := sheetCell{Cell: l, Anchor: row.Anchor + "-" + fault + "-" + method, Glyph: m.glyph, Text: m.text, Shade: shadeNames[m.grade]}
			heat, row.Cells = append(heat, c), append(row.Cells, c)
		}
		row.Heat = append(row.Heat, heat)
	}
	return row
}

// Shade is the page's class of a mark.
func (m mark) Shade() string { return shadeNames[m.grade] }

// Glyph and Text are a mark's parts, for the legend.
func (m mark) Glyph() string { return m.glyph }

// Text is what a mark means.
func (m mark) Text() string { return m.text }

// WriteHTML prints a report as one page for a browser, complete in itself: the
// heat-map, each cell behind it, findings or differences, what was supplied.
func WriteHTML(w io.Writer, r result.Report) error {
	var b bytes.Buffer
	if err := page.Execute(&b, newSheet(r)); err != nil {
		return fmt.Errorf("print page: %w", err)
	}
	_, err := w.Write(b.Bytes())
	return err
}
