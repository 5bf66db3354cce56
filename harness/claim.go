package harness

import (
	"badgateway/harness/nginx"
	"badgateway/harness/pod"
)

// Ruling is what experiment says of a statement.
type Ruling string

// The rulings.
const (
	Confirmed   Ruling = "confirmed"
	Refuted     Ruling = "refuted"     // Claim.Note says what really happens
	Conditional Ruling = "conditional" // Claim.Note says on what it depends
)

// Claim is one statement of the runbook that a scenario decides.
type Claim struct {
	ID     string `json:"id"` // "S4.1"
	Ruling Ruling `json:"verdict"`
	// Note is one line: what really happens, or on what it depends; may be
	// empty for a confirmed statement.
	Note string `json:"note,omitempty"`
}

// Look is a command that the runbook tells the operator to run, executed beside
// nginx in the broken state and again after the fix. It tells them apart when
// its output does.
type Look struct {
	// Claim is the id of the statement about the command.
	Claim string `json:"claim"`
	// Command is run by sh -c.
	Command string `json:"command"`
	// Machine runs it on the machine of this program instead of in the pod, which
	// shows nothing of the machine's security modules: getenforce and aa-status
	// would say there that it has none. It must change nothing.
	Machine bool `json:"machine,omitempty"`
	// Broken and Fixed are regular expressions (RE2) that the output, standard
	// error included and without line ends behind it, must match in that
	// state; empty: any output.
	Broken string `json:"broken,omitempty"`
	Fixed  string `json:"fixed,omitempty"`
	// Tools are the programs that it needs; one that is not there leaves the
	// command out, which the record says.
	Tools []string `json:"tools,omitempty"`
	// Asks is how many requests it sends through nginx: their access-log lines
	// are waited for, so that they are not taken for those of the next step.
	Asks int `json:"asks,omitempty"`
}

// Trap is a half remedy that somebody in a hurry deploys, with what it does. It
// is tried between the symptom and the fix.
type Trap struct {
	// Title is one line: what is wrong with it.
	Title string `json:"title"`
	// Conf is deployed instead of the fix's.
	Conf string `json:"-"`
	// Faults are on besides those of the break while it is tried: what it does
	// outside nginx, such as another mode of a socket.
	Faults []pod.Fault `json:"faults,omitempty"`
	// Refused are the [emerg] lines with which nginx -t refuses Conf; the old
	// configuration then goes on serving.
	Refused []nginx.Signature `json:"refused,omitempty"`
	// Client is what the client sees per method under an accepted Conf.
	Client map[string]pod.Outcome `json:"client,omitempty"`
	// Rollout is done under traffic: at least one request per method then shows
	// Client, and the others are answered 200.
	Rollout []Change `json:"rollout,omitempty"`
	// Meanwhile is what some of the requests made before a change of the rollout
	// was over show, while the others are answered 200; empty: all are.
	Meanwhile pod.Outcome `json:"meanwhile,omitempty"`
	// Twice are the methods of which a request reaches the backends more than
	// once.
	Twice []string `json:"twice,omitempty"`
}

// Arrival is what must be seen at the backends of the requests of one phase.
type Arrival struct {
	// Target is a regular expression (RE2) that the request target must match
	// at every backend reached; empty: any.
	Target string `json:"target,omitempty"`
	// Header maps a request header's name to a regular expression (RE2) that
	// its value must match at every backend reached; an empty expression
	// demands that the header is absent.
	Header map[string]string `json:"header,omitempty"`
	// Conns is how many connections nginx opened for the phase's requests,
	// exactly; 0: any.
	Conns int `json:"conns,omitempty"`
	// Attempts is how many attempts each request made; 0: any.
	Attempts int `json:"attempts,omitempty"`
	// Reached is how many attempts each backend saw of the phase's requests,
	// exactly; one that is not named may see any number.
	Reached map[string]int `json:"reached,omitempty"`
}
