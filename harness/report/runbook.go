package report

import (
	"slices"
	"strings"
	"time"

	"github.com/aymanbagabas/go-udiff"

	"badgateway/harness"
	"badgateway/harness/nginx"
)

// runbook is what [WriteHTML] and [WriteMarkdown] print: a run, told scenario by
// scenario. It holds text that is safe to show and no markup.
type runbook struct {
	Nginx, Driver string
	Started       string // "2026-11-20 03:00 UTC"
	Seconds       string
	Seed          int64
	Aborted       string // why the run ended early; empty when it did not
	Counts        Counts
	Total         int
	Families      []chapter
	Statements    []statement
}

// chapter is one family of scenarios.
type chapter struct {
	Name    string
	Entries []entry
}

// entry is one scenario.
type entry struct {
	Name, Title, Step, Cause, Why string
	// Outcome is pass, fail, skip or "not run"; Reasons say why it is no pass.
	Outcome string
	Reasons []string
	// Seen says whether Client and Errors are what this run showed; otherwise
	// they are what the scenario declares.
	Seen   bool
	Client []answers
	Errors []errorLine
	// Meanwhile is what requests see that are made before a change under traffic
	// is over; empty: nothing is lost.
	Meanwhile string
	// Break says in words what went wrong; BreakDiff is the configuration that
	// was deployed, if one was.
	Break     []string
	BreakDiff []diffLine
	FixTitle  string
	FixDiff   []diffLine // empty: nginx.conf stays
	FixSteps  []change   // what is done under traffic
	// Queries are the questions to the DNS server, per phase.
	Queries   []string
	Verified  string // empty: nothing was verified
	Traps     []trap
	Looks     []look
	Claims    []harness.Claim
	Versions  []string // "1.22.1 pass"
	Bounds    string   // "nginx 1.19.0 and later"; empty: every version
	Reproduce string
	Picture   picture
}

// answers are equal answers to one method.
type answers struct {
	Method, Outcome, Time string
	Times                 int
	OK                    bool
}

// errorLine is one signature with its line.
type errorLine struct{ Name, Meaning, Line string }

// diffLine is one line of a unified diff. Kind is "add", "del", "hunk" or "".
type diffLine struct{ Kind, Text string }

// trap is a half remedy.
type trap struct {
	Title, Shows string
	Diff         []diffLine
}

// look is a command of the runbook with what it printed, or must print.
type look struct{ Claim, Command, Broken, Fixed string }

// newRunbook tells a run.
func newRunbook(r Run) runbook {
	all := r.results()
	b := runbook{
		Nginx: Clean(r.nginxNames()), Driver: Clean(r.drivers()), Seed: r.Seed, Aborted: Clean(r.Aborted),
		Seconds: seconds(r.Wall.Seconds()), Counts: r.Count(), Total: len(all), Statements: statements(r.Scenarios, all),
	}
	if !r.Started.IsZero() {
		b.Started = r.Started.UTC().Format("2006-01-02 15:04 UTC")
	}
	for _, s := range r.Scenarios {
		family := s.Family()
		i := slices.IndexFunc(b.Families, func(c chapter) bool { return c.Name == family })
		if i < 0 {
			i = len(b.Families)
			b.Families = append(b.Families, chapter{Name: family})
		}
		b.Families[i].Entries = append(b.Families[i].Entries, newEntry(of(all, s.Name)))
	}
	return b
}

// of are the results of one scenario, one per build.
func of(all []result, name string) []result {
	var some []result
	for _, res := range all {
		if res.scenario.Name == name {
			some = append(some, res)
		}
	}
	return some
}

// telling is the result that a section is written from: a failure before a
// pass, and a pass before what was not run.
func telling(results []result) result {
	for _, outcome := range []string{harness.Fail, harness.Pass} {
		if i := slices.IndexFunc(results, func(r result) bool { return r.outcome() == outcome }); i >= 0 {
			return results[i]
		}
	}
	return results[0]
}

// outcome is that of the verdict, or "not run".
func (r result) outcome() string {
	if r.notRun {
		return "not run"
	}
	return r.verdict.Outcome
}

