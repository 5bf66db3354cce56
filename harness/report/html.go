package report

import (
	"bytes"
	_ "embed"
	"fmt"
	"html/template"
	"io"
	"net/url"
	"strings"

	"badgateway/harness"
)

// The page's parts. They are put into the page itself: it asks nothing of any
// network and can be sent as one file.
var (
	//go:embed assets/runbook.html
	pageText string
	//go:embed assets/runbook.css
	pageStyle string
	//go:embed assets/runbook.js
	pageScript string
)

var page = template.Must(template.New("runbook").Funcs(template.FuncMap{
	"svg":    picture.svg,
	"plural": harness.Plural,
	"join":   strings.Join,
	"link":   link,
	"slug":   func(r harness.Ruling) string { return strings.ReplaceAll(string(r), " ", "-") },
	"style":  func() template.CSS { return template.CSS(pageStyle) },
	"script": func() template.JS { return template.JS(pageScript) },
}).Parse(pageText))

// WriteHTML prints a run as a runbook: one page for a browser, complete in
// itself, with a search box, a table of contents and a link per scenario
// (#FAMILY/NAME).
func WriteHTML(w io.Writer, r Run) error {
	var b bytes.Buffer
	if err := page.Execute(&b, newRunbook(r)); err != nil {
		return fmt.Errorf("print page: %w", err)
	}
	_, err := w.Write(b.Bytes())
	return err
}

// link leads to an id of the page; the slash of a name stays as it is, so that
// the address can be read and typed.
func link(id string) template.URL {
	return template.URL((&url.URL{Fragment: id}).String())
}
