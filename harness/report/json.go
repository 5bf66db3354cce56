package report

import (
	"io"
	"time"

	"badgateway/harness"
	"badgateway/harness/nginx"
)

// RunSchema names the format of [WriteRunJSON].
const RunSchema = "badgateway.run/v1"

// runJSON is badgateway.run/v1. Fields are only ever added. A run on several
// builds has "builds" in place of "build", and results tell their build.
type runJSON struct {
	Schema string `json:"schema"`
	// Nginx is the version, "1.22.1", of several builds "1.22.1, 1.30.6"; Build
	// is where it came from.
	Nginx  string       `json:"nginx"`
	Build  *nginx.Build `json:"build,omitempty"`
	Builds []buildJSON  `json:"builds,omitempty"`
	// Driver is "native" or "docker", of several builds on both "native, docker".
	Driver string `json:"driver"`
	Seed   int64  `json:"seed"`
	// Aborted says that the run did not reach its end and AbortReason why;
	// scenarios without a verdict are listed as skipped.
	Aborted     bool         `json:"aborted"`
	AbortReason string       `json:"abort_reason,omitempty"`
	Started     time.Time    `json:"started"`
	Seconds     float64      `json:"seconds"`
	Counts      Counts       `json:"counts"`
	Results     []resultJSON `json:"results"`
}

// buildJSON is one build of several.
type buildJSON struct {
	nginx.Build        // spec names it in the results
	Driver      string `json:"driver"`
	Counts      Counts `json:"counts"`
}

// resultJSON is one scenario on one build. Nginx (the version) and Build (the
// spec, as in builds) are there in a run on several builds.
type resultJSON struct {
	Name    string        `json:"name"`
	Nginx   string        `json:"nginx,omitempty"`
	Build   string        `json:"build,omitempty"`
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
		Schema: RunSchema, Nginx: r.nginxVersions(), Driver: r.drivers(), Seed: r.Seed,
		Aborted: r.Aborted != "", AbortReason: r.Aborted,
		Started: r.Started, Seconds: r.Wall.Seconds(), Counts: r.Count(),
		Results: []resultJSON{},
	}
	if len(r.Builds) == 0 {
		out.Build = &r.Nginx
	} else {
		for _, part := range r.Parts() {
			out.Builds = append(out.Builds, buildJSON{part.Nginx, part.Driver, part.Count()})
		}
	}
	for _, res := range r.results() {
		v := res.verdict
		j := resultJSON{
			Name: v.Name, Title: res.scenario.Title, Outcome: v.Outcome, Reason: v.Reason, Reasons: reasons(v),
			Symptom: v.Symptom, Verify: v.Verify, Seconds: v.Seconds,
		}
		if len(r.Builds) > 0 {
			j.Nginx, j.Build = res.part.Nginx.Version, res.part.nginxSpec()
		}
		if v.Outcome == harness.Fail {
			j.Reproduce = res.part.reproduce(v.Name)
		}
		out.Results = append(out.Results, j)
	}
	return WriteJSON(w, out)
}
