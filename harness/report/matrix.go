package report

import (
	"io"
	"slices"
	"strings"

	"badgateway/harness"
	"badgateway/harness/nginx"
)

// WriteMatrix prints a run on several builds as one row per scenario and one
// column per build: pass, FAIL, skip, or a dash for what an aborted run did not
// reach; what it reached on no build is left to [WriteSummary]'s counts. Why something was skipped or failed stands behind its row, on a narrow
// terminal below it; equal reasons of several builds are said once.
func WriteMatrix(w io.Writer, s Screen, r Run) error {
	head := append([]string{"SCENARIO"}, r.columns()...)
	rows, notes := r.matrix(s)
	if len(rows) == 0 {
		return nil
	}
	if s.Terminal() && s.Width < roomy {
		return writeNoted(w, s, head, rows, notes)
	}
	if strings.Join(notes, "") != "" {
		head = append(head, "WHY")
		for i := range rows {
			rows[i] = append(rows[i], notes[i])
		}
	}
	return writeGrid(w, s, head, rows)
}

// columns are the titles of the builds: the version where it tells them apart,
// else what they were asked for by.
func (r Run) columns() []string {
	var titles []string
	for _, part := range r.Parts() {
		title := part.Nginx.Version
		if title == "" || slices.Contains(titles, title) {
			title = part.nginxSpec()
		}
		titles = append(titles, title)
	}
	return titles
}

// matrix are the rows, and for each what is to be said about it.
func (r Run) matrix(s Screen) (rows [][]string, notes []string) {
	columns := make([][]result, 0, len(r.Builds))
	for _, part := range r.Parts() {
		columns = append(columns, part.ofBuild())
	}
	for i, scenario := range r.Scenarios {
		row := []string{scenario.Name}
		var of []result
		for _, column := range columns {
			row = append(row, cellText(s, column[i]))
			of = append(of, column[i])
		}
		if !slices.ContainsFunc(of, func(res result) bool { return !res.notRun }) {
			continue
		}
		rows = append(rows, row)
		notes = append(notes, whyText(r.columns(), of))
	}
	return rows, notes
}

func cellText(s Screen, res result) string {
	switch {
	case res.notRun:
		return "-"
	case res.verdict.Outcome == harness.Pass:
		return s.green("pass")
	case res.verdict.Outcome == harness.Skip:
		return s.yellow("skip")
	}
	return s.red("FAIL")
}

// whyText says why builds did not pass: "1.18.0, 1.22.1: it behaves so since
// 1.25.1; 1.30.6: symptom: ...".
func whyText(titles []string, of []result) string {
	var reasons []string
	builds := map[string][]string{}
	for i, res := range of {
		if res.verdict.Outcome == harness.Pass || res.notRun {
			continue
		}
		reason := Clean(strings.TrimPrefix(res.verdict.Reason, "nginx "+res.part.Nginx.Version+": "))
		if builds[reason] == nil {
			reasons = append(reasons, reason)
		}
		builds[reason] = append(builds[reason], titles[i])
	}
	for i, reason := range reasons {
		on := strings.Join(builds[reason], ", ")
		if len(builds[reason]) == len(titles) {
			on = "every build"
		}
		reasons[i] = on + ": " + reason
	}
	return strings.Join(reasons, "; ")
}

// Lacking names the scenarios that were skipped for what this machine or build
// lacks, with the reason: all skips but those that Since and Until declare.
func (r Run) Lacking() []string {
	var all []string
	for _, res := range r.results() {
		if res.verdict.Outcome == harness.Skip && !res.notRun && !res.declared() {
			all = append(all, res.scenario.Name+res.on+": "+Clean(res.verdict.Reason))
		}
	}
	return all
}

// declared reports whether the scenario says of itself that this version
// behaves differently.
func (res result) declared() bool {
	version, err := nginx.ParseVersion(res.part.Nginx.Version)
	if err != nil {
		return false // unknown: nothing excuses the skip
	}
	fits, err := version.Within(res.scenario.Since, res.scenario.Until)
	return err == nil && !fits
}
