package main

import (
	"fmt"
	"io"
	"sync"
	"time"

	"github.com/jedib0t/go-pretty/v6/progress"

	"badgateway/harness/check"
	"badgateway/harness/report"
)

// steps say what goes on, by [check.Progress.Step].
var stepWords = map[string]string{
	"reading": "reading the configuration", "starting": "finding a pod in which it starts",
	"routes": "proving routes", "cells": "running cells",
}

// progressBar shows how far a check is: on a terminal a bar with the time left,
// elsewhere a line per step and tenth.
type progressBar struct {
	w    io.Writer
	bars progress.Writer // nil: lines

	mu      sync.Mutex
	step    string
	tenth   int
	tracker *progress.Tracker
	done    chan struct{}
}

func newProgress(w io.Writer, s report.Screen) *progressBar {
	b := &progressBar{w: w, done: make(chan struct{})}
	if !s.Terminal() {
		close(b.done)
		return b
	}
	b.bars = progress.NewWriter()
	b.bars.SetOutputWriter(w)
	b.bars.SetTerminalWidth(s.Width)
	b.bars.SetTrackerLength(20)
	b.bars.SetUpdateFrequency(200 * time.Millisecond)
	b.bars.SetStyle(progress.StyleDefault)
	b.bars.Style().Visibility = progress.StyleVisibility{ETA: true, Percentage: true, Time: true, Tracker: true, Value: true}
	go func() {
		defer close(b.done)
		b.bars.Render()
	}()
	return b
}

// tell shows one event.
func (b *progressBar) tell(p check.Progress) {
	b.mu.Lock()
	defer b.mu.Unlock()
	words := stepWords[p.Step]
	if p.Side != "" {
		words = p.Side + ": " + words
	}
	begins := words != b.step || p.Total > 0 && p.Done < 2
	b.step = words
	if b.bars == nil {
		b.line(p, words, begins)
		return
	}
	if begins && (b.tracker == nil || b.tracker.Message != words || b.tracker.IsDone()) {
		if b.tracker != nil {
			b.tracker.MarkAsDone()
		}
		b.tracker = &progress.Tracker{Message: words, Total: int64(p.Total)}
		b.bars.AppendTracker(b.tracker)
	}
	b.tracker.UpdateTotal(int64(p.Total))
	b.tracker.SetValue(int64(p.Done))
}

// line prints a step as it begins, and each tenth of one with a total.
func (b *progressBar) line(p check.Progress, words string, begins bool) {
	if p.Total == 0 {
		if begins {
			fmt.Fprintf(b.w, "%s\n", words) // a lost progress line loses nothing
		}
		return
	}
	tenth := 10 * p.Done / p.Total
	if begins {
		b.tenth = 0
	}
	if tenth > b.tenth {
		b.tenth = tenth
		fmt.Fprintf(b.w, "%s: %d/%d\n", words, p.Done, p.Total)
	}
}

// close ends the display.
func (b *progressBar) close() {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.bars == nil {
		return
	}
	if b.tracker != nil {
		b.tracker.MarkAsDone()
	}
	b.bars.Stop()
	<-b.done
}
