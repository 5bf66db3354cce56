package report_test

import (
	"context"
	"flag"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/cdproto/input"
	cdplog "github.com/chromedp/cdproto/log"
	"github.com/chromedp/cdproto/network"
	"github.com/chromedp/cdproto/runtime"
	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"
	"github.com/stretchr/testify/require"

	"badgateway/harness"
	"badgateway/harness/report"
)

var screenshots = flag.String("screenshots", "", "write pictures of the runbook page to `DIR`")

// heard is what a browser said while the page was open.
type heard struct {
	sync.Mutex
	complaints, requests []string
}

func (h *heard) event(ev any) {
	h.Lock()
	defer h.Unlock()
	switch e := ev.(type) {
	case *runtime.EventConsoleAPICalled:
		h.complaints = append(h.complaints, fmt.Sprintf("console %s: %v", e.Type, e.Args))
	case *runtime.EventExceptionThrown:
		h.complaints = append(h.complaints, fmt.Sprintf("exception: %+v", e.ExceptionDetails))
	case *cdplog.EventEntryAdded:
		h.complaints = append(h.complaints, e.Entry.Text)
	case *network.EventRequestWillBeSent:
		h.requests = append(h.requests, e.Request.URL)
	}
}

// browser opens a headless Chromium; without one the test is skipped.
func browser(t *testing.T) (context.Context, *heard) {
	t.Helper()
	var program string
	for _, name := range []string{"chromium", "chromium-browser", "google-chrome"} {
		if path, err := exec.LookPath(name); err == nil {
			program = path
			break
		}
	}
	if program == "" {
		const missing = "no chromium to open the page with: apt-get install chromium"
		require.NotEqual(t, "1", os.Getenv("BADGATEWAY_REQUIRE"), missing)
		t.Skip(missing)
	}
	options := append(chromedp.DefaultExecAllocatorOptions[:], chromedp.ExecPath(program), chromedp.NoSandbox)
	ctx, cancel := chromedp.NewExecAllocator(t.Context(), options...)
	t.Cleanup(cancel)
	ctx, cancel = chromedp.NewContext(ctx)
	t.Cleanup(cancel)
	require.NoError(t, chromedp.Do(ctx), "start %s", program)
	h := &heard{}
	require.NoError(t, chromedp.Listen(ctx, h.event))
	_, err := chromedp.Call(ctx, network.Enable, network.EnableParams{})
	require.NoError(t, err)
	_, err = chromedp.Call(ctx, cdplog.Enable, cdp.Empty{})
	require.NoError(t, err)
	ctx, cancel = context.WithTimeout(ctx, 3*time.Minute)
	t.Cleanup(cancel)
	return ctx, h
}

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

// evaluate is the value of a script in the page.
func evaluate[T any](t *testing.T, ctx context.Context, script string) T {
	t.Helper()
	value, err := chromedp.Run(ctx, chromedp.Evaluate[T](script))
	require.NoError(t, err)
	return value
}

// do performs what a reader does.
func do(t *testing.T, ctx context.Context, actions ...chromedp.Action[chromedp.Void]) {
	t.Helper()
	require.NoError(t, chromedp.Do(ctx, actions...))
}

// slash presses "/" as a keyboard does: its character comes only when the page
// lets the key pass. [chromedp.KeyEvent] sends both in any case.
func slash(t *testing.T, ctx context.Context) {
	t.Helper()
	for _, kind := range []input.DispatchKeyEventType{input.DispatchKeyEventTypeKeyDown, input.DispatchKeyEventTypeKeyUp} {
		_, err := chromedp.Call(ctx, input.DispatchKeyEvent, input.DispatchKeyEventParams{Type: kind, Key: "/", Code: "Slash", Text: "/"})
		require.NoError(t, err)
	}
}

