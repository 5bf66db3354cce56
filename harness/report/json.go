package report

import (
	"io"
	"time"

	"badgateway/harness"
	"badgateway/harness/nginx"
)

// RunSchema names the format of [WriteRunJSON].
const RunSchema = "badgateway.run/v1"

// runJSON is badgateway.run/v1. Fields are only ever added.
type runJSON struct {
	Schema string `json:"schema"`
	// Nginx is the version, "1.22.1"; Build is where it came from.
	Nginx  string      `json:"nginx"`
	Build  nginx.Build `json:"build"`
	Driver string      `json:"driver"`
	Seed   int64       `json:"seed"`
	// Aborted says that the run did not reach its end and AbortReason why;
	// scenarios without a verdict are listed as skipped.
	Aborted     bool         `json:"aborted"`
	AbortReason string       `json:"abort_reason,omitempty"`
	Started     time.Time    `json:"started"`
	Seconds     float64      `json:"seconds"`
	Counts      Counts       `json:"counts"`
	Results     []resultJSON `json:"results"`
}

type resultJSON struct {
	Name    string        `json:"name"`
	Title   string        `json:"title"`
	Outcome string        `json:"outcome"` // pass, fail or skip
	Reason  string        `json:"reason"`  // empty for a pass
	Reasons []string      `json:"reasons"` // all of them, Reason first
	Symptom *harness.Seen `json:"symptom"` // null when the run did not get so far
	Verify  *harness.Seen `json:"verify"`
	Seconds float64       `json:"seconds"`
	// Reproduce is the command that runs a failed scenario again and holds it.
	Reproduce string `json:"reproduce,omitempty"`
}

// WriteRunJSON prints a run as badgateway.run/v1.
func WriteRunJSON(w io.Writer, r Run) error {
	out := runJSON{
		Schema: RunSchema, Nginx: r.Nginx.Version, Build: r.Nginx, Driver: r.Driver, Seed: r.Seed,
		Aborted: r.Aborted != "", AbortReason: r.Aborted,
		Started: r.Started, Seconds: r.Wall.Seconds(), Counts: r.Count(),
		Results: []resultJSON{},
	}
	for _, res := range r.results() {
		v := res.verdict
		j := resultJSON{
			Name: v.Name, Title: res.scenario.Title, Outcome: v.Outcome, Reason: v.Reason, Reasons: reasons(v),
			Symptom: v.Symptom, Verify: v.Verify, Seconds: v.Seconds,
		}
		if v.Outcome == harness.Fail {
			j.Reproduce = r.reproduce(v.Name)
		}
		out.Results = append(out.Results, j)
	}
	return writeJSON(w, out)
}
