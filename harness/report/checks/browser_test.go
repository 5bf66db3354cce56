package checks_test

import (
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"
	"github.com/stretchr/testify/require"

	"badgateway/harness/check/result"
	"badgateway/harness/pod"
	"badgateway/harness/report/browser"
	"badgateway/harness/report/checks"
)

var screenshots = flag.String("screenshots", "", "write pictures of the page to `DIR`")

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

// shown are the ids of the cells that a reader sees, behind the heat-map.
const shown = `[...document.querySelectorAll("tr.entry[id]")].filter((e) => e.checkVisibility()).map((e) => e.id)`

// TestPageInBrowser: every cell is there and linked, "/" and the filter work, and
// the page neither complains nor asks any network.
func TestPageInBrowser(t *testing.T) {
	p := browser.Open(t, *screenshots)
	r := large()
	p.Go(pageFile(t, r), 1280)
	require.Len(t, browser.Eval[[]string](p, shown), len(r.Cells))
	require.Equal(t, len(r.Cells), browser.Eval[int](p, `document.querySelectorAll(".heat td a").length`))
	require.Empty(t, browser.Eval[[]string](p, `[...document.querySelectorAll("a[href]")].map((a) => a.getAttribute("href")).filter((h) => !h.startsWith("#") || !document.getElementById(h.slice(1)))`),
		"links that lead nowhere")
	for i, route := range r.Routes {
		require.Equal(t, route.ID, browser.Eval[string](p, fmt.Sprintf(`document.querySelector("#route-%d h3").textContent`, i+1)))
	}

	const focused = `document.activeElement.id || document.activeElement.tagName`
	p.Slash()
	require.Equal(t, "filter", browser.Eval[string](p, focused))
	p.Do(chromedp.KeyEvent("shop-07 kind-32 post"))
	require.Equal(t, []string{"route-8-fault-of-a-kind-32-POST"}, browser.Eval[[]string](p, shown))
	require.Equal(t, 1, browser.Eval[int](p, `[...document.querySelectorAll("#cells article")].filter((a) => a.checkVisibility()).length`), "routes without a hit are hidden")
	require.Equal(t, 1, browser.Eval[int](p, `[...document.querySelectorAll(".heat tbody tr")].filter((a) => a.checkVisibility()).length`), "in the heat-map too")
	require.Empty(t, browser.Eval[[]string](p, `[...document.querySelectorAll("#findings article")].filter((a) => a.checkVisibility()).map((a) => a.textContent)`), "rules without a hit are hidden")
	require.Regexp(t, `^1 of \d+$`, browser.Eval[string](p, `document.getElementById("shown").value`))
	p.Do(chromedp.KeyEvent(kb.Escape))
	require.Len(t, browser.Eval[[]string](p, shown), len(r.Cells))
	require.Equal(t, "BODY", browser.Eval[string](p, focused))
	p.Slash()
	p.Do(chromedp.KeyEvent("no such words"))
	require.Empty(t, browser.Eval[[]string](p, shown))

	// A link to a cell leads there although it is filtered out.
	p.Do(chromedp.Evaluate[chromedp.Void](`location.hash = "#route-3-fault-of-a-kind-05-GET"`),
		chromedp.Poll[chromedp.Void](`document.getElementById("route-3-fault-of-a-kind-05-GET").checkVisibility()`))

	require.Empty(t, p.Said())
	require.Empty(t, p.Asked(), "the page asked the network")
}

// TestPageFits opens pages at each width and in each colour scheme: nothing may
// be wider than the window, and text must stand out from its ground as WCAG 2.2,
// 1.4.3 asks. With -screenshots the pictures are kept.
func TestPageFits(t *testing.T) {
	p := browser.Open(t, *screenshots)
	for name, r := range map[string]result.Report{"large": large(), "small": shades(), "diff": compared(), "empty": {}} {
		url := pageFile(t, r)
		for _, width := range []int64{390, 1280} {
			for _, scheme := range []string{"light", "dark"} {
				if name == "large" && scheme == "dark" && *screenshots == "" {
					continue // it takes long, and is drawn as the small one
				}
				p.Scheme(scheme)
				p.Go(url, width)
				require.LessOrEqual(t, browser.Eval[int64](p, "document.documentElement.scrollWidth"), width, "%s, %d wide, %s", name, width, scheme)
				if name != "large" { // which has no colours of its own
					require.Empty(t, p.Faint(), "%s, %s", name, scheme)
				} else if width == 1280 {
					require.LessOrEqual(t, browser.Eval[int64](p, `document.querySelector(".heat").scrollWidth - document.querySelector("#map .scroll").clientWidth`), int64(0),
						"40 routes and 33 faults are seen as a whole")
				}
				for place, script := range map[string]string{"top": `scrollTo(0, 0)`, "map": `document.querySelector("#map, main").scrollIntoView()`, "cells": `document.querySelector("#route-1, main").scrollIntoView()`} {
					p.Picture(fmt.Sprintf("%s-%d-%s-%s.png", name, width, scheme, place), script)
				}
			}
		}
		require.NotEmpty(t, p.Print(name+".pdf"))
	}
	require.Empty(t, p.Said())
}
