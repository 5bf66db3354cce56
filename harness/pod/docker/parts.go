package docker

import "badgateway/harness/pod"

// The parts that this program plays besides its own, by its first argument.
const (
	partLab     = "badgateway-docker-lab"     // PID 1 of the pod
	partAgent   = "badgateway-docker-agent"   // in the nginx container: USER ADDRESSES
	partConfine = "badgateway-docker-confine" // in the nginx container: PROGRAM ARGS...
	partShell   = "badgateway-docker-shell"   // in the nginx container: [COMMAND...]
	partWatcher = "badgateway-docker-watcher" // on the creator's machine: SESSION
)

// inLab and inNginx are where the containers hold this program.
const (
	inLab   = "/badgateway"
	inNginx = "/.badgateway/badgateway"
)

// The agent's operations, over net/rpc.
const (
	opHello = "Agent.Hello" // none -> process id in the pod
	opStart = "Agent.Start" // Launch -> none
	opEnded = "Agent.Ended" // none -> Ending, once what opStart started ended
	opSaid  = "Agent.Said"  // none -> what it printed so far
	opExec  = "Agent.Exec"  // pod.Command -> pod.Result
)

// none is the argument or answer of an operation that has no other.
type none = int

// Launch starts nginx by the image's own command.
type Launch struct {
	Args   []string
	Policy pod.Policy
}

// Ending is how a started command ended, and the last that it printed.
type Ending struct {
	Code   int
	Output string
}