func TestPageInBrowser(t *testing.T) {
	ctx, h := browser(t)
	run := recorded(t)
	run.Verdicts[0].Outcome = harness.Skip // so that each kind of mark is there
	run.Verdicts[1].Outcome = harness.Fail
	url := pageFile(t, run)
	do(t, ctx, chromedp.EmulateViewport(1280, 900), chromedp.Navigate(url), chromedp.WaitReady("main"))
	var names []string
	for _, s := range run.Scenarios {
		names = append(names, s.Name)
	}
	require.ElementsMatch(t, names, evaluate[[]string](t, ctx, shown))

	hidden := evaluate[[]string](t, ctx, outside)
	require.Empty(t, hidden, "marks that nobody sees")

	// "/" finds the search box, typing filters, Enter goes to the first hit.
	const focused = `document.activeElement.id || document.activeElement.getAttribute("href") || document.activeElement.tagName`
	slash(t, ctx)
	require.Equal(t, "q", evaluate[string](t, ctx, focused))
	do(t, ctx, chromedp.KeyEvent("upstream/refused"))
	require.Equal(t, []string{"upstream/refused"}, evaluate[[]string](t, ctx, shown))
	require.Equal(t, "#q=upstream%2Frefused", evaluate[string](t, ctx, "location.hash"))
	require.Equal(t, fmt.Sprintf("1 of %d", len(names)), evaluate[string](t, ctx, `document.getElementById("found").textContent`))
	do(t, ctx, chromedp.KeyEvent(kb.Enter))
	require.Equal(t, "#upstream/refused", evaluate[string](t, ctx, focused))
	do(t, ctx, chromedp.KeyEvent(kb.Tab))
	require.Equal(t, "PRE", evaluate[string](t, ctx, focused), "the log line can be reached and scrolled")
	do(t, ctx, chromedp.KeyEvent(kb.Escape))
	require.Len(t, evaluate[[]string](t, ctx, shown), len(names), "Escape ends the search")
	slash(t, ctx)
	do(t, ctx, chromedp.KeyEvent("no such words"))
	require.Empty(t, evaluate[[]string](t, ctx, shown))
	require.True(t, evaluate[bool](t, ctx, `document.getElementById("nothing").checkVisibility()`))

	// An address leads to a search, and to a section.
	do(t, ctx, chromedp.Navigate("about:blank"), chromedp.Navigate(url+"#q=504"), chromedp.WaitReady("main"))
	hits := evaluate[[]string](t, ctx, shown)
	require.Contains(t, hits, "timeout/slow-answer")
	require.NotContains(t, hits, "upstream/refused")
	do(t, ctx, chromedp.Evaluate[chromedp.Void](`location.hash = "#upstream/refused"`),
		chromedp.Poll[chromedp.Void](`document.activeElement.id === "upstream/refused"`))
	require.Len(t, evaluate[[]string](t, ctx, shown), len(names), "a link out of a search ends it")

	h.Lock()
	defer h.Unlock()
	require.Empty(t, h.complaints)
	for _, request := range h.requests {
		require.Regexp(t, `^(file:///|data:|about:blank)`, request, "the page asked the network")
	}
}

// TestPageFits opens the page at each width and in each colour scheme: nothing
// may be wider than the window. With -screenshots the pictures are kept.
func TestPageFits(t *testing.T) {
	ctx, h := browser(t)
	url := pageFile(t, recorded(t))
	for _, width := range []int64{390, 1280} {
		for _, scheme := range []string{"light", "dark"} {
			_, err := chromedp.Call(ctx, emulation.SetEmulatedMedia, emulation.SetEmulatedMediaParams{
				Features: []*emulation.MediaFeature{{Name: "prefers-color-scheme", Value: scheme}},
			})
			require.NoError(t, err)
			do(t, ctx, chromedp.EmulateViewport(width, 900), chromedp.Navigate("about:blank"), chromedp.Navigate(url), chromedp.WaitReady("main"))
			require.LessOrEqual(t, evaluate[int64](t, ctx, "document.documentElement.scrollWidth"), width, "%d wide, %s", width, scheme)
			paper := evaluate[string](t, ctx, "getComputedStyle(document.body).backgroundColor")
			require.Equal(t, scheme == "light", paper == "rgb(255, 255, 255)", "%s is drawn on %s", scheme, paper)
			for name, script := range places {
				keep(t, ctx, fmt.Sprintf("%d-%s-%s.png", width, scheme, name), script)
			}
		}
	}
	require.Empty(t, h.complaints)
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

// keep takes a picture of the window at a place of the page.
func keep(t *testing.T, ctx context.Context, name, script string) {
	if *screenshots == "" {
		return
	}
	do(t, ctx, chromedp.Evaluate[chromedp.Void](script))
	png, err := chromedp.Run(ctx, chromedp.CaptureScreenshot())
	require.NoError(t, err)
	require.NoError(t, os.WriteFile(filepath.Join(*screenshots, name), png, 0o644))
}
