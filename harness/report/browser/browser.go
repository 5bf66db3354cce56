// Package browser opens the pages of reports in a headless Chromium, for tests:
// what a reader does, sees and is told, at a width and in a colour scheme. It is
// no part of the command.
package browser

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/cdproto/input"
	"github.com/chromedp/cdproto/log"
	"github.com/chromedp/cdproto/network"
	"github.com/chromedp/cdproto/page"
	"github.com/chromedp/cdproto/runtime"
	"github.com/chromedp/chromedp"

	"badgateway/harness"
)

// limit is how long all that a test does with a page may take; only a browser that
// hangs takes it, also on a machine that is busy.
const limit = 10 * time.Minute

// Page is a window of a browser, for the length of a test. What cannot be done
// fails the test.
type Page struct {
	t        harness.T
	ctx      context.Context
	pictures string

	mu                   sync.Mutex
	complaints, requests []string
}

// Open starts a headless Chromium. Without one the test is skipped, and fails
// where BADGATEWAY_REQUIRE is set. Pictures are written to a directory; empty:
// none are taken.
func Open(t harness.T, pictures string) *Page {
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
		if os.Getenv("BADGATEWAY_REQUIRE") == "1" {
			t.Fatalf(missing)
		}
		t.Skipf(missing)
	}
	options := append(chromedp.DefaultExecAllocatorOptions[:], chromedp.ExecPath(program), chromedp.NoSandbox)
	ctx, cancel := chromedp.NewExecAllocator(t.Context(), options...)
	t.Cleanup(cancel)
	ctx, cancel = chromedp.NewContext(ctx)
	t.Cleanup(cancel)
	p := &Page{t: t, ctx: ctx, pictures: pictures}
	p.must("start "+program, chromedp.Do(ctx))
	p.must("listen to the browser", chromedp.Listen(ctx, p.hear))
	_, err := chromedp.Call(ctx, network.Enable, network.EnableParams{})
	p.must("watch requests", err)
	_, err = chromedp.Call(ctx, log.Enable, cdp.Empty{})
	p.must("watch the log", err)
	p.ctx, cancel = context.WithTimeout(ctx, limit)
	t.Cleanup(cancel)
	return p
}

func (p *Page) must(doing string, err error) {
	p.t.Helper()
	if err != nil {
		p.t.Fatalf("%s: %v", doing, err)
	}
}

// hear keeps what the page says and asks for.
func (p *Page) hear(ev any) {
	p.mu.Lock()
	defer p.mu.Unlock()
	switch e := ev.(type) {
	case *runtime.EventConsoleAPICalled:
		p.complaints = append(p.complaints, fmt.Sprintf("console %s: %v", e.Type, e.Args))
	case *runtime.EventExceptionThrown:
		p.complaints = append(p.complaints, fmt.Sprintf("exception: %+v", e.ExceptionDetails))
	case *log.EventEntryAdded:
		p.complaints = append(p.complaints, e.Entry.Text)
	case *network.EventRequestWillBeSent:
		own := func(scheme string) bool { return strings.HasPrefix(e.Request.URL, scheme) }
		if !slices.ContainsFunc([]string{"file:///", "data:", "about:blank"}, own) {
			p.requests = append(p.requests, e.Request.URL)
		}
	}
}

// Said are the page's errors, warnings and exceptions so far.
func (p *Page) Said() []string { return p.heard(&p.complaints) }

// Asked are its requests to a network so far: a page that is complete in itself
// makes none.
func (p *Page) Asked() []string { return p.heard(&p.requests) }

func (p *Page) heard(list *[]string) []string {
	p.mu.Lock()
	defer p.mu.Unlock()
	return slices.Clone(*list)
}

// Go opens an address in a window of a width (in CSS pixels, 900 high), anew
// also where it differs in the fragment alone.
func (p *Page) Go(url string, width int64) {
	p.t.Helper()
	p.Do(chromedp.EmulateViewport(width, 900), chromedp.Navigate("about:blank"), chromedp.Navigate(url), chromedp.WaitReady("main"))
}

