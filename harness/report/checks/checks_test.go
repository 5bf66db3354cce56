package checks_test

import (
	"bytes"
	"encoding/json"
	"encoding/xml"
	"fmt"
	"io"
	"strings"
	"testing"
	"time"

	"github.com/jstemmer/go-junit-report/v2/junit"
	"github.com/owenrumney/go-sarif/v3/pkg/report/v210/sarif"
	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"

	"badgateway/harness/check/result"
	"badgateway/harness/pod"
	"badgateway/harness/report"
	"badgateway/harness/report/checks"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func cell(route, fault, method string, change func(*result.Cell)) result.Cell {
	l := result.Cell{ID: route + "|" + fault + "|" + method, Route: route, Fault: fault, Method: method, Client: pod.OK, Status: 200,
		Total: 40 * time.Millisecond, Body: result.BodyIntact, Attempts: []result.Attempt{{Peer: "app:80", Arrived: true, Executed: true}}}
	if change != nil {
		change(&l)
	}
	return l
}

// hostile is text that a configuration may hold and no report may pass on.
const hostile = "/<script>|\x1b[31m\u202e\n::error::"

// sample is a report with one of everything.
func sample() result.Report {
	shop, api := "shop.example:80/", "api.example:80"+hostile
	bad := func(l *result.Cell) {
		l.Client, l.Status, l.Body, l.Total, l.Log = pod.GatewayTimeout, 504, result.BodyNginx, time.Minute, []string{"connect-timed-out"}
	}
	return result.Report{
		Inputs: []result.Input{{Path: "nginx.conf", Form: result.Main, Nginx: "nginx", Version: "1.30.1", Files: 3,
			Unmatched: []result.Place{{File: "nginx.conf", Line: 4, Text: "include conf.d/*.conf;"}}}},
		Supplied: []result.Supplied{{Kind: result.SuppliedHost, Name: "app"}, {Kind: result.SuppliedHost, Name: "db"}, {Kind: result.SuppliedKey, Name: "/k"}},
		Routes: []result.Route{
			{ID: shop, Reached: true, Methods: []string{"GET", "POST"}, Pass: result.Place{File: "nginx.conf", Line: 9}},
			{ID: api, Reached: true, Methods: []string{"GET"}, Pass: result.Place{File: "conf.d/api.conf", Line: 3}},
			{ID: "old:80/", Reason: "answered 301 by return at nginx.conf:4", Pass: result.Place{File: "nginx.conf", Line: 5}},
		},
		Cells: []result.Cell{
			cell(shop, "refused", "GET", bad), cell(shop, "refused", "POST", func(l *result.Cell) { l.Twice = true }),
			cell(shop, "not-http", "GET", nil), cell(api, "refused", "GET", func(l *result.Cell) { l.Unmet = "no connection" }),
		},
		Findings: []result.Finding{
			{Rule: "duplicate-post", Severity: result.Error, Message: "one POST reached the application 2 times", Route: shop, Cell: shop + "|refused|POST",
				Evidence: []string{"log: " + hostile}, At: result.Place{File: "nginx.conf", Line: 12, Text: "proxy_next_upstream error non_idempotent;"},
				Fix: result.Fix{Scenario: "health/post-not-retried", Title: "t", Directive: "proxy_next_upstream error timeout;"}},
			{Rule: "long-wait", Severity: result.Warning, Message: "m", Route: shop, Cell: shop + "|refused|GET", At: result.Place{File: "nginx.conf", Line: 9}, Accepted: "known (until 2027-01-01)"},
		},
		Factor: 60, Wall: 3 * time.Second,
	}
}

// compared is sample with a change.
func compared() result.Report {
	r := sample()
	after := r.Cells[0]
	before := cell(after.Route, "refused", "GET", nil)
	r.Inputs = append(r.Inputs, result.Input{Path: "old.conf", Form: result.Main, Version: "1.22.1"})
	r.Diff = &result.Diff{Against: "old.conf", Removed: []string{"gone:80/"}, Cells: []result.Change{{Cell: after.ID, Before: &before, After: &after,
		What: []string{"client 200 OK -> 504 Gateway Timeout"}, Directives: []result.DirectiveChange{{
			Before: result.Place{File: "old.conf", Line: 2, Text: "proxy_connect_timeout 1s;"}, After: result.Place{File: "nginx.conf", Line: 14, Text: "proxy_connect_timeout 60s;"}}}}}}
	return r
}

func write(t *testing.T, render func(io.Writer, result.Report) error, r result.Report) string {
	t.Helper()
	var out bytes.Buffer
	require.NoError(t, render(&out, r))
	return out.String()
}

func human(w io.Writer, r result.Report) error {
	return checks.Write(w, report.Screen{}, r, []string{"out.json"})
}

func TestTerminal(t *testing.T) {
	out := write(t, human, sample())
	for _, want := range []string{
		"nginx.conf (nginx.conf, 3 files) on nginx 1.30.1", "no file matches: include conf.d/*.conf; (nginx.conf:4)", "supplied: 2 hosts, 1 key",
		"not reached: old:80/ (nginx.conf:5): answered 301", "1 refused  2 not-http", "D work done twice", "L an error after more than 10 s",
		"error duplicate-post: one POST", "nginx.conf:12", "fix:      proxy_next_upstream error timeout;", "accepted long-wait",
		"3 routes found, 2 reached; 4 cells (time compressed up to 60-fold) in 3s", "1 error, 0 warnings, 0 notes, 1 accepted", "wrote out.json",
	} {
		require.Contains(t, out, want)
	}
	require.NotContains(t, out, "\x1b", "foreign escape sequences")
	require.NotContains(t, out, "nothing was tested")
	require.Contains(t, write(t, human, result.Report{}), "no location reaches an upstream, so nothing was tested")
	require.NotContains(t, out, "\u202e", "foreign text that turns what follows")
}

// TestTerminalWidth: nothing of the heat-map is wider than the terminal.
func TestTerminalWidth(t *testing.T) {
	r := sample()
	r.Findings = nil
	for i := range 60 {
		r.Cells = append(r.Cells, cell("shop.example:80/", "fault-"+strings.Repeat("x", i%9), "GET", nil))
	}
	var out bytes.Buffer
	require.NoError(t, checks.Write(&out, report.Screen{Width: 80, Height: 24}, r, nil))
	for line := range strings.Lines(out.String()) {
		if !strings.HasPrefix(line, "not reached") {
			require.LessOrEqual(t, len([]rune(strings.TrimRight(line, "\n"))), 80, line)
		}
	}
}

// TestRowsTellRoutesApart: on a narrow terminal as well no two rows of the
// heat-map have one name, and the server is told once.
func TestRowsTellRoutesApart(t *testing.T) {
	r := result.Report{}
	long := strings.Repeat("[0-9a-f]", 12)
	for _, location := range []string{" ~ ^/" + long + "/(rules|alarms) -> rules:80", " ~ ^/" + long + "/(rules|reports) -> rules:80", "/api -> app:80"} {
		id := "gateway.example:443" + location
		r.Routes = append(r.Routes, result.Route{ID: id, Server: "gateway.example:443", Reached: true})
		r.Cells = append(r.Cells, cell(id, "refused", "GET", nil), cell(id, "refused", "POST", nil))
	}
	var out bytes.Buffer
	require.NoError(t, checks.Write(&out, report.Screen{Width: 80}, r, nil))
	require.Equal(t, 1, strings.Count(out.String(), "gateway.example:443"), out.String())
	joined := strings.Join(strings.Fields(strings.ReplaceAll(out.String(), "\n    ", "")), " ")
	for _, want := range []string{long + "/(rules|alarms) -> rules:80 ..", long + "/(rules|reports) -> rules:80 ..", " /api -> app:80 .."} {
		require.Contains(t, joined, want)
	}
	for line := range strings.Lines(out.String()) {
		require.LessOrEqual(t, len(line), 81, line)
	}
}

// TestManyUnreached: of very many routes with one reason a few are named.
func TestManyUnreached(t *testing.T) {
	r := result.Report{}
	for i := range 500 {
		r.Routes = append(r.Routes, result.Route{ID: fmt.Sprintf("a:80/%d", i), Reason: "not tried: interrupted"})
	}
	r.Routes = append(r.Routes, result.Route{ID: "a:80/last", Reason: "why"})
	out := write(t, human, r)
	require.Equal(t, 5, strings.Count(out, "not reached:"), out)
	require.Contains(t, out, "not reached: 497 routes more: not tried: interrupted\n")
	require.Contains(t, out, "a:80/last")
}

// TestPlanTellsFaultsOnce: what is as for an earlier route is not told again,
// and the way to a route is.
func TestPlanTellsFaultsOnce(t *testing.T) {
	r := result.Report{}
	for _, id := range []string{"a:80/", "a:80/b", "a:80/c"} {
		r.Routes = append(r.Routes, result.Route{ID: id, Reached: true, Protocol: "http", Via: "error_page 404", Request: pod.Request{URL: "http://a/x", Method: "PUT"}})
		r.Cells = append(r.Cells, cell(id, "refused", "GET", nil), cell(id, "refused", "POST", nil))
	}
	r.Cells = append(r.Cells, cell("a:80/c", "slow-upload", "POST", nil))
	r.Routes = append(r.Routes, result.Route{ID: "a:80/d", Reason: "why"})
	var out bytes.Buffer
	require.NoError(t, checks.WritePlan(&out, report.Screen{Width: 80}, r, nil))
	require.Equal(t, 2, strings.Count(out.String(), "  GET   refused\n"), out.String())
	for _, want := range []string{"  2 cells as for a:80/\n", "  POST  refused slow-upload\n", "PUT http://a/x (by error_page 404)\n", "4 routes found, 3 reached; 7 cells\n"} {
		require.Contains(t, out.String(), want)
	}
}

func TestTerminalDiff(t *testing.T) {
	out := write(t, human, compared())
	for _, want := range []string{"route removed: gone:80/", "changed shop.example:80/|refused|GET", "before: 200 OK after 40ms; asked app:80",
		"now:    504 Gateway Timeout after 1m", "- proxy_connect_timeout 1s;  (old.conf:2)", "+ proxy_connect_timeout 60s;  (nginx.conf:14)", "1 change against old.conf"} {
		require.Contains(t, out, want)
	}
	require.NotContains(t, out, "duplicate-post", "with a comparison only the difference counts")
}

func TestJSON(t *testing.T) {
	var got map[string]any
	require.NoError(t, json.Unmarshal([]byte(write(t, checks.WriteJSON, result.Report{})), &got))
	for _, key := range []string{"inputs", "supplied", "routes", "cells", "findings"} {
		require.Equal(t, []any{}, got[key], key)
	}
	require.NoError(t, json.Unmarshal([]byte(write(t, checks.WriteJSON, compared())), &got))
	require.Len(t, got["diff"].(map[string]any)["cells"], 1)
}

func TestJUnit(t *testing.T) {
	var got junit.Testsuites
	require.NoError(t, xml.Unmarshal([]byte(write(t, checks.WriteJUnit, sample())), &got))
	require.Len(t, got.Suites, 3)
	require.Equal(t, 1, got.Suites[0].Failures, "the error; an accepted warning is none")
	require.Equal(t, 1, got.Suites[1].Skipped, "a fault that met nothing")
	require.Equal(t, 1, got.Suites[2].Skipped, "a route that was not reached")

	require.NoError(t, xml.Unmarshal([]byte(write(t, checks.WriteJUnit, compared())), &got))
	r := sample()
	r.Aborted = "interrupted"
	require.Contains(t, write(t, checks.WriteJUnit, r), "aborted: interrupted")
}

func TestSARIF(t *testing.T) {
	aborted := sample()
	aborted.Aborted = "received SIGINT"
	for _, r := range []result.Report{{}, sample(), compared(), aborted} {
		got, err := sarif.FromString(write(t, checks.WriteSARIF, r))
		require.NoError(t, err)
		require.Equal(t, "2.1.0", got.Version)
		require.NoError(t, got.Validate(), "the schema of OASIS")
		require.Equal(t, r.Aborted == "", *got.Runs[0].Invocations[0].ExecutionSuccessful)
		for _, res := range got.Runs[0].Results {
			at := res.Locations[0].PhysicalLocation
			require.NotEmpty(t, *at.ArtifactLocation.URI)
			require.Positive(t, *at.Region.StartLine)
		}
	}
}

// TestSARIFPaths: code hosts want paths relative to the repository, as URIs.
func TestSARIFPaths(t *testing.T) {
	for file, uri := range map[string]string{
		"nginx.conf": "nginx.conf", "./conf.d/a.conf": "conf.d/a.conf", "conf.d/100% my.conf": "conf.d/100%25%20my.conf", "/etc/nginx/nginx.conf": "file:///etc/nginx/nginx.conf",
	} {
		r := sample()
		r.Findings[0].At.File = file
		got, err := sarif.FromString(write(t, checks.WriteSARIF, r))
		require.NoError(t, err)
		require.NoError(t, got.Validate())
		require.Equal(t, uri, *got.Runs[0].Results[0].Locations[0].PhysicalLocation.ArtifactLocation.URI)
	}
}

func TestGitHub(t *testing.T) {
	out := write(t, checks.WriteGitHub, sample())
	require.Contains(t, out, "::error file=nginx.conf,line=12,title=duplicate-post::one POST reached")
	require.Len(t, strings.Split(strings.TrimSpace(out), "\n"), 1, "text from the configuration begins no command of its own")
	out = write(t, checks.WriteGitHub, compared())
	require.Contains(t, out, "::error file=nginx.conf,line=14,title=behaviour-changed::")
	require.Contains(t, out, "title=route-removed::gone:80/")
}

// TestGitHubQuotes: what a person reads may begin lines with commands, and does
// not command.
func TestGitHubQuotes(t *testing.T) {
	var out bytes.Buffer
	require.NoError(t, checks.Quoted(&out, func() error { _, err := io.WriteString(&out, "::error::of the configuration\n"); return err }))
	lines := strings.Split(out.String(), "\n")
	token, found := strings.CutPrefix(lines[0], "::stop-commands::")
	require.True(t, found)
	require.GreaterOrEqual(t, len(token), 26, "nobody guesses it")
	require.Equal(t, []string{lines[0], "::error::of the configuration", "::" + token + "::", ""}, lines)
}

func TestHTML(t *testing.T) {
	out := write(t, checks.WriteHTML, sample())
	for _, want := range []string{`id="route-1-refused-POST"`, `href="#route-1-refused-POST"`, "proxy_next_upstream error non_idempotent;", "Accepted: long-wait", "no file matches <code>include conf.d/*.conf;</code>"} {
		require.Contains(t, out, want)
	}
	require.NotContains(t, out, "<script>|", "text of the configuration as markup")
	require.Contains(t, write(t, checks.WriteHTML, compared()), "+ proxy_connect_timeout 60s;")
	require.Contains(t, out, `<summary>in 1 cell</summary><ul><li><a href="#route-1-refused-POST">`)
	r := sample()
	r.Aborted = "interrupted"
	require.Contains(t, write(t, checks.WriteHTML, r), "Not complete: interrupted")
}

// TestRefused: a configuration that cannot run has nothing but its reason, at its
// line.
func TestRefused(t *testing.T) {
	r := result.Report{Inputs: []result.Input{{Path: "nginx.conf", Version: "1.22.1"}}, Aborted: "nginx.conf:7: no such file\n  do this",
		AbortedAt: result.Place{File: "nginx.conf", Line: 7}}
	require.Equal(t, "::error file=nginx.conf,line=7,title=not complete::nginx.conf:7: no such file%0Ado this\n", write(t, checks.WriteGitHub, r))
	require.Contains(t, write(t, checks.WriteHTML, r), "Not complete: nginx.conf:7: no such file<br>do this")
	got, err := sarif.FromString(write(t, checks.WriteSARIF, r))
	require.NoError(t, err)
	require.NoError(t, got.Validate())
	require.Equal(t, 7, *got.Runs[0].Invocations[0].ToolExecutionNotifications[0].Locations[0].PhysicalLocation.Region.StartLine)
	for _, render := range []func(io.Writer, result.Report) error{checks.WriteHTML, checks.WriteMarkdown} {
		out := write(t, render, r)
		for _, empty := range []string{"Findings", "Routes and faults", "(, 0 files)", "<form"} {
			require.NotContains(t, out, empty)
		}
	}
}

func TestMarkdown(t *testing.T) {
	out := write(t, checks.WriteMarkdown, sample())
	for _, want := range []string{"### error: duplicate-post", "- no file matches `include conf.d/*.conf;` (nginx.conf:4)", "- accepted: long-wait", "| refused | 🟡 504 after more than 10 s / 🔴 work done twice |", "- not reached: `old:80/`"} {
		require.Contains(t, out, want)
	}
	require.NotContains(t, out, "<script>")
	require.Contains(t, write(t, checks.WriteMarkdown, compared()), "- now: `proxy_connect_timeout 60s;`")
}

// TestSameFinding: what happens at many routes is said once, with every place;
// waits are given from the shortest to the longest.
func TestSameFinding(t *testing.T) {
	r := sample()
	r.Findings = nil
	for i, wait := range []string{"1m3s", "5m", "31m25s"} {
		r.Findings = append(r.Findings, result.Finding{Rule: "long-wait", Severity: result.Warning, Title: "the client waits", Route: fmt.Sprint("r", i),
			Message: "the client waits " + wait + "; the limit is 30s", At: result.Place{File: "nginx.conf", Line: 7 + i/2, Text: "proxy_pass http://app;"}})
	}
	out := write(t, human, r)
	require.Contains(t, out, "warning long-wait: the client waits\n  the client waits 1m3s to 31m25s; the limit is 30s\n"+
		"    nginx.conf:7  proxy_pass http://app;  r0, r1\n    nginx.conf:8  proxy_pass http://app;  r2\n")

	for _, render := range []func(io.Writer, result.Report) error{checks.WriteHTML, checks.WriteMarkdown} {
		page := write(t, render, r)
		require.Equal(t, 1, strings.Count(page, "the client waits 1m3s to 31m25s; the limit is 30s"), "once in documents too")
		require.Contains(t, page, "r0, r1")
	}

	for i := range r.Findings {
		r.Findings[i].At.File, r.Findings[i].At.Line = strings.Repeat("d", 50)+".conf", 7
	}
	var narrow bytes.Buffer
	require.NoError(t, checks.Write(&narrow, report.Screen{Width: 70, Height: 24}, r, nil))
	require.Contains(t, narrow.String(), strings.Repeat("d", 50)+".conf:7  proxy_…\n      r0, r1, r2\n")

	r.Routes[2].Reached = true
	r.Findings = append(r.Findings, r.Findings[0]) // by another fault
	require.Contains(t, write(t, human, r), ".conf:7  proxy_pass http://app;  all 3 routes\n")

	r.Findings[0].Fix.Directive, r.Findings[1].Fix.Directive = "proxy_connect_timeout 5s;", "proxy_read_timeout 30s;"
	out = write(t, human, r)
	require.Contains(t, out, "fix:      proxy_connect_timeout 5s;\n", "each fix with what it mends")
	require.Contains(t, out, "fix:      proxy_read_timeout 30s;\n")
}
