package report_test

import (
	"bytes"
	"errors"
	"fmt"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/jedib0t/go-pretty/v6/text"
	"github.com/stretchr/testify/require"

	"badgateway/harness"
	"badgateway/harness/report"
)

var start = time.Date(2026, 11, 20, 3, 0, 0, 0, time.UTC)

func begin(name string) harness.Event {
	return harness.Event{Scenario: name, Kind: harness.RunBegin, At: start}
}

func ended(v harness.Verdict) harness.Event {
	return harness.Event{Scenario: v.Name, Kind: harness.RunEnd, Verdict: &v}
}

func TestLiveFrame(t *testing.T) {
	l := report.NewLive(52, start)
	for _, e := range []harness.Event{
		begin("upstream/refused"), begin("timeout/slow-answer"), begin("tls/x"), begin("dns/y"),
		{Scenario: "timeout/slow-answer", Kind: harness.PhaseBegin, Phase: harness.Broken},
		ended(harness.Verdict{Name: "upstream/refused", Outcome: harness.Pass}),
		ended(harness.Verdict{Name: "tls/x", Outcome: harness.Fail}),
		ended(harness.Verdict{Name: "dns/y", Outcome: harness.Skip}),
		begin("health/all-dead"),
	} {
		l.Apply(e)
	}
	require.Equal(t, []string{
		"[#...................] 3/52  1 passed, 1 failed, 1 skipped  1m3s",
		"  timeout/slow-answer  broken: waiting for the symptom, 1m3s",
		"  health/all-dead      starting, 1m3s",
	}, l.Frame(narrow, start.Add(63500*time.Millisecond)))
}

// A frame never outgrows the terminal: a redraw could not reach its top.
func TestLiveFrameFits(t *testing.T) {
	l := report.NewLive(100, start)
	for i := range 60 {
		l.Apply(begin(fmt.Sprintf("family/%s-%d", strings.Repeat("long-", 20), i)))
	}
	for _, s := range []report.Screen{narrow, wide, colorful, {Width: 20, Height: 3}, {Width: 5, Height: 2}, {Width: 1, Height: 1}} {
		frame := l.Frame(s, start)
		require.LessOrEqual(t, len(frame), max(s.Height-1, 1))
		for _, line := range frame {
			require.LessOrEqual(t, text.StringWidthWithoutEscSequences(line), s.Width, "%+v: %q", s, line)
		}
	}
	frame := l.Frame(narrow, start)
	require.Equal(t, "  and 39 more", frame[len(frame)-1])
}

func TestDisplayLines(t *testing.T) {
	var out bytes.Buffer
	d := report.NewDisplay(&out, func() report.Screen { return pipe }, 2, false)
	d.Event(begin("upstream/refused"))
	d.Event(ended(sample().Verdicts[0]))
	d.Event(ended(failed))
	d.Note("stopping")
	require.NoError(t, d.Close())
	require.NoError(t, d.Close())
	d.Note("late")
	d.Event(ended(failed))
	require.Equal(t, report.Line(pipe, sample().Verdicts[0])+"\n"+report.Line(pipe, failed)+"\nstopping\n", out.String())
}

// On a terminal the view is redrawn as time passes, a failure stays above it,
// and nothing of the view is left at the end.
func TestDisplayRedraws(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var out bytes.Buffer
		d := report.NewDisplay(&out, func() report.Screen { return narrow }, 2, false)
		d.Event(harness.Event{Scenario: "tls/x", Kind: harness.RunBegin, At: time.Now()})
		time.Sleep(1300 * time.Millisecond) // the fake clock's
		synctest.Wait()
		d.Event(ended(failed))
		d.Note("stopping")
		time.Sleep(time.Second)
		require.NoError(t, d.Close())
		require.Contains(t, out.String(), "tls/x  starting, 1s")

		screen := terminal(out.String())
		require.Len(t, screen, 2, "%q", screen)
		require.Contains(t, screen[0], "FAIL timeout/slow-answer")
		require.Equal(t, "stopping", screen[1])

		written := out.Len()
		d.Event(ended(failed))
		require.Equal(t, written, out.Len(), "nothing is drawn after the end")
	})
}

// terminal plays what was written and returns the lines left on the screen. It
// knows the two sequences that the display uses.
func terminal(written string) []string {
	lines, row := []string{""}, 0
	for len(written) > 0 {
		var up int
		if n, _ := fmt.Sscanf(written, "\x1b[%dA\r\x1b[J", &up); n == 1 {
			row -= up
			lines = append(lines[:row:row], "")
			written = written[strings.Index(written, "J")+1:]
			continue
		}
		if written[0] == '\n' {
			row++
			lines = append(lines, "")
		} else {
			lines[row] += written[:1]
		}
		written = written[1:]
	}
	return lines[:row]
}

type closedPipe struct{ writes int }

var errPipe = errors.New("broken pipe")

func (p *closedPipe) Write([]byte) (int, error) { p.writes++; return 0, errPipe }

func TestDisplayOutlivesItsReader(t *testing.T) {
	var p closedPipe
	d := report.NewDisplay(&p, func() report.Screen { return pipe }, 2, false)
	d.Event(ended(failed))
	d.Event(ended(failed))
	require.ErrorIs(t, d.Close(), errPipe)
	require.Equal(t, 1, p.writes)
}
