package harness

import (
	"context"
	"time"

	"badgateway/harness/nginx"
	"badgateway/harness/pod"
)

// Options are how scenarios are run.
type Options struct {
	Driver   pod.Driver
	Nginx    nginx.Build
	Timeouts pod.Timeouts
	Parallel int   // scenarios at a time; 0: as many as the machine bears (PodsPerCore)
	Seed     int64 // every random choice draws from it
	// Keep is a directory for artefacts (config, logs, record, capture), a
	// sub-directory per scenario; empty keeps nothing.
	Keep string
	// Capture records every packet of the pod's loopback device; with Keep it
	// becomes capture.pcap.
	Capture bool
	// Events receives every event, in order per scenario, from one goroutine
	// at a time. nil: nobody watches.
	Events func(Event)
	// Hold, when not nil, is called while the symptom is on and blocks until
	// the user has seen enough.
	Hold func(ctx context.Context, p *pod.Pod)
	// Without leaves out the fault ("break") or the remedy ("fix"): the
	// scenario must then fail. It tests the scenario, not nginx.
	Without string

	// about is what one probe of Nginx told, shared by the runs of RunAll.
	about *nginx.About
}

// The values of Options.Without.
const (
	WithoutBreak = "break"
	WithoutFix   = "fix"
)

// Summary is the result of [RunAll].
type Summary struct {
	Verdicts []Verdict // in the order of the scenarios given
	Records  []*Record
	Wall     time.Duration
}
