//go:build linux

package inside

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"runtime"
	"syscall"
	"unsafe"

	"golang.org/x/net/bpf"
	"golang.org/x/sys/unix"
)

// Offsets in struct seccomp_data (seccomp(2)); the argument is the low half on
// the little-endian machines that the package is built for.
const (
	offSyscall = 0
	offArch    = 4
	offArg2    = 16 + 2*8
)

// auditArch is the AUDIT_ARCH value of the machine (linux/audit.h).
var auditArch = map[string]uint32{"amd64": unix.AUDIT_ARCH_X86_64, "arm64": unix.AUDIT_ARCH_AARCH64}

// denyConnect is the filter of [pod.DenyConnect]: connect(2) to an IPv4 or IPv6
// address answers EACCES, the errno of an LSM's refusal; all else is allowed.
// A filter cannot look behind the address pointer, so the family is told by the
// address length, and the connect() of a UDP resolver is refused as well.
// Package lab's own policy (Landlock) is finer, but the engines' default
// profile of before 2022 forbids the system calls that it takes.
func denyConnect(arch uint32) []bpf.Instruction {
	refuse := bpf.RetConstant{Val: unix.SECCOMP_RET_ERRNO | uint32(unix.EACCES)}
	allow := bpf.RetConstant{Val: unix.SECCOMP_RET_ALLOW}
	return []bpf.Instruction{
		bpf.LoadAbsolute{Off: offArch, Size: 4},
		bpf.JumpIf{Cond: bpf.JumpNotEqual, Val: arch, SkipTrue: 5},
		bpf.LoadAbsolute{Off: offSyscall, Size: 4},
		bpf.JumpIf{Cond: bpf.JumpNotEqual, Val: unix.SYS_CONNECT, SkipTrue: 3},
		bpf.LoadAbsolute{Off: offArg2, Size: 4},
		bpf.JumpIf{Cond: bpf.JumpEqual, Val: unix.SizeofSockaddrInet4, SkipTrue: 2},
		bpf.JumpIf{Cond: bpf.JumpEqual, Val: unix.SizeofSockaddrInet6, SkipTrue: 1},
		allow,
		refuse,
	}
}

// confineAndRun restricts itself and becomes the program.
func confineAndRun(args []string) error {
	arch, ok := auditArch[runtime.GOARCH]
	if !ok {
		return fmt.Errorf("deny connect: no filter for %s: use amd64 or arm64", runtime.GOARCH)
	}
	raw, err := bpf.Assemble(denyConnect(arch))
	if err != nil {
		return fmt.Errorf("assemble filter: %w", err)
	}
	runtime.LockOSThread() // the filter belongs to the thread that then calls execve
	if err := install(raw); err != nil {
		return err
	}
	return become(args)
}

// install puts a filter on the calling thread (seccomp(2)).
func install(raw []bpf.RawInstruction) error {
	filter := make([]unix.SockFilter, len(raw))
	for i, r := range raw {
		filter[i] = unix.SockFilter{Code: r.Op, Jt: r.Jt, Jf: r.Jf, K: r.K}
	}
	prog := unix.SockFprog{Len: uint16(len(filter)), Filter: &filter[0]}
	if err := unix.Prctl(unix.PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0); err != nil {
		return fmt.Errorf("set no_new_privs: %w", err)
	}
	_, _, errno := unix.Syscall(unix.SYS_SECCOMP, unix.SECCOMP_SET_MODE_FILTER, 0, uintptr(unsafe.Pointer(&prog)))
	runtime.KeepAlive(filter)
	if errno != 0 {
		return fmt.Errorf("install filter: %w", errno)
	}
	return nil
}

// become replaces this process by a program.
func become(args []string) error {
	if len(args) == 0 {
		return errors.New("no program named")
	}
	path, err := exec.LookPath(args[0])
	if err != nil {
		return fmt.Errorf("find program: %w", err)
	}
	return fmt.Errorf("run %s: %w", path, syscall.Exec(path, args, os.Environ()))
}
