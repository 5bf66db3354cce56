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
}

// Counts are the numbers of outcomes.
type Counts struct {
	Pass int `json:"pass"`
	Fail int `json:"fail"`
	Skip int `json:"skip"`
	// NotRun counts the scenarios that an aborted run did not finish.
	NotRun int `json:"not_run"`
}

// Count counts the outcomes of a run.
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
}

// results are the results in the order of the scenarios. A scenario without a
// verdict appears as a skip, so that no report loses it.
func (r Run) results() []result {
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
		out = append(out, result{scenario: s, verdict: v, record: records[s.Name], notRun: !done})
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

// plural writes "1 scenario", "2 scenarios".
func plural(n int, one string) string {
	if n == 1 {
		return "1 " + one
	}
	return strconv.Itoa(n) + " " + one + "s"
}
