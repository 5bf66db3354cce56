package report_test

import (
	"flag"
	"fmt"
	"io"
	"path/filepath"
	"testing"

	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"
	"github.com/stretchr/testify/require"

	"badgateway/harness"
	"badgateway/harness/report"
	"badgateway/harness/report/browser"
)

var screenshots = flag.String("screenshots", "", "write pictures of the runbook page to `DIR`")

// pageFile is the runbook of the recorded runs as a file: URL.
func pageFile(t *testing.T, r report.Run) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "runbook.html")
	f, err := report.Open(path, nil)
	require.NoError(t, err)
	require.NoError(t, f.Write(func(w io.Writer) error { return report.WriteHTML(w, r) }))
	return "file://" + path
}

// shown are the names of the sections that a reader sees.
const shown = `[...document.querySelectorAll("article")].filter((a) => a.checkVisibility()).map((a) => a.id)`

// outside are the marks that are drawn beside the page.
const outside = `[...document.querySelectorAll(".mark")].filter((m) => m.getBoundingClientRect().right < 0).map((m) => m.className)`

func TestPageInBrowser(t *testing.T) {
	p := browser.Open(t, *screenshots)
	run := recorded(t)
	run.Verdicts[0].Outcome = harness.Skip // so that each kind of mark is there
	run.Verdicts[1].Outcome = harness.Fail
	url := pageFile(t, run)
	p.Go(url, 1280)
	var names []string
	for _, s := range run.Scenarios {
		names = append(names, s.Name)
	}
	require.ElementsMatch(t, names, browser.Eval[[]string](p, shown))

	hidden := browser.Eval[[]string](p, outside)
	require.Empty(t, hidden, "marks that nobody sees")

	// "/" finds the search box, typing filters, Enter goes to the first hit.
	const focused = `document.activeElement.id || document.activeElement.getAttribute("href") || document.activeElement.tagName`
	p.Slash()
	require.Equal(t, "q", browser.Eval[string](p, focused))
	p.Do(chromedp.KeyEvent("upstream/refused"))
	require.Equal(t, []string{"upstream/refused"}, browser.Eval[[]string](p, shown))
	require.Equal(t, "#q=upstream%2Frefused", browser.Eval[string](p, "location.hash"))
	require.Equal(t, fmt.Sprintf("1 of %d", len(names)), browser.Eval[string](p, `document.getElementById("found").textContent`))
	p.Do(chromedp.KeyEvent(kb.Enter))
	require.Equal(t, "#upstream/refused", browser.Eval[string](p, focused))
	p.Do(chromedp.KeyEvent(kb.Tab))
	require.Equal(t, "PRE", browser.Eval[string](p, focused), "the log line can be reached and scrolled")
	p.Do(chromedp.KeyEvent(kb.Escape))
	require.Len(t, browser.Eval[[]string](p, shown), len(names), "Escape ends the search")
	p.Slash()
	p.Do(chromedp.KeyEvent("no such words"))
	require.Empty(t, browser.Eval[[]string](p, shown))
	require.True(t, browser.Eval[bool](p, `document.getElementById("nothing").checkVisibility()`))

	// An address leads to a search, and to a section.
	p.Go(url+"#q=504", 1280)
	hits := browser.Eval[[]string](p, shown)
	require.Contains(t, hits, "timeout/slow-answer")
	require.NotContains(t, hits, "upstream/refused")
	p.Do(chromedp.Evaluate[chromedp.Void](`location.hash = "#upstream/refused"`),
		chromedp.Poll[chromedp.Void](`document.activeElement.id === "upstream/refused"`))
	require.Len(t, browser.Eval[[]string](p, shown), len(names), "a link out of a search ends it")

	require.Empty(t, p.Said())
	require.Empty(t, p.Asked(), "the page asked the network")
}

// TestPageFits opens the page at each width and in each colour scheme: nothing
// may be wider than the window. With -screenshots the pictures are kept.
func TestPageFits(t *testing.T) {
	p := browser.Open(t, *screenshots)
	url := pageFile(t, recorded(t))
	for _, width := range []int64{390, 1280} {
		for _, scheme := range []string{"light", "dark"} {
			p.Scheme(scheme)
			p.Go(url, width)
			require.LessOrEqual(t, browser.Eval[int64](p, "document.documentElement.scrollWidth"), width, "%d wide, %s", width, scheme)
			paper := browser.Eval[string](p, "getComputedStyle(document.body).backgroundColor")
			require.Equal(t, scheme == "light", paper == "rgb(255, 255, 255)", "%s is drawn on %s", scheme, paper)
			require.Empty(t, p.Faint(), scheme)
			for name, script := range places {
				p.Picture(fmt.Sprintf("%d-%s-%s.png", width, scheme, name), script)
			}
		}
	}
	require.NotEmpty(t, p.Print("runbook.pdf"))
	require.Empty(t, p.Said())
}

// places are what pictures are taken of, each with the script that goes there.
var places = map[string]string{
	"top":      `scrollTo(0, 0)`,
	"rollout":  `location.hash = "#reload/rolling-restart-post"`,
	"changes":  `document.getElementById("reload/rolling-restart-post").querySelector("ol").scrollIntoView()`,
	"names":    `location.hash = "#dns/public-resolver"`,
	"S3.5":     `location.hash = "#statement-S3.5"`,
	"section":  `location.hash = "#timeout/slow-answer"`,
	"picture":  `document.getElementById("timeout/slow-answer").querySelector("svg").scrollIntoView({block: "center"})`,
	"refused":  `document.getElementById("upstream/refused").querySelector("svg").scrollIntoView({block: "center"})`,
	"verdicts": `location.hash = "#verdicts"`,
}
