package report

import (
	"io"
	"slices"
	"strings"
	"text/template"

	"badgateway/harness"
)

var catalogueTable = template.Must(template.New("catalogue").Funcs(markdownWords).Parse(catalogueText))

// catalogueFamily is one table of [WriteCatalogue].
type catalogueFamily struct {
	Name string
	Rows []catalogueRow
}

// catalogueRow is one scenario; its cells are plain text.
type catalogueRow struct{ Name, Title, Symptom, Fix, Claims string }

// WriteCatalogue prints the catalogue as Markdown, a table per family: what
// scenarios/README.md is.
func WriteCatalogue(w io.Writer, all []harness.Scenario) error {
	var families []catalogueFamily
	for _, s := range all {
		i := slices.IndexFunc(families, func(f catalogueFamily) bool { return f.Name == s.Family() })
		if i < 0 {
			i = len(families)
			families = append(families, catalogueFamily{Name: s.Family()})
		}
		title := Clean(s.Title)
		if b := bounds(s); b != "" {
			title += " (" + b + ")"
		}
		families[i].Rows = append(families[i].Rows, catalogueRow{
			Name: s.Name, Title: title, Symptom: Clean(expectedText(s.Symptom)), Fix: Clean(s.Fix.Title), Claims: ruled(s.Claims),
		})
	}
	return catalogueTable.Execute(w, struct {
		Total    int
		Families []catalogueFamily
	}{len(all), families})
}

// ruled are the ids of claims; a ruling is named where it is not that they are
// confirmed.
func ruled(claims []harness.Claim) string {
	var all []string
	for _, c := range claims {
		id := c.ID
		if c.Ruling != harness.Confirmed {
			id += " " + string(c.Ruling)
		}
		all = append(all, id)
	}
	return strings.Join(all, ", ")
}
