package checks_test

import (
	"context"
	"flag"
	"fmt"
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
	cdppage "github.com/chromedp/cdproto/page"
	"github.com/chromedp/cdproto/runtime"
	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"
	"github.com/stretchr/testify/require"

	"badgateway/harness/check/result"
	"badgateway/harness/pod"
	"badgateway/harness/report/checks"
)

var screenshots = flag.String("screenshots", "", "write pictures of the page to `DIR`")

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

// large is a report of 40 routes and 33 faults with two methods.
func large() result.Report {
	r := sample()
	r.Routes, r.Cells = nil, nil
	outcomes := []func(*result.Cell){
		nil,
		func(l *result.Cell) { l.Client, l.Status, l.Body = pod.BadGateway, 502, result.BodyNginx },
		func(l *result.Cell) {
			l.Client, l.Status, l.Body, l.Total = pod.GatewayTimeout, 504, result.BodyNginx, time.Minute
		},
		func(l *result.Cell) { l.Client, l.Body = pod.TruncatedBody, result.BodyTruncated },
		func(l *result.Cell) { l.Unmet = "nginx opens a new connection for each request" },
		func(l *result.Cell) { l.Twice = true },
	}
	for i := range 40 {
		route := result.Route{ID: fmt.Sprintf("www.shop-%02d.example:443 ~* ^/(api|static)/v[0-9]+/ -> backend_%02d", i, i), Reached: true, Protocol: "http",
			Upstream: "app", Methods: []string{"GET", "POST"}, Pass: result.Place{File: "sites-enabled/shop.conf", Line: 9 + i}}
		r.Routes = append(r.Routes, route)
		for j := range 33 {
			for k, method := range route.Methods {
				r.Cells = append(r.Cells, cell(route.ID, fmt.Sprintf("fault-of-a-kind-%02d", j), method, outcomes[(i/3*j+k*(j%2))%len(outcomes)]))
			}
		}
	}
	return r
}

// shades is a report with a cell of every outcome, and one that was interrupted.
func shades() result.Report {
	r, more := sample(), large()
	r.Routes, r.Aborted = append(r.Routes, more.Routes[4]), "received SIGINT"
	for _, l := range more.Cells {
		if l.Route == more.Routes[4].ID {
			r.Cells = append(r.Cells, l)
		}
	}
	return r
}

// pageFile is the page of a report as a file: URL.
func pageFile(t *testing.T, r result.Report) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "check.html")
	require.NoError(t, os.WriteFile(path, []byte(write(t, checks.WriteHTML, r)), 0o644))
	return "file://" + path
}

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
// lets the key pass.
func slash(t *testing.T, ctx context.Context) {
	t.Helper()
	for _, kind := range []input.DispatchKeyEventType{input.DispatchKeyEventTypeKeyDown, input.DispatchKeyEventTypeKeyUp} {
		_, err := chromedp.Call(ctx, input.DispatchKeyEvent, input.DispatchKeyEventParams{Type: kind, Key: "/", Code: "Slash", Text: "/"})
		require.NoError(t, err)
	}
}

// shown are the ids of the cells that a reader sees, behind the heat-map.
const shown = `[...document.querySelectorAll("tr.entry[id]")].filter((e) => e.checkVisibility()).map((e) => e.id)`

// TestPageInBrowser: every cell is there and linked, "/" and the filter work, and
// the page neither complains nor asks any network.
func TestPageInBrowser(t *testing.T) {
	ctx, h := browser(t)
	r := large()
	do(t, ctx, chromedp.EmulateViewport(1280, 900), chromedp.Navigate(pageFile(t, r)), chromedp.WaitReady("main"))
	require.Len(t, evaluate[[]string](t, ctx, shown), len(r.Cells))
	require.Equal(t, len(r.Cells), evaluate[int](t, ctx, `document.querySelectorAll(".heat td a").length`))
	require.Empty(t, evaluate[[]string](t, ctx, `[...document.querySelectorAll("a[href]")].map((a) => a.getAttribute("href")).filter((h) => !h.startsWith("#") || !document.getElementById(h.slice(1)))`),
		"links that lead nowhere")
	for i, route := range r.Routes {
		require.Equal(t, route.ID, evaluate[string](t, ctx, fmt.Sprintf(`document.querySelector("#route-%d h3").textContent`, i+1)))
	}

	const focused = `document.activeElement.id || document.activeElement.tagName`
	slash(t, ctx)
	require.Equal(t, "filter", evaluate[string](t, ctx, focused))
	do(t, ctx, chromedp.KeyEvent("shop-07 kind-32 post"))
	require.Equal(t, []string{"route-8-fault-of-a-kind-32-POST"}, evaluate[[]string](t, ctx, shown))
	require.Equal(t, 1, evaluate[int](t, ctx, `[...document.querySelectorAll("#map article")].filter((a) => a.checkVisibility()).length`), "routes without a hit are hidden")
	require.Equal(t, 1, evaluate[int](t, ctx, `[...document.querySelectorAll(".heat tbody tr")].filter((a) => a.checkVisibility()).length`), "in the heat-map too")
	require.Regexp(t, `^1 of \d+$`, evaluate[string](t, ctx, `document.getElementById("shown").value`))
	do(t, ctx, chromedp.KeyEvent(kb.Escape))
	require.Len(t, evaluate[[]string](t, ctx, shown), len(r.Cells))
	require.Equal(t, "BODY", evaluate[string](t, ctx, focused))
	slash(t, ctx)
	do(t, ctx, chromedp.KeyEvent("no such words"))
	require.Empty(t, evaluate[[]string](t, ctx, shown))

	// A link to a cell leads there although it is filtered out.
	do(t, ctx, chromedp.Evaluate[chromedp.Void](`location.hash = "#route-3-fault-of-a-kind-05-GET"`),
		chromedp.Poll[chromedp.Void](`document.getElementById("route-3-fault-of-a-kind-05-GET").checkVisibility()`))

	h.Lock()
	defer h.Unlock()
	require.Empty(t, h.complaints)
	for _, request := range h.requests {
		require.Regexp(t, `^(file:///|data:|about:blank)`, request, "the page asked the network")
	}
}

