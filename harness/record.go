package harness

import (
	"time"

	"badgateway/backends"
	"badgateway/harness/nginx"
	"badgateway/harness/pod"
)

// Phase is one step of a run, in order.
type Phase string

// The phases.
const (
	Healthy Phase = "healthy"
	Broken  Phase = "broken"
	Fixed   Phase = "fixed"
)

// Trapped is the phase of [Tried.Step]. It is none of a run's three: traps are
// tried between broken and fixed.
const Trapped Phase = "trap"

// Record is everything one run observed, as offsets from the pod's base time.
// It is plain data: saved as JSON, judged again without nginx.
type Record struct {
	Scenario string      `json:"scenario"`
	Driver   string      `json:"driver"`
	Nginx    nginx.Build `json:"nginx"`
	Seed     int64       `json:"seed"`
	// Confined is the policy under which the machine put nginx, by itself:
	// "nginx (enforce)" is an AppArmor profile; empty where it put it under none.
	Confined string       `json:"confined,omitempty"`
	Steps    []Step       `json:"steps"`
	Windows  []pod.Window `json:"windows"`
	// Tried are the traps of the fix, in order.
	Tried []Tried `json:"tried,omitempty"`
	// Recovery is what came between the remedy and the first 200, that one
	// included; nil where it is not asked for.
	Recovery *Step `json:"recovery,omitempty"`

	Conns    []backends.Conn    `json:"conns"`
	Attempts []backends.Attempt `json:"attempts"`
	// Queries are the questions to the pod's DNS server, with its answers.
	Queries []pod.Query `json:"queries,omitempty"`
	// Skip is why the scenario was not run; Error is why the run ended early.
	Skip  string `json:"skip,omitempty"`
	Error string `json:"error,omitempty"`
	// Seconds is the wall time of the whole run, pod included.
	Seconds float64 `json:"seconds"`
}

// Step is one phase with what client and error log showed in it.
type Step struct {
	Phase     Phase          `json:"phase"`
	From      time.Duration  `json:"from"`
	To        time.Duration  `json:"to"`
	Responses []pod.Response `json:"responses"`
	// Changes are those made under traffic: Responses were then under way, and
	// Meanwhile were made before a change was over.
	Changes   []Changed      `json:"changes,omitempty"`
	Meanwhile []pod.Response `json:"meanwhile,omitempty"`
	// Log are the error-log lines written during the step.
	Log []nginx.Line `json:"log"`
	// Access are the raw access-log lines written during the step.
	Access []string `json:"access,omitempty"`
	// Looks are the commands run behind the step's end, in the order of
	// Scenario.Looks. What they do at nginx and the backends is in no step.
	Looks []Looked `json:"looks,omitempty"`
}

// Looked is a [Look] that was run.
type Looked struct {
	Command string `json:"command"`
	// Output is what it printed, standard error included; of more than 8 KiB
	// the beginning.
	Output string `json:"output"`
	Code   int    `json:"code"` // exit code; 128+n when killed by signal n
	// Missing is a tool that is not there: the command was not run.
	Missing string `json:"missing,omitempty"`
}

// Tried is a [Trap] that was deployed and taken back.
type Tried struct {
	Title string `json:"title"`
	// Refused says that nginx -t (or, where nginx did not run, its start)
	// refused the configuration; Said is what it then printed.
	Refused bool   `json:"refused,omitempty"`
	Said    string `json:"said,omitempty"`
	// Step is what client and log showed with the trap in place.
	Step Step `json:"step"`
}

// Verdict is what [Judge] makes of a Record.
type Verdict struct {
	Name    string `json:"name"`
	Outcome string `json:"outcome"` // pass, fail or skip
	// Reason is why it failed or was skipped; Reasons holds all of them.
	Reason  string   `json:"reason,omitempty"`
	Reasons []string `json:"-"`
	Symptom *Seen    `json:"symptom,omitempty"`
	Verify  *Seen    `json:"verify,omitempty"`
	Seconds float64  `json:"seconds"`
}

// The outcomes of a Verdict.
const (
	Pass = "pass"
	Fail = "fail"
	Skip = "skip"
)

// Seen is what client and error log showed in one phase.
type Seen struct {
	Client     pod.Outcome `json:"client"`
	Status     int         `json:"status"`
	Requests   int         `json:"requests"`             // how many in a row
	Signatures []string    `json:"signatures,omitempty"` // names, in order of first appearance
	Line       string      `json:"line,omitempty"`       // the first error-log line that matched
	Fix        string      `json:"fix,omitempty"`        // on verify: what was applied
	TotalMS    float64     `json:"total_ms"`             // slowest request
}
