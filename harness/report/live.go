package report

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"badgateway/harness"
)

// Live is what a terminal shows while scenarios run: a progress line and one
// line per running scenario. It is plain state; [Display] draws it.
type Live struct {
	total      int
	started    time.Time
	running    []running // oldest first
	pass, fail int
	skip       int
}

type running struct {
	name  string
	doing string
	since time.Time
}

// NewLive returns the state before the first event of total scenarios.
func NewLive(total int, started time.Time) *Live {
	return &Live{total: total, started: started}
}

// Apply takes one event in.
func (l *Live) Apply(e harness.Event) {
	i := slices.IndexFunc(l.running, func(r running) bool { return r.name == e.Scenario })
	if e.Kind == harness.RunEnd {
		if i >= 0 {
			l.running = slices.Delete(l.running, i, i+1)
		}
		l.count(e.Verdict)
		return
	}
	if i < 0 {
		l.running = append(l.running, running{name: e.Scenario, doing: "starting", since: e.At})
		i = len(l.running) - 1
	}
	switch e.Kind {
	case harness.PhaseBegin:
		l.running[i].doing = phaseText(e.Phase)
	case harness.Holding:
		l.running[i].doing = "holding"
	}
}

func (l *Live) count(v *harness.Verdict) {
	switch {
	case v == nil:
	case v.Outcome == harness.Pass:
		l.pass++
	case v.Outcome == harness.Skip:
		l.skip++
	default:
		l.fail++
	}
}

// phaseText says what goes on in a phase.
func phaseText(p harness.Phase) string {
	switch p {
	case harness.Healthy:
		return "healthy: probing"
	case harness.Broken:
		return "broken: waiting for the symptom"
	case harness.Fixed:
		return "fixed: verifying"
	}
	return string(p)
}

// Frame is the view at a moment: at most s.Height-1 lines, none wider than s.
func (l *Live) Frame(s Screen, now time.Time) []string {
	lines := []string{s.cut(l.progress(s, now))}
	room := max(s.Height-2, 0)
	shown := l.running
	if len(shown) > room {
		shown = shown[:max(room-1, 0)]
	}
	width := 0
	for _, r := range shown {
		width = max(width, len(r.name))
	}
	for _, r := range shown {
		line := fmt.Sprintf("  %-*s  %s", width, r.name, s.faint(r.doing+", "+elapsed(now.Sub(r.since))))
		lines = append(lines, s.cut(line))
	}
	if hidden := len(l.running) - len(shown); hidden > 0 && room > 0 {
		lines = append(lines, s.cut(fmt.Sprintf("  and %d more", hidden)))
	}
	return lines
}

func (l *Live) progress(s Screen, now time.Time) string {
	const cells = 20
	done := l.pass + l.fail + l.skip
	filled := 0
	if l.total > 0 {
		filled = min(done*cells/l.total, cells)
	}
	line := fmt.Sprintf("[%s%s] %d/%d  %s", strings.Repeat("#", filled), strings.Repeat(".", cells-filled),
		done, l.total, s.green(fmt.Sprintf("%d passed", l.pass)))
	if l.fail > 0 {
		line += ", " + s.red(fmt.Sprintf("%d failed", l.fail))
	}
	if l.skip > 0 {
		line += ", " + s.yellow(fmt.Sprintf("%d skipped", l.skip))
	}
	return line + "  " + elapsed(now.Sub(l.started))
}

// elapsed is a running time in whole seconds: it must not flicker.
func elapsed(d time.Duration) string { return max(d, 0).Truncate(time.Second).String() }