// Scheme is the reader's: "light" or "dark".
func (p *Page) Scheme(name string) {
	p.t.Helper()
	_, err := chromedp.Call(p.ctx, emulation.SetEmulatedMedia, emulation.SetEmulatedMediaParams{
		Features: []*emulation.MediaFeature{{Name: "prefers-color-scheme", Value: name}},
	})
	p.must("prefer "+name, err)
}

// Do performs what a reader does.
func (p *Page) Do(actions ...chromedp.Action[chromedp.Void]) {
	p.t.Helper()
	p.must("act in the page", chromedp.Do(p.ctx, actions...))
}

// Slash presses "/" as a keyboard does: its character comes only when the page
// lets the key pass. [chromedp.KeyEvent] sends both in any case.
func (p *Page) Slash() {
	p.t.Helper()
	for _, kind := range []input.DispatchKeyEventType{input.DispatchKeyEventTypeKeyDown, input.DispatchKeyEventTypeKeyUp} {
		_, err := chromedp.Call(p.ctx, input.DispatchKeyEvent, input.DispatchKeyEventParams{Type: kind, Key: "/", Code: "Slash", Text: "/"})
		p.must("press a key", err)
	}
}

// Picture writes what the window shows at a place of the page, to which a
// script goes.
func (p *Page) Picture(name, script string) {
	p.t.Helper()
	if p.pictures == "" {
		return
	}
	p.Do(chromedp.Evaluate[chromedp.Void](script))
	png, err := chromedp.Run(p.ctx, chromedp.CaptureScreenshot())
	p.must("take a picture", err)
	p.must("keep a picture", os.WriteFile(filepath.Join(p.pictures, name), png, 0o644))
}

// Print is the page as PDF; it is kept among the pictures, if these are.
func (p *Page) Print(name string) []byte {
	p.t.Helper()
	out, err := chromedp.Call(p.ctx, page.PrintToPDF, page.PrintToPDFParams{PrintBackground: new(true)})
	p.must("print", err)
	if p.pictures != "" {
		p.must("keep the print", os.WriteFile(filepath.Join(p.pictures, name), out.Data, 0o644))
	}
	return out.Data
}

// Eval is the value of a script in the page.
func Eval[T any](p *Page, script string) T {
	p.t.Helper()
	value, err := chromedp.Run(p.ctx, chromedp.Evaluate[T](script))
	p.must("evaluate "+script, err)
	return value
}

// Faint are the elements whose text stands out less from its ground than WCAG
// 2.2, 1.4.3 asks: a contrast of 4.5, of 3 where it is large.
func (p *Page) Faint() []string { p.t.Helper(); return Eval[[]string](p, faint) }

const faint = `(() => {
  const rgb = (c) => c.match(/[\d.]+/g).map(Number);
  const light = (c) => { const [r, g, b] = rgb(c).map((v) => (v /= 255) <= 0.04045 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4); return 0.2126 * r + 0.7152 * g + 0.0722 * b; };
  const ground = (e) => { for (; e; e = e.parentElement) { const c = getComputedStyle(e).backgroundColor; if (!(rgb(c).length === 4 && rgb(c)[3] === 0)) return c; } return "rgb(255, 255, 255)"; };
  const bad = new Set();
  for (const e of document.querySelectorAll("body *")) {
    if (![...e.childNodes].some((n) => n.nodeType === 3 && n.textContent.trim()) || !e.checkVisibility() || e.closest("svg, script, style")) continue;
    const style = getComputedStyle(e);
    const [a, b] = [light(style.color), light(ground(e))].sort((x, y) => y - x);
    const size = parseFloat(style.fontSize);
    const enough = size >= 24 || size >= 18.66 && style.fontWeight >= 700 ? 3 : 4.5;
    if ((a + 0.05) / (b + 0.05) < enough) bad.add(e.tagName + "." + e.className);
  }
  return [...bad];
})()`
