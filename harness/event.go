package harness

import "time"

// Event is one thing that happened in a run, for whoever watches (the
// terminal, the drill page). Phases are declared before they run: RunBegin is
// followed by one PhaseDeclared per phase.
type Event struct {
	Scenario string
	Kind     EventKind
	Phase    Phase    // for PhaseDeclared, PhaseBegin, PhaseEnd and Holding
	Text     string   // one line for a person
	Verdict  *Verdict // on RunEnd
	Record   *Record  // on RunEnd
	At       time.Time
}

// EventKind names an Event.
type EventKind string

// The event kinds, in the order of a run.
const (
	RunBegin      EventKind = "run-begin"
	PhaseDeclared EventKind = "phase-declared" // Text says what the phase will do
	PhaseBegin    EventKind = "phase-begin"
	PhaseEnd      EventKind = "phase-end" // Text says what was seen
	LookedAt      EventKind = "look"      // a Look was run; Text is the command with what it told
	TrapTried     EventKind = "trap"      // a Trap was tried; Text says what was seen
	Holding       EventKind = "holding"   // --hold: the symptom is on; Text says how to look
	RunEnd        EventKind = "run-end"
)
