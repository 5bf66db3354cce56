package report_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"golang.org/x/net/html"

	"badgateway/harness"
	"badgateway/harness/pod"
	"badgateway/harness/report"
	"badgateway/scenarios"
)

// recorded is the run of the whole catalogue that the recorded runs amount to.
func recorded(t *testing.T) report.Run {
	t.Helper()
	r := report.Run{Driver: "native", Seed: 7, Started: time.Date(2026, 11, 20, 3, 0, 0, 0, time.UTC), Wall: 21 * time.Second}
	for _, s := range scenarios.All() {
		r.Scenarios = append(r.Scenarios, s)
		data, err := os.ReadFile(filepath.Join("..", "..", "fixtures", "records", filepath.FromSlash(s.Name)+".json"))
		if errors.Is(err, fs.ErrNotExist) {
			continue // shown as not run; package scenarios demands the record
		}
		require.NoError(t, err)
		var rec harness.Record
		require.NoError(t, json.Unmarshal(data, &rec))
		r.Records, r.Verdicts, r.Nginx = append(r.Records, &rec), append(r.Verdicts, harness.Judge(s, &rec)), rec.Nginx
	}
	require.NotEmpty(t, r.Records)
	return r
}

// htmlOf is the page with its ids, each once, and its text.
func htmlOf(t *testing.T, r report.Run) (text string, ids map[string]bool) {
	t.Helper()
	page := render(t, func(w io.Writer) error { return report.WriteHTML(w, r) })
	root, err := html.Parse(bytes.NewReader(page))
	require.NoError(t, err)
	ids = map[string]bool{}
	var words strings.Builder
	var links []string
	for node := range root.Descendants() {
		if node.Type == html.TextNode {
			words.WriteString(node.Data)
		}
		for _, a := range node.Attr {
			switch a.Key {
			case "id":
				require.False(t, ids[a.Val], "id %s twice", a.Val)
				ids[a.Val] = true
			case "href":
				links = append(links, a.Val)
			case "src":
				t.Errorf("the page wants %s", a.Val)
			}
		}
	}
	for _, link := range links {
		if link == "data:," {
			continue
		}
		require.True(t, strings.HasPrefix(link, "#"), "the page links to %s", link)
		require.True(t, ids[link[1:]], "%s leads nowhere", link)
	}
	return words.String(), ids
}

func TestHTMLTellsEachScenario(t *testing.T) {
	run := recorded(t)
	text, ids := htmlOf(t, run)
	for _, v := range run.Verdicts {
		require.True(t, ids[v.Name], "%s has no section", v.Name)
		require.NotNil(t, v.Symptom)
		require.Contains(t, text, report.Clean(v.Symptom.Line))
		require.Contains(t, text, v.Verify.Fix[1:]) // a sentence begins large
	}
	for _, s := range run.Scenarios {
		require.Contains(t, text, s.Cause[1:])
		require.Contains(t, text, s.Why[1:])
		for _, c := range s.Claims {
			require.True(t, ids["statement-"+c.ID], "statement %s has no row", c.ID)
			require.Contains(t, text, c.Note)
		}
	}
	require.Contains(t, text, "@@ -", "no configuration diff")
}

// What stands in a log or a verdict is text and never markup.
func TestHTMLEscapes(t *testing.T) {
	run := sample()
	run.Verdicts[0].Symptom.Line = `<script>alert("x")</script> & "y"`
	run.Nginx.Spec = "<b>"
	page := string(render(t, func(w io.Writer) error { return report.WriteHTML(w, run) }))
	require.Equal(t, 1, strings.Count(page, "<script>"))
	require.NotContains(t, page, "<b>")
	require.Contains(t, page, "&lt;script&gt;alert(")
	require.NotContains(t, page, "\x1b")
	text, _ := htmlOf(t, run)
	require.Contains(t, text, run.Verdicts[0].Symptom.Line)
}

// An interrupted run says so itself, and keeps every section.
func TestHTMLSaysThatItIsPartial(t *testing.T) {
	text, ids := htmlOf(t, aborted())
	require.Contains(t, text, "did not come to its end")
	require.Contains(t, text, "received SIGINT")
	require.Contains(t, text, "2 of 3 scenario runs are missing")
	for _, s := range catalogue {
		require.True(t, ids[s.Name], s.Name)
	}
	whole, _ := htmlOf(t, sample())
	require.NotContains(t, whole, "did not come to its end")
	require.Contains(t, whole, failed.Reason)

	empty, _ := htmlOf(t, report.Run{Aborted: "no nginx"})
	require.Contains(t, empty, "no nginx")
}

// The picture's waits are to scale: the request that timed out is drawn as much
// shorter than the one that was waited for as it was.
func TestPictureIsToScale(t *testing.T) {
	ms := time.Millisecond
	record := &harness.Record{Scenario: "upstream/refused", Steps: []harness.Step{
		{Phase: harness.Broken, Responses: []pod.Response{{ID: "r1", Method: "GET", Outcome: pod.GatewayTimeout, Start: 5 * ms, FirstByte: 500 * ms, Total: 500 * ms}}},
		{Phase: harness.Fixed, Responses: []pod.Response{{ID: "r2", Method: "GET", Outcome: pod.OK, Start: 900 * ms, FirstByte: 2000 * ms, Total: 2000 * ms}}},
	}}
	run := sample()
	run.Records = []*harness.Record{record}
	page := render(t, func(w io.Writer) error { return report.WriteHTML(w, run) })
	root, err := html.Parse(bytes.NewReader(page))
	require.NoError(t, err)
	widths := map[string]string{}
	for node := range root.Descendants() {
		if node.Data != "rect" {
			continue
		}
		attr := map[string]string{}
		for _, a := range node.Attr {
			attr[a.Key] = a.Val
		}
		widths[attr["class"]] = attr["width"]
	}
	require.Equal(t, "91.0", widths["bad"], "500 ms of the 2 s that the scale's 364 units hold")
	require.Equal(t, "364.0", widths["good"])
	require.Contains(t, string(page), "broken: GET, 504 Gateway Timeout after 500 ms")
}
