package checks

import (
	"encoding/json"
	"io"

	"badgateway/harness/check/result"
)

// WriteJSON prints a report as badgateway.check/v1; its lists are never null.
func WriteJSON(w io.Writer, r result.Report) error {
	r.Inputs, r.Supplied = list(r.Inputs), list(r.Supplied)
	r.Routes, r.Cells, r.Findings = list(r.Routes), list(r.Cells), list(r.Findings)
	e := json.NewEncoder(w)
	e.SetEscapeHTML(false)
	e.SetIndent("", "  ")
	return e.Encode(r)
}

func list[T any](of []T) []T {
	if of == nil {
		return []T{}
	}
	return of
}
