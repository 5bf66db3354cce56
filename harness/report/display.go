package report

import (
	"fmt"
	"io"
	"strings"
	"sync"
	"time"

	"badgateway/harness"
)

// redraw is how often a terminal's running times advance.
const redraw = 200 * time.Millisecond

// Display shows a run while it goes on. On a terminal it redraws a [Live] in
// place, lets failures scroll by above it, and takes it away at the end;
// elsewhere it writes a [Line] per finished scenario. A writer that fails is
// not written to again: the run matters more than whoever watched it.
type Display struct {
	w      io.Writer
	screen func() Screen

	mu    sync.Mutex
	live  *Live // nil: lines only
	drawn int   // lines of the last frame, still on the terminal
	err   error

	stop chan struct{}
	done chan struct{}
}

// NewDisplay starts to show a run of total scenarios on w. screen is asked
// before every frame, so that a resized terminal is drawn at its new size.
// lines forces plain lines on a terminal too.
func NewDisplay(w io.Writer, screen func() Screen, total int, lines bool) *Display {
	d := &Display{w: w, screen: screen, stop: make(chan struct{}), done: make(chan struct{})}
	if lines || !screen().Terminal() {
		close(d.done)
		return d
	}
	d.live = NewLive(total, time.Now())
	go d.tick()
	return d
}

func (d *Display) tick() {
	defer close(d.done)
	t := time.NewTicker(redraw)
	defer t.Stop()
	for {
		select {
		case <-d.stop:
			return
		case <-t.C:
			d.mu.Lock()
			d.draw("")
			d.mu.Unlock()
		}
	}
}

// Event shows one event; nothing after Close.
func (d *Display) Event(e harness.Event) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.closed() {
		return
	}
	ended := e.Kind == harness.RunEnd && e.Verdict != nil
	if d.live == nil {
		if ended {
			d.write(Line(d.screen(), *e.Verdict) + "\n")
		}
		return
	}
	d.live.Apply(e)
	if ended && e.Verdict.Outcome == harness.Fail {
		s := d.screen()
		d.draw(s.cut(Line(s, *e.Verdict)) + "\n")
	}
}

// draw replaces the last frame by lines that stay and a new frame.
func (d *Display) draw(stays string) {
	frame := d.live.Frame(d.screen(), time.Now())
	d.write(d.erase() + stays + strings.Join(frame, "\n") + "\n")
	d.drawn = len(frame)
}

// erase moves to the first line of the last frame and clears from there
// (ECMA-48: CUU, ED).
func (d *Display) erase() string {
	if d.drawn == 0 {
		return ""
	}
	n := d.drawn
	d.drawn = 0
	return fmt.Sprintf("\x1b[%dA\r\x1b[J", n)
}

func (d *Display) write(text string) {
	if d.err == nil {
		_, d.err = io.WriteString(d.w, text)
	}
}

// closed reports whether Close was called; d.mu is held.
func (d *Display) closed() bool {
	select {
	case <-d.stop:
		return true
	default:
		return false
	}
}

// Close ends the display and clears the live view; it returns the first error
// of the writer. Safe twice.
func (d *Display) Close() error {
	d.mu.Lock()
	if !d.closed() {
		close(d.stop)
	}
	d.mu.Unlock()
	<-d.done
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.drawn > 0 {
		d.write(d.erase())
	}
	return d.err
}

// Note prints a line that stays; nothing after Close.
func (d *Display) Note(line string) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.closed() {
		return
	}
	if d.live == nil {
		d.write(line + "\n")
		return
	}
	d.draw(d.screen().cut(line) + "\n")
}
