package checks

import (
	_ "embed"
	"io"
	"strings"
	"text/template"

	"badgateway/harness"
	"badgateway/harness/check/result"
)

//go:embed assets/check.md.tmpl
var markdownText string

var markdown = template.Must(template.New("check").Funcs(template.FuncMap{
	"cell": mdCell, "code": mdCode, "where": where, "words": cellWords, "brief": result.Brief, "plural": harness.Plural, "clean": clean, "lines": lines, "breaches": breaches,
	"join": strings.Join, "count": count, "grid": gridOf, "supplied": supplied, "partial": partial, "about": aboutCause,
}).Parse(markdownText))

// WriteMarkdown prints a report for a code host: a step summary or a comment.
func WriteMarkdown(w io.Writer, r result.Report) error { return markdown.Execute(w, r) }

// mdCell makes foreign text safe in a table's cell of GitHub's Markdown.
func mdCell(s string) string {
	return strings.NewReplacer("\\", "\\\\", "|", "\\|", "*", "\\*", "_", "\\_", "`", "\\`", "<", "&lt;", ">", "&gt;", "[", "\\[", "]", "\\]").Replace(clean(s))
}

// mdCode is a code span outside a table, where a bar ends nothing.
func mdCode(s string) string {
	s = clean(s)
	fence := "`"
	for strings.Contains(s, fence) {
		fence += "`"
	}
	if strings.HasPrefix(s, "`") || strings.HasSuffix(s, "`") {
		s = " " + s + " "
	}
	return fence + s + fence
}

// Words is a mark in a table's cell.
func (m mark) Words() string {
	switch m.grade {
	case served:
		return "✅"
	case broken:
		return "🔴 " + m.text
	case late, refused:
		return "🟡 " + m.text
	}
	return m.text
}

// Routes, Faults and Row are for the template.
func (g grid) Routes() []result.Route { return g.routes }

// Faults are the columns.
func (g grid) Faults() []string { return g.faults }

// Row is a fault's marks over a route's methods, "-" where it does not apply.
func (g grid) Row(route, fault string) string {
	var parts []string
	for _, method := range g.methods(route) {
		if m := g.at(route, fault, method); m != marks["none"] {
			parts = append(parts, m.Words())
		}
	}
	if len(parts) == 0 {
		return "-"
	}
	if len(parts) == 2 && parts[0] == parts[1] {
		return parts[0]
	}
	return strings.Join(parts, " / ")
}
