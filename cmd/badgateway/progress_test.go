package main

import (
	"bytes"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"badgateway/harness/check"
	"badgateway/harness/report"
)

func narrow() report.Screen { return report.Screen{Width: 60, Height: 24} }
func pipe() report.Screen   { return report.Screen{} }

// In a pipe a step is a line as it begins, and then one per tenth.
func TestProgressLines(t *testing.T) {
	var out bytes.Buffer
	b := newProgress(&out, pipe)
	b.tell(check.Progress{Step: "reading"})
	for _, run := range []check.Progress{{Step: "routes", Side: "old"}, {Step: "cells"}, {Step: "again"}, {Step: "again"}} {
		for run.Total = 40; run.Done < run.Total; {
			run.Done++
			b.tell(run)
		}
	}
	b.close()
	lines := strings.Split(strings.TrimSpace(out.String()), "\n")
	require.Len(t, lines, 1+4*10, "a second run begins anew")
	require.Equal(t, "reading the configuration", lines[0])
	require.Equal(t, "old: proving routes: 4/40", lines[1])
	require.Equal(t, "running cells: 4/40", lines[11])
	require.Equal(t, "running again what differs: 4/40", lines[31])
	require.Equal(t, "running again what differs: 40/40", lines[40])
	require.NotContains(t, out.String(), "\x1b")
}

// On a terminal there is one line, which is gone at the end.
func TestProgressOnTerminal(t *testing.T) {
	var out bytes.Buffer
	b := newProgress(&out, narrow)
	b.tell(check.Progress{Step: "reading"})
	b.tell(check.Progress{Step: "cells", Done: 1, Total: 629})
	b.close()
	b.close()
	b.tell(check.Progress{Step: "routes", Done: 1, Total: 2})
	require.NotContains(t, out.String(), "\n")
	require.Contains(t, out.String(), eraseLine+"[....................] 1/629  running cells  0s")
	require.True(t, strings.HasSuffix(out.String(), eraseLine), "%q", out.String())
}

func TestProgressWithoutEvents(t *testing.T) {
	var out bytes.Buffer
	newProgress(&out, narrow).close()
	require.Empty(t, out.String())
}

func TestTimeLeft(t *testing.T) {
	begun := time.Now()
	b := &progressBar{words: "running cells", begun: begun, now: check.Progress{Step: "cells", Done: 100, Total: 400}}
	require.Equal(t, "[#####...............] 100/400  running cells  20s, about 1m0s left", b.frame(begun.Add(20*time.Second)))
	b.now.Done = 0
	require.NotContains(t, b.frame(begun.Add(20*time.Second)), "left", "no pace is known yet")
}
