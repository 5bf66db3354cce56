package main

import (
	"fmt"
	"io"
	"strings"
	"sync"
	"time"

	"github.com/jedib0t/go-pretty/v6/text"

	"badgateway/harness/check"
	"badgateway/harness/report"
)

// stepWords say what goes on, by [check.Progress.Step].
var stepWords = map[string]string{
	"reading": "reading the configuration", "starting": "finding a pod in which it starts",
	"routes": "proving routes", "cells": "running cells", "again": "running again what differs",
}

// progressBar shows how far a check is: on a terminal in one line with the time
// left, which goes away at the end; elsewhere in a line per step and tenth.
type progressBar struct {
	w      io.Writer
	screen func() report.Screen
	live   bool // a terminal

	mu    sync.Mutex
	now   check.Progress
	words string
	begun time.Time // of the step
	tenth int

	stop, done chan struct{}
}

// newProgress begins to show progress on w. screen is asked before every frame,
// so that a resized terminal is drawn at its new size.
func newProgress(w io.Writer, screen func() report.Screen) *progressBar {
	b := &progressBar{w: w, screen: screen, live: screen().Terminal(), stop: make(chan struct{}), done: make(chan struct{})}
	if !b.live {
		close(b.done)
		return b
	}
	go b.tick()
	return b
}

func (b *progressBar) tick() {
	defer close(b.done)
	t := time.NewTicker(200 * time.Millisecond)
	defer t.Stop()
	for {
		select {
		case <-b.stop:
			return
		case <-t.C:
			b.draw()
		}
	}
}

// tell takes one event in.
func (b *progressBar) tell(p check.Progress) {
	b.mu.Lock()
	words := stepWords[p.Step]
	if p.Side != "" {
		words = p.Side + ": " + words
	}
	begins := words != b.words || p.Total != b.now.Total || p.Done < b.now.Done
	b.now, b.words = p, words
	if begins {
		b.begun, b.tenth = time.Now(), 0
	}
	b.mu.Unlock()
	switch {
	case !b.live:
		b.line(begins)
	case begins:
		b.draw()
	}
}

// line prints a step as it begins, and each tenth of one with a total.
func (b *progressBar) line(begins bool) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.now.Total == 0 {
		if begins {
			fmt.Fprintln(b.w, b.words) // a lost progress line loses nothing
		}
		return
	}
	if tenth := 10 * b.now.Done / b.now.Total; tenth > b.tenth {
		b.tenth = tenth
		fmt.Fprintf(b.w, "%s: %d/%d\n", b.words, b.now.Done, b.now.Total)
	}
}

// eraseLine goes to the line's beginning and erases it (ECMA-48: EL).
const eraseLine = "\r\x1b[K"

// draw replaces the line.
func (b *progressBar) draw() {
	b.mu.Lock()
	defer b.mu.Unlock()
	select {
	case <-b.stop: // an event that comes late
	default:
		if s := b.screen(); b.words != "" {
			io.WriteString(b.w, eraseLine+text.Snip(b.frame(time.Now()), max(s.Width-1, 1), "…"))
		}
	}
}

// frame is the line at a moment.
func (b *progressBar) frame(now time.Time) string {
	const cells = 20
	spent := now.Sub(b.begun)
	running := max(spent, 0).Truncate(time.Second).String()
	if b.now.Total == 0 {
		return b.words + "  " + running
	}
	filled := min(cells*b.now.Done/b.now.Total, cells)
	line := fmt.Sprintf("[%s%s] %d/%d  %s  %s", strings.Repeat("#", filled), strings.Repeat(".", cells-filled),
		b.now.Done, b.now.Total, b.words, running)
	if left := b.left(spent); left >= time.Second {
		line += ", about " + left.Round(time.Second).String() + " left"
	}
	return line
}

// left is about how long the cells will yet take, at the pace so far; 0 as long
// as there is none. In a comparison the other runs of all cells count too.
func (b *progressBar) left(spent time.Duration) time.Duration {
	if b.now.Step != "cells" || spent < time.Second || b.now.Done == 0 {
		return 0
	}
	return spent / time.Duration(b.now.Done) * time.Duration(b.now.Total-b.now.Done)
}

// close ends the display and takes the line away. Safe twice.
func (b *progressBar) close() {
	b.mu.Lock()
	select {
	case <-b.stop:
		b.mu.Unlock()
		return
	default:
		close(b.stop)
	}
	b.mu.Unlock()
	<-b.done
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.live && b.words != "" {
		io.WriteString(b.w, eraseLine)
	}
}
