package harness

import "time"

// Event is one thing that happened in a run, for whoever watches (the
// terminal, the drill page). Steps are declared before they run: every run
// begins with a Declared event per phase.
type Event struct {
	Scenario string
	Kind     EventKind
	Phase    Phase    // for PhaseBegin and PhaseEnd
	Text     string   // one line for a person
	Verdict  *Verdict // on RunEnd
	Record   *Record  // on RunEnd
	At       time.Time
}

// EventKind names an Event.
type EventKind string

// The event kinds, in the order of a run.
const (
	RunBegin   EventKind = "run-begin"
	PhaseBegin EventKind = "phase-begin"
	PhaseEnd   EventKind = "phase-end"
	Holding    EventKind = "holding" // --hold: the symptom is on; Text says how to look
	RunEnd     EventKind = "run-end"
)
