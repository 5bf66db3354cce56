//go:build linux

package native

import (
	"encoding/json"
	"fmt"
	"io"
	"net"
	"os"
	"syscall"

	"golang.org/x/sys/unix"

	"badgateway/harness/pod"
	"badgateway/harness/pod/lab"
)

// Arg is the argument that makes any program that links this package the first
// process of a native pod. A [plan] in JSON follows it.
const Arg = "badgateway-pod"

// The files that the harness hands down.
const (
	fdControl = 3 + iota // the control link
	fdReport             // "ready", or what went wrong
	fdGate               // closes when the user ids are mapped
)

// again marks the second execution of the child.
const again = "BADGATEWAY_POD_AGAIN=1"

// init runs the pod's first process instead of the program it is linked into,
// before its main and before the flags of a test.
func init() {
	if len(os.Args) != 3 || os.Args[1] != Arg {
		return
	}
	report := os.NewFile(fdReport, "report")
	if err := child(os.Args[2], report); err != nil {
		fmt.Fprintln(report, err)
		os.Exit(1)
	}
	os.Exit(0)
}

// plan is what the first process makes before it is the lab.
type plan struct {
	Root    string // of the nginx
	Binary  string // in it
	Sysctls map[string]string
	Disks   []pod.Disk
	Limits  pod.Limits
	Shared  bool // the pod's user ids are those of the machine
}

// child waits for its user ids, makes the root file system and is the lab.
func child(text string, report *os.File) error {
	var p plan
	if err := json.Unmarshal([]byte(text), &p); err != nil {
		return fmt.Errorf("read plan: %w", err)
	}
	if err := identify(); err != nil {
		return err
	}
	if err := bound(p.Limits, p.Shared); err != nil {
		return err
	}
	if err := makeRoot(p); err != nil {
		return fmt.Errorf("make root file system: %w", err)
	}
	if err := unix.Sethostname([]byte("gateway")); err != nil {
		return fmt.Errorf("set host name: %w", err)
	}
	if _, err := fmt.Fprintln(report, "ready"); err != nil {
		return err
	}
	if err := report.Close(); err != nil {
		return err
	}
	conn, err := net.FileConn(os.NewFile(fdControl, "control"))
	if err != nil {
		return err
	}
	return lab.Serve(conn)
}

// identify waits until the harness has mapped the user ids. A map that comes
// after execve(2) gives no capabilities, so the program then executes itself
// once more, as the pod's root.
func identify() error {
	if os.Getenv("BADGATEWAY_POD_AGAIN") != "" {
		return unix.Prctl(unix.PR_SET_PDEATHSIG, uintptr(unix.SIGKILL), 0, 0, 0) // cleared with the gain of capabilities
	}
	gate := os.NewFile(fdGate, "gate")
	if _, err := io.Copy(io.Discard, gate); err != nil {
		return fmt.Errorf("wait for user ids: %w", err)
	}
	if capable() {
		return gate.Close()
	}
	for fd := fdControl; fd <= fdGate; fd++ {
		if _, err := unix.FcntlInt(uintptr(fd), unix.F_SETFD, 0); err != nil {
			return err
		}
	}
	return syscall.Exec("/proc/self/exe", os.Args, append(os.Environ(), again))
}

// capable says whether this process may mount, that is whether it is root in
// its user namespace.
func capable() bool {
	header := unix.CapUserHeader{Version: unix.LINUX_CAPABILITY_VERSION_3}
	var data [2]unix.CapUserData
	if err := unix.Capget(&header, &data[0]); err != nil {
		return false
	}
	return data[0].Effective&(1<<unix.CAP_SYS_ADMIN) != 0
}
