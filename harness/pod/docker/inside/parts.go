package inside

import (
	"fmt"
	"os"

	"badgateway/harness/pod"
)

// The parts that a program plays in containers, by its first argument.
const (
	Lab     = "badgateway-docker-lab"     // PID 1 of the pod
	Agent   = "badgateway-docker-agent"   // in the nginx container: USER ADDRESSES
	Confine = "badgateway-docker-confine" // in the nginx container: PROGRAM ARGS...
	Shell   = "badgateway-docker-shell"   // in the nginx container: [COMMAND...]
)

// Play is the part that the program's first argument names, to the end of the
// process; it returns where the argument names none.
func Play(parts map[string]func(args []string) error) {
	if len(os.Args) < 2 {
		return
	}
	play := parts[os.Args[1]]
	if play == nil {
		return
	}
	if err := play(os.Args[2:]); err != nil {
		fmt.Fprintf(os.Stderr, "%s: %v\n", os.Args[1], err)
		os.Exit(1)
	}
	os.Exit(0)
}

// AtLab and AtNginx are where the containers hold the program.
const (
	AtLab   = "/badgateway"
	AtNginx = "/.badgateway/badgateway"
)

// The agent's operations, over net/rpc.
const (
	OpHello = "Agent.Hello" // None -> process id in the pod
	OpStart = "Agent.Start" // Launch -> None
	OpEnded = "Agent.Ended" // None -> Ending, once what OpStart started ended
	OpSaid  = "Agent.Said"  // None -> what it printed so far
	OpExec  = "Agent.Exec"  // pod.Command -> pod.Result
)

// None is the argument or answer of an operation that has no other.
type None = int

// Launch starts nginx by the image's own command.
type Launch struct {
	Args   []string
	Policy pod.Policy
}

// Ending is how a started command ended, and the last that it printed.
type Ending struct {
	Code   int // 128+n when signal n killed it
	Output string
}

// Tail is how much of an output is kept, in bytes: nginx's last words fit, a
// debug log does not.
const Tail = 64 << 10