func newEntry(results []result) entry {
	res := telling(results)
	s := res.scenario
	e := entry{
		Name: s.Name, Title: strings.TrimSuffix(sentence(s.Title), "."), Step: s.Step, Cause: sentence(s.Cause), Why: sentence(s.Why),
		Outcome: res.outcome(), Break: breakText(s.Break), BreakDiff: confDiff("healthy", s.Conf, "broken", s.Break.Conf),
		FixTitle: sentence(s.Fix.Title), FixDiff: confDiff("broken", before(s), "fixed", s.Fix.Conf),
		FixSteps: newChanges(s), Meanwhile: meanwhileText(s.Symptom),
		Claims: s.Claims, Bounds: bounds(s), Reproduce: res.part.reproduce(s.Name), Versions: versions(results),
	}
	if e.Outcome != harness.Pass {
		for _, reason := range reasons(res.verdict) {
			e.Reasons = append(e.Reasons, Clean(reason))
		}
	}
	for i, t := range s.Fix.Traps {
		e.Traps = append(e.Traps, newTrap(t, before(s), i, res.record))
	}
	broken, fixed := stepOf(res.record, harness.Broken), stepOf(res.record, harness.Fixed)
	for i, l := range s.Looks {
		e.Looks = append(e.Looks, look{l.Claim, Clean(l.Command), looked(broken, i, l.Broken), looked(fixed, i, l.Fixed)})
	}
	e.Seen = len(broken.Responses) > 0 || res.verdict.Symptom != nil
	e.Client = clientSaw(s, broken, res.verdict.Symptom)
	e.Errors = errorLines(s.Symptom.Log, broken, res.verdict.Symptom)
	e.Queries = queries(res.record)
	e.Verified = verified(fixed, res.verdict.Verify)
	if again := recoveredText(res.record); again != "" {
		e.Verified += "; " + again
	}
	if res.record != nil {
		e.Picture = newPicture(res.record)
	}
	return e
}

// verified is what proved the fix, with the slowest answer.
func verified(step harness.Step, seen *harness.Seen) string {
	if len(step.Responses) == 0 && seen == nil {
		return ""
	}
	text := verifiedText(seen)
	if len(step.Responses) > 0 {
		text = stepText(step)
	}
	if seen != nil && seen.TotalMS > 0 {
		text += "; slowest " + span(time.Duration(seen.TotalMS*float64(time.Millisecond)))
	}
	return text
}

// before is the configuration that the fix meets.
func before(s harness.Scenario) string {
	if s.Break.Conf != "" {
		return s.Break.Conf
	}
	return s.Conf
}

// confDiff is the unified diff of nginx.conf; nil when the second is not
// deployed or is the same.
func confDiff(from, old, to, text string) []diffLine {
	if text == "" || text == old {
		return nil
	}
	var lines []diffLine
	unified := udiff.Unified("nginx.conf ("+from+")", "nginx.conf ("+to+")", old, text)
	for line := range strings.Lines(unified) {
		line = strings.TrimSuffix(line, "\n")
		kind := ""
		switch {
		case strings.HasPrefix(line, "--- "), strings.HasPrefix(line, "+++ "), strings.HasPrefix(line, "@@"), strings.HasPrefix(line, `\`):
			kind = "hunk"
		case strings.HasPrefix(line, "+"):
			kind = "add"
		case strings.HasPrefix(line, "-"):
			kind = "del"
		}
		lines = append(lines, diffLine{kind, strings.ReplaceAll(line, "\t", "    ")})
	}
	return lines
}

// stepOf is the last step of a phase, zero when there was none.
func stepOf(r *harness.Record, p harness.Phase) harness.Step {
	if r == nil {
		return harness.Step{}
	}
	for _, step := range slices.Backward(r.Steps) {
		if step.Phase == p {
			return step
		}
	}
	return harness.Step{}
}

// clientSaw are the answers of the broken step, equal ones together; without a
// record what the verdict keeps of them, without that what is declared.
func clientSaw(s harness.Scenario, step harness.Step, seen *harness.Seen) []answers {
	var all []answers
	longest := map[int]time.Duration{}
	for _, r := range step.Responses {
		method := r.Method
		if method == "" {
			method = "GET"
		}
		i := slices.IndexFunc(all, func(a answers) bool { return a.Method == method && a.Outcome == outcomeText(r.Outcome) })
		if i < 0 {
			i = len(all)
			all = append(all, answers{Method: method, Outcome: outcomeText(r.Outcome), OK: r.Outcome.Served()})
		}
		all[i].Times++
		if longest[i] = max(longest[i], r.Total); longest[i] > 0 {
			all[i].Time = span(longest[i])
		}
	}
	if len(all) > 0 {
		return all
	}
	for _, method := range methods(s) {
		outcome := s.Symptom.Client
		if other, ok := s.Symptom.PerMethod[method]; ok {
			outcome = other
		} else if seen != nil {
			outcome = seen.Client
		}
		all = append(all, answers{Method: method, Outcome: outcomeText(outcome), OK: outcome.Served()})
	}
	return all
}

// errorLines are the symptom's signatures, each with the first line that bore
// it.
func errorLines(signatures []nginx.Signature, step harness.Step, seen *harness.Seen) []errorLine {
	var all []errorLine
	for i, sig := range signatures {
		e := errorLine{Name: sig.Name, Meaning: Clean(sig.Meaning)}
		if j := slices.IndexFunc(step.Log, sig.Match); j >= 0 {
			e.Line = Clean(step.Log[j].Raw)
		} else if i == 0 && seen != nil {
			e.Line = Clean(seen.Line)
		}
		all = append(all, e)
	}
	return all
}
