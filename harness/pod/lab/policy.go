//go:build linux

package lab

import (
	"fmt"
	"os"
	"strconv"
	"strings"
	"unsafe"

	"golang.org/x/sys/unix"

	"badgateway/harness/pod"
)

// capabilities are what nginx and commands beside it keep: those that
// container engines grant by default, less the making of device files.
var capabilities = []uintptr{unix.CAP_CHOWN, unix.CAP_DAC_OVERRIDE, unix.CAP_FOWNER, unix.CAP_FSETID,
	unix.CAP_KILL, unix.CAP_NET_BIND_SERVICE, unix.CAP_NET_RAW, unix.CAP_SETFCAP, unix.CAP_SETGID,
	unix.CAP_SETPCAP, unix.CAP_SETUID, unix.CAP_SYS_CHROOT}

// confine restricts the calling thread, and so every child that it starts.
func confine(policy pod.Policy) error {
	keep := map[uintptr]bool{}
	for _, c := range capabilities {
		keep[c] = true
	}
	for c := uintptr(0); c <= unix.CAP_LAST_CAP; c++ {
		if keep[c] {
			continue
		}
		// EINVAL: a capability that this kernel does not know.
		if err := unix.Prctl(unix.PR_CAPBSET_DROP, c, 0, 0, 0); err != nil && err != unix.EINVAL {
			return fmt.Errorf("drop capability %d: %w", c, err)
		}
	}
	if err := unix.Prctl(unix.PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0); err != nil {
		return fmt.Errorf("set no_new_privs: %w", err)
	}
	keepLabel()
	if policy == pod.DenyConnect {
		return denyConnect()
	}
	return nil
}

// keepLabel lets the next program keep the lab's security label. A machine's own
// policy for nginx finds it by its path or type, in a pod as elsewhere: it would
// forbid what a scenario needs (AppArmor), or every file of the pod (SELinux).
// nginx may no more than the lab may; where the machine refuses this,
// [pod.NginxState] says so.
func keepLabel() {
	text := label(os.Getpid())
	switch {
	case text == "unconfined":
		text = "exec " + text // AppArmor's change_onexec
	case strings.Count(text, ":") < 2:
		return // no SELinux context
	}
	_ = os.WriteFile("/proc/thread-self/attr/exec", []byte(text), 0)
}

// label is a process's security label (proc(5), attr/current); empty where no
// security module gives one.
func label(pid int) string {
	text, err := os.ReadFile("/proc/" + strconv.Itoa(pid) + "/attr/current")
	if err != nil {
		return ""
	}
	return strings.TrimRight(string(text), "\x00\n")
}

// denyConnect forbids connect() on every TCP port with Landlock
// (landlock(7), ABI 4, Linux 6.7): the kernel answers EACCES. The public
// library restricts all threads of a process, here only one may be.
func denyConnect() error {
	attr := unix.LandlockRulesetAttr{Handled_access_net: unix.LANDLOCK_ACCESS_NET_CONNECT_TCP}
	fd, _, errno := unix.Syscall(unix.SYS_LANDLOCK_CREATE_RULESET, uintptr(unsafe.Pointer(&attr)), unsafe.Sizeof(attr), 0)
	if errno != 0 {
		return fmt.Errorf("create landlock ruleset: %w", errno)
	}
	defer unix.Close(int(fd))
	if _, _, errno := unix.Syscall(unix.SYS_LANDLOCK_RESTRICT_SELF, fd, 0, 0); errno != 0 {
		return fmt.Errorf("restrict by landlock: %w", errno)
	}
	return nil
}

// LandlockABI is the version of Landlock that the kernel offers; 0 is none,
// [LandlockNet] the first that can deny connect().
func LandlockABI() int {
	abi, _, errno := unix.Syscall(unix.SYS_LANDLOCK_CREATE_RULESET, 0, 0, unix.LANDLOCK_CREATE_RULESET_VERSION)
	if errno != 0 {
		return 0
	}
	return int(abi)
}

// LandlockNet is the Landlock ABI with rules for TCP.
const LandlockNet = 4
