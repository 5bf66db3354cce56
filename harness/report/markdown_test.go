package report_test

import (
	"io"
	"regexp"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"badgateway/harness"
	"badgateway/harness/report"
)

func markdownOf(t *testing.T, r report.Run) string {
	t.Helper()
	return string(render(t, func(w io.Writer) error { return report.WriteMarkdown(w, r) }))
}

func TestMarkdown(t *testing.T) {
	golden(t, "runbook.md", []byte(markdownOf(t, sample())))
	text := markdownOf(t, aborted())
	golden(t, "runbook-aborted.md", []byte(text))
	require.Contains(t, text, "did not come to its end:** received SIGINT")
	require.Contains(t, markdownOf(t, report.Run{Aborted: "no nginx"}), "no nginx")
}

// Every link of the runbook leads to a heading, every scenario is told, each
// code block is closed and each table row has its four cells.
func TestMarkdownIsWhole(t *testing.T) {
	run := recorded(t)
	text := markdownOf(t, run)
	headings, inside, tables := map[string]bool{}, false, 0
	punctuation := regexp.MustCompile(`[^a-z0-9 _-]`)
	for line := range strings.Lines(text) {
		line = strings.TrimSuffix(line, "\n")
		if strings.HasPrefix(line, "```") {
			inside = !inside
		}
		if inside {
			continue
		}
		if title, ok := strings.CutPrefix(strings.TrimLeft(line, "#"), " "); ok && strings.HasPrefix(line, "#") {
			anchor := strings.ReplaceAll(punctuation.ReplaceAllString(strings.ToLower(title), ""), " ", "-")
			require.False(t, headings[anchor], "two headings %q", title)
			headings[anchor] = true
		}
		if strings.HasPrefix(line, "| ") {
			tables++
			require.Equal(t, 5, strings.Count(strings.ReplaceAll(line, `\|`, ""), "|"), line)
		}
	}
	require.False(t, inside, "a code block is not closed")
	require.Greater(t, tables, 2)
	links := regexp.MustCompile(`\]\(#([^)]*)\)`).FindAllStringSubmatch(text, -1)
	require.GreaterOrEqual(t, len(links), len(run.Scenarios))
	for _, link := range links {
		require.True(t, headings[link[1]], "#%s leads nowhere", link[1])
	}
	for _, s := range run.Scenarios {
		require.Contains(t, text, "\n### "+s.Name+"\n")
	}
	for _, v := range run.Verdicts {
		require.Contains(t, text, report.Clean(v.Symptom.Line))
	}
	require.NotContains(t, text, "\n\n\n", "an empty line too many")
}

// What stands in a log or a title is text and never markup.
func TestMarkdownEscapes(t *testing.T) {
	run := sample()
	run.Scenarios = append([]harness.Scenario{}, run.Scenarios...)
	run.Scenarios[0].Title = "a | b <b> _c_ of proxy_pass [x](y)"
	run.Verdicts[0].Symptom.Line = "three ``` in a line"
	text := markdownOf(t, run)
	require.Contains(t, text, `A \| b \<b\> \_c\_ of proxy_pass \[x\](y)`)
	require.Contains(t, text, "````text\nthree ``` in a line\n````")

	table := string(render(t, func(w io.Writer) error { return report.WriteCatalogue(w, run.Scenarios) }))
	require.Contains(t, table, `| a \| b \<b\> \_c\_ of proxy_pass \[x\](y) |`)
	require.Contains(t, table, "W1, S3.5 conditional")
	require.Contains(t, table, "(nginx 1.19.0 and later)")
}
