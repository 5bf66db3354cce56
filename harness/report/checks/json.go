package checks

import (
	"io"

	"badgateway/harness/check/result"
	"badgateway/harness/report"
)

// WriteJSON prints a report as badgateway.check/v1; its lists are never null.
func WriteJSON(w io.Writer, r result.Report) error {
	r.Inputs, r.Supplied = list(r.Inputs), list(r.Supplied)
	r.Routes, r.Cells, r.Findings = list(r.Routes), list(r.Cells), list(r.Findings)
	return report.WriteJSON(w, r)
}

func list[T any](of []T) []T {
	if of == nil {
		return []T{}
	}
	return of
}