// TestPageFits opens pages at each width and in each colour scheme: nothing may
// be wider than the window, and text must stand out from its ground as WCAG 2.2,
// 1.4.3 asks. With -screenshots the pictures are kept.
func TestPageFits(t *testing.T) {
	ctx, h := browser(t)
	for name, r := range map[string]result.Report{"large": large(), "small": shades(), "diff": compared(), "empty": {}} {
		url := pageFile(t, r)
		for _, width := range []int64{390, 1280} {
			for _, scheme := range []string{"light", "dark"} {
				if name == "large" && scheme == "dark" && *screenshots == "" {
					continue // it takes long, and is drawn as the small one
				}
				_, err := chromedp.Call(ctx, emulation.SetEmulatedMedia, emulation.SetEmulatedMediaParams{
					Features: []*emulation.MediaFeature{{Name: "prefers-color-scheme", Value: scheme}},
				})
				require.NoError(t, err)
				do(t, ctx, chromedp.EmulateViewport(width, 900), chromedp.Navigate("about:blank"), chromedp.Navigate(url), chromedp.WaitReady("main"))
				require.LessOrEqual(t, evaluate[int64](t, ctx, "document.documentElement.scrollWidth"), width, "%s, %d wide, %s", name, width, scheme)
				if name != "large" { // which has no colours of its own
					require.Empty(t, evaluate[[]string](t, ctx, faint), "%s, %s", name, scheme)
				} else if width == 1280 {
					require.LessOrEqual(t, evaluate[int64](t, ctx, `document.querySelector(".heat").scrollWidth - document.querySelector("#map .scroll").clientWidth`), int64(0),
						"40 routes and 33 faults are seen as a whole")
				}
				for place, script := range map[string]string{"top": `scrollTo(0, 0)`, "map": `document.querySelector("#map, main").scrollIntoView()`, "cells": `document.querySelector("#route-1, main").scrollIntoView()`} {
					keep(t, ctx, fmt.Sprintf("%s-%d-%s-%s.png", name, width, scheme, place), script)
				}
			}
		}
		printed(t, ctx, name)
	}
	require.Empty(t, h.complaints)
}

// faint are texts whose contrast is below 4.5 (WCAG 2.2, contrast ratio).
const faint = `(() => {
  const rgb = (c) => c.match(/[\d.]+/g).map(Number);
  const light = (c) => { const [r, g, b] = rgb(c).map((v) => (v /= 255) <= 0.04045 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4); return 0.2126 * r + 0.7152 * g + 0.0722 * b; };
  const ground = (e) => { for (; e; e = e.parentElement) { const c = getComputedStyle(e).backgroundColor; if (!(rgb(c).length === 4 && rgb(c)[3] === 0)) return c; } return "rgb(255, 255, 255)"; };
  const bad = new Set();
  for (const e of document.querySelectorAll("main *, header *")) {
    if (![...e.childNodes].some((n) => n.nodeType === 3 && n.textContent.trim()) || !e.checkVisibility()) continue;
    const [a, b] = [light(getComputedStyle(e).color), light(ground(e))].sort((x, y) => y - x);
    if ((a + 0.05) / (b + 0.05) < 4.5) bad.add(e.tagName + "." + e.className);
  }
  return [...bad];
})()`

// printed makes a PDF: it must come to an end and hold something.
func printed(t *testing.T, ctx context.Context, name string) {
	t.Helper()
	out, err := chromedp.Call(ctx, cdppage.PrintToPDF, cdppage.PrintToPDFParams{PrintBackground: new(true)})
	require.NoError(t, err)
	require.NotEmpty(t, out.Data)
	if *screenshots != "" {
		require.NoError(t, os.WriteFile(filepath.Join(*screenshots, name+".pdf"), out.Data, 0o644))
	}
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
