package report

import (
	"fmt"
	"strconv"
	"strings"
	"time"

	"badgateway/harness"
	"badgateway/harness/nginx"
)

// Run is everything that the reports of one run are made from.
type Run struct {
	// Nginx, Driver, Verdicts and Records belong to one build. Of a run on
	// several builds they are empty, and each element of Builds has its own.
	Nginx  nginx.Build
	Driver string // "native" or "docker"
	Seed   int64
	// Parallel is how many scenarios ran at a time.
	Parallel int
	// Keep is the directory of the artefacts; empty when none are kept.
	Keep string
	// Started is when the run began.
	Started time.Time
	// Aborted says what ended the run early, "interrupted (SIGINT)"; empty
	// when it ran to its end.
	Aborted string
	// Scenarios are those that were to run.
	Scenarios []harness.Scenario
	// Verdicts holds one verdict per scenario that finished, in any order.
	Verdicts []harness.Verdict
	// Records are what the runs observed; reports do without where one is missing.
	Records []*harness.Record
	// Wall is how long the whole run took.
	Wall time.Duration
	// Builds are the parts of a run on several builds, in the order they were
	// asked for; empty for one build. See [Run.Parts].
	Builds []Part
}

// Part is what belongs to one build of a run on several.
type Part struct {
	Nginx    nginx.Build
	Driver   string
	Keep     string // where its artefacts are
	Verdicts []harness.Verdict
	Records  []*harness.Record
}

// Parts are the runs on the single builds: r itself when there was one. What
// the builds share (scenarios, seed, start, wall time, abort) is in each.
func (r Run) Parts() []Run {
	if len(r.Builds) == 0 {
		return []Run{r}
	}
	parts := make([]Run, len(r.Builds))
	for i, b := range r.Builds {
		parts[i] = r
		parts[i].Builds = nil
		parts[i].Nginx, parts[i].Driver, parts[i].Keep = b.Nginx, b.Driver, b.Keep
		parts[i].Verdicts, parts[i].Records = b.Verdicts, b.Records
	}
	return parts
}

// Counts are the numbers of outcomes.
type Counts struct {
	Pass int `json:"pass"`
	Fail int `json:"fail"`
	Skip int `json:"skip"`
	// NotRun counts the scenarios that an aborted run did not finish.
	NotRun int `json:"not_run"`
}

// Count counts the outcomes of a run, on all its builds.
func (r Run) Count() Counts {
	var c Counts
	for _, res := range r.results() {
		switch {
		case res.notRun:
			c.NotRun++
		case res.verdict.Outcome == harness.Pass:
			c.Pass++
		case res.verdict.Outcome == harness.Skip:
			c.Skip++
		default:
			c.Fail++
		}
	}
	return c
}

// result joins what is known about one scenario of a run.
type result struct {
	scenario harness.Scenario
	verdict  harness.Verdict
	record   *harness.Record // may be nil
	notRun   bool            // the run was aborted before it had a verdict
	part     Run             // the run on one build that it belongs to
	on       string          // " on debian:forky" in a run on several builds
}

// results are the results build after build, each in the order of the
// scenarios. A scenario without a verdict appears as a skip, so that no report
// loses it.
func (r Run) results() []result {
	var out []result
	for _, part := range r.Parts() {
		of := part.ofBuild()
		if len(r.Builds) > 0 {
			for i := range of {
				of[i].on = " on " + part.nginxSpec()
			}
		}
		out = append(out, of...)
	}
	return out
}

// ofBuild are the results of a run on one build.
func (r Run) ofBuild() []result {
	verdicts := make(map[string]harness.Verdict, len(r.Verdicts))
	for _, v := range r.Verdicts {
		verdicts[v.Name] = v
	}
	records := make(map[string]*harness.Record, len(r.Records))
	for _, rec := range r.Records {
		if rec != nil {
			records[rec.Scenario] = rec
		}
	}
	out := make([]result, 0, len(r.Scenarios))
	for _, s := range r.Scenarios {
		v, done := verdicts[s.Name]
		done = done && !r.cutShort(v)
		if v.Name == "" {
			v = harness.Verdict{Name: s.Name, Outcome: harness.Skip, Reason: r.whyNotRun()}
		}
		out = append(out, result{scenario: s, verdict: v, record: records[s.Name], notRun: !done, part: r})
	}
	return out
}

// cutShort reports whether a verdict is only that the run was aborted before
// the scenario's end: harness.Run and harness.RunAll skip it with these words.
func (r Run) cutShort(v harness.Verdict) bool {
	return r.Aborted != "" && v.Outcome == harness.Skip &&
		(strings.HasPrefix(v.Reason, "interrupted: ") || strings.HasPrefix(v.Reason, "not run: "))
}

func (r Run) whyNotRun() string {
	if r.Aborted == "" {
		return "not run"
	}
	return "not run: " + r.Aborted
}

// nginxSpec is what the user would give --nginx to get the same build.
func (r Run) nginxSpec() string {
	if r.Nginx.Spec != "" {
		return r.Nginx.Spec
	}
	return r.Nginx.Binary
}

// nginxName is the build for a person: "nginx 1.22.1 (debian:bookworm)".
func (r Run) nginxName() string {
	name := "nginx"
	if r.Nginx.Version != "" {
		name += " " + r.Nginx.Version
	}
	if spec := r.nginxSpec(); spec != "" && spec != "nginx" {
		name += " (" + spec + ")"
	}
	return name
}

// reproduce is the one command that runs a scenario again and holds it.
func (r Run) reproduce(name string) string {
	var b strings.Builder
	b.WriteString("badgateway run " + quote(name))
	if spec := r.nginxSpec(); spec != "" {
		b.WriteString(" --nginx " + quote(spec))
	}
	if r.Driver != "" {
		b.WriteString(" --driver " + r.Driver)
	}
	b.WriteString(" --seed " + strconv.FormatInt(r.Seed, 10) + " --hold")
	return b.String()
}

// quote makes s one word of a POSIX shell.
func quote(s string) string {
	special := func(c rune) bool {
		return !(c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c >= '0' && c <= '9' || strings.ContainsRune("_-./:@%+=,", c))
	}
	if s != "" && strings.IndexFunc(s, special) < 0 {
		return s
	}
	return "'" + strings.ReplaceAll(s, "'", `'\''`) + "'"
}

// Quote joins a command's words so that a POSIX shell reads them back.
func Quote(args ...string) string {
	words := make([]string, len(args))
	for i, a := range args {
		words[i] = quote(a)
	}
	return strings.Join(words, " ")
}

// seconds writes a duration in seconds as a person reads it: "0.12s", "75s".
func seconds(s float64) string {
	switch {
	case s < 10:
		return fmt.Sprintf("%.2fs", s)
	case s < 100:
		return fmt.Sprintf("%.1fs", s)
	default:
		return fmt.Sprintf("%.0fs", s)
	}
}
