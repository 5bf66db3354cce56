package report_test

import (
	"encoding/json"
	"encoding/xml"
	"io"
	"testing"

	"github.com/jstemmer/go-junit-report/v2/junit"
	"github.com/stretchr/testify/require"

	"badgateway/harness"
	"badgateway/harness/report"
)

func TestRunJSON(t *testing.T) {
	golden(t, "run.json", render(t, func(w io.Writer) error { return report.WriteRunJSON(w, sample()) }))
	got := render(t, func(w io.Writer) error { return report.WriteRunJSON(w, aborted()) })
	golden(t, "run-aborted.json", got)

	var out struct {
		Schema  string
		Aborted bool
		Results []struct{ Name, Outcome, Reason string }
	}
	require.NoError(t, json.Unmarshal(got, &out))
	require.Equal(t, "badgateway.run/v1", out.Schema)
	require.True(t, out.Aborted)
	require.Len(t, out.Results, 3, "a scenario that was not reached is not lost")
	require.Equal(t, harness.Skip, out.Results[2].Outcome)
	require.Contains(t, out.Results[2].Reason, "SIGINT")
}

// Without scenarios and with a reason only, reports are still well-formed.
func TestEmptyRun(t *testing.T) {
	r := report.Run{Aborted: "no nginx"}
	require.Contains(t, string(render(t, func(w io.Writer) error { return report.WriteRunJSON(w, r) })), `"results": []`)
	got := render(t, func(w io.Writer) error { return report.WriteJUnit(w, r) })
	var suites junit.Testsuites
	require.NoError(t, xml.Unmarshal(got, &suites))
	require.Equal(t, 1, suites.Errors)
}

// What the harness cancelled in its midst is not run, whatever its verdict.
func TestInterruptedCountsAsNotRun(t *testing.T) {
	r := aborted()
	r.Verdicts = append(r.Verdicts,
		harness.Verdict{Name: "timeout/slow-answer", Outcome: harness.Skip, Reason: "interrupted: received SIGINT"},
		harness.Verdict{Name: "security/policy", Outcome: harness.Skip, Reason: "needs deny-connect"})
	require.Equal(t, report.Counts{Pass: 1, Skip: 1, NotRun: 1}, r.Count())
	r.Aborted = ""
	require.Equal(t, report.Counts{Pass: 1, Skip: 2}, r.Count())
}

func TestListJSON(t *testing.T) {
	golden(t, "list.json", render(t, func(w io.Writer) error { return report.WriteListJSON(w, catalogue) }))
	require.Equal(t, "[]\n", string(render(t, func(w io.Writer) error { return report.WriteListJSON(w, nil) })))
}

func TestJUnit(t *testing.T) {
	got := render(t, func(w io.Writer) error { return report.WriteJUnit(w, sample()) })
	golden(t, "junit.xml", got)
	var suites junit.Testsuites
	require.NoError(t, xml.Unmarshal(got, &suites))
	require.Equal(t, []int{3, 1, 0, 1}, []int{suites.Tests, suites.Failures, suites.Errors, skipped(suites)})

	got = render(t, func(w io.Writer) error { return report.WriteJUnit(w, aborted()) })
	golden(t, "junit-aborted.xml", got)
	suites = junit.Testsuites{}
	require.NoError(t, xml.Unmarshal(got, &suites))
	require.Equal(t, []int{4, 0, 1, 2}, []int{suites.Tests, suites.Failures, suites.Errors, skipped(suites)})
}

// Log lines are bytes that clients chose: no report may become malformed by
// them.
func TestHostileText(t *testing.T) {
	r := sample()
	r.Verdicts = []harness.Verdict{{Name: "upstream/refused", Outcome: harness.Fail, Reason: "bad \x00\x1b\xff ]]> <x> \ufffe"}}
	r.Records = []*harness.Record{{Scenario: "upstream/refused", Error: "]]>\x01\xfe"}}
	var suites junit.Testsuites
	require.NoError(t, xml.Unmarshal(render(t, func(w io.Writer) error { return report.WriteJUnit(w, r) }), &suites))
	require.True(t, json.Valid(render(t, func(w io.Writer) error { return report.WriteRunJSON(w, r) })))
}

// skipped counts what the suites say; the whole has no such attribute.
func skipped(all junit.Testsuites) (n int) {
	for _, suite := range all.Suites {
		n += suite.Skipped
	}
	return n
}
