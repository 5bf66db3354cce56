package report_test

import (
	"fmt"
	"io"
	"slices"
	"testing"

	"github.com/stretchr/testify/require"

	"badgateway/harness"
	"badgateway/harness/report"
)

// The runbook's statements by group, and how many each has.
var groups = []struct {
	prefix string
	count  int
}{
	{"W", 7}, {"S1.", 7}, {"S2.", 5}, {"S3.", 6}, {"S4.", 8}, {"S5.", 6}, {"S6.", 7}, {"S7.", 6},
	{"S8.", 7}, {"S9.", 9}, {"S10.", 11}, {"C", 7}, {"V", 6}, {"R", 3},
}

func TestStatementsAreComplete(t *testing.T) {
	var want, got []string
	for _, g := range groups {
		for i := range g.count {
			want = append(want, fmt.Sprintf("%s%d", g.prefix, i+1))
		}
	}
	for _, s := range report.Statements() {
		got = append(got, s.ID)
		require.Regexp(t, `^.{10,110}\.$`, s.Text, s.ID)
	}
	require.Equal(t, want, got)
}

// Scenarios that rule differently are one verdict, which says on what it depends.
func TestRulingsAreMerged(t *testing.T) {
	run := sample()
	run.Scenarios = slices.Clone(run.Scenarios)
	run.Scenarios[1].Claims = []harness.Claim{{ID: "W1", Ruling: harness.Refuted, Note: "it hangs"}, {ID: "S3.5", Ruling: harness.Conditional, Note: "not a POST"}}
	page := string(render(t, func(w io.Writer) error { return report.WriteMarkdown(w, run) }))
	require.Contains(t, page, "| W1 | An application that is down shows as 502, with \"Connection refused\" (errno 111) in the error log. | conditional | "+
		"**confirmed:** ([upstream/refused](#upstreamrefused)); **refuted:** it hangs ([timeout/slow-answer](#timeoutslow-answer) (fail)) |")
	require.Contains(t, page, "| conditional | not a POST ([upstream/refused](#upstreamrefused), [timeout/slow-answer](#timeoutslow-answer) (fail)) |")
	require.Contains(t, page, "| R3 | Related: a server that HAProxy finds down. | out of scope | needs a second kind of gateway")
}
