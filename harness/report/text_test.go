package report_test

import (
	"io"
	"strings"
	"testing"

	"github.com/jedib0t/go-pretty/v6/text"
	"github.com/stretchr/testify/require"

	"badgateway/harness"
	"badgateway/harness/nginx"
	"badgateway/harness/report"
)

// screens are the layouts that every text for a person is held against.
var screens = map[string]report.Screen{"80": narrow, "160": wide, "80-color": colorful, "pipe": pipe}

func TestTable(t *testing.T) {
	for name, s := range screens {
		got := render(t, func(w io.Writer) error { return report.WriteTable(w, s, sample()) })
		golden(t, "table-"+name+".txt", got)
		requireFits(t, s, string(got))
	}
	golden(t, "table-aborted.txt", render(t, func(w io.Writer) error { return report.WriteTable(w, narrow, aborted()) }))
	r := aborted()
	r.Verdicts = nil
	require.Empty(t, render(t, func(w io.Writer) error { return report.WriteTable(w, narrow, r) }))
}

func TestTableOfLongWords(t *testing.T) {
	name := strings.Repeat("family/", 20) + "leaf"
	r := report.Run{Verdicts: []harness.Verdict{{Name: name, Outcome: harness.Pass}}}
	r.Scenarios = []harness.Scenario{{Name: name, Fix: harness.Fix{Title: strings.Repeat("x", 200)}}}
	got := render(t, func(w io.Writer) error { return report.WriteTable(w, narrow, r) })
	requireFits(t, narrow, string(got))
	require.Contains(t, strings.ReplaceAll(string(got), "\n", ""), "leaf")
}

func TestList(t *testing.T) {
	for name, s := range screens {
		got := render(t, func(w io.Writer) error { return report.WriteList(w, s, catalogue) })
		golden(t, "list-"+name+".txt", got)
		requireFits(t, s, string(got))
	}
}

func TestFailures(t *testing.T) {
	for name, s := range screens {
		got := render(t, func(w io.Writer) error { return report.WriteFailures(w, s, sample()) })
		golden(t, "failures-"+name+".txt", got)
		require.NotContains(t, string(got), "\x1b[2J", "a log line must not reach the terminal's interpreter")
	}
}

// An nginx that does not start says why in its [emerg] line: it must be shown
// whole, with file and line.
func TestFailureShowsEmerg(t *testing.T) {
	const emerg = `nginx: [emerg] unknown directive "prxy_pass" in /etc/nginx/nginx.conf:7`
	r := sample()
	r.Verdicts = []harness.Verdict{{Name: "upstream/refused", Outcome: harness.Fail, Reason: "run: nginx did not start"}}
	r.Scenarios = r.Scenarios[:1]
	r.Records = []*harness.Record{{Scenario: "upstream/refused", Error: "start pod: nginx did not start (exit 1): " + emerg + "\n" + emerg}}
	got := render(t, func(w io.Writer) error { return report.WriteFailures(w, narrow, r) })
	require.Contains(t, string(got), emerg)
	golden(t, "failures-emerg.txt", got)
}

func TestSummary(t *testing.T) {
	wrote := []string{"out.json", "junit.xml"}
	golden(t, "summary.txt", render(t, func(w io.Writer) error { return report.WriteSummary(w, pipe, sample(), wrote) }))
	golden(t, "summary-aborted.txt", render(t, func(w io.Writer) error { return report.WriteSummary(w, pipe, aborted(), nil) }))
	golden(t, "summary-color.txt", render(t, func(w io.Writer) error { return report.WriteSummary(w, colorful, sample(), wrote) }))
}

func TestHeader(t *testing.T) {
	require.Equal(t, "badgateway run: 3 scenarios, nginx 1.26.3 (debian:trixie), driver native, seed 7, 4 at a time", report.Header(pipe, sample()))
	r := report.Run{Nginx: nginx.Build{Spec: "nginx"}, Driver: "docker", Scenarios: catalogue[:1]}
	require.Equal(t, "badgateway run: 1 scenario, nginx, driver docker, seed 0", report.Header(pipe, r))
}

func TestLine(t *testing.T) {
	r := sample()
	require.Equal(t, "pass upstream/refused: 502 Bad Gateway, connect-refused -> 3 x 200 OK (0.12s)", report.Line(pipe, r.Verdicts[0]))
	require.Equal(t, "FAIL timeout/slow-answer: symptom: GET was answered 502 Bad Gateway, want 504 Gateway Timeout (1.50s)", report.Line(pipe, r.Verdicts[1]))
	require.Equal(t, "skip security/policy: needs deny-connect, which driver docker does not have here", report.Line(pipe, r.Verdicts[2]))
	require.Equal(t, "FAIL x: a b (0.00s)", report.Line(pipe, harness.Verdict{Name: "x", Outcome: harness.Fail, Reason: "a\nb"}))
	require.Contains(t, report.Line(colorful, r.Verdicts[1]), "\x1b[1;31mFAIL\x1b[0m")
}

func TestQuote(t *testing.T) {
	require.Equal(t, `curl -i http://127.0.0.1:80/a 'a b' 'it'\''s' '' '*'`,
		report.Quote("curl", "-i", "http://127.0.0.1:80/a", "a b", "it's", "", "*"))
}

// requireFits demands that no line is wider than the screen, and that colours
// appear where they are allowed only.
func requireFits(t *testing.T, s report.Screen, out string) {
	t.Helper()
	require.Equal(t, s.Color, strings.Contains(out, "\x1b["))
	if !s.Terminal() {
		return
	}
	for line := range strings.SplitSeq(out, "\n") {
		require.LessOrEqual(t, text.StringWidthWithoutEscSequences(line), s.Width, line)
	}
}
