//go:build linux

package native

import (
	"fmt"
	"os"
	"strconv"
	"strings"

	"golang.org/x/sys/unix"

	"badgateway/harness/pod"
)

// bound limits this process and all that come of it, as far as the kernel does
// so without a cgroup: addresses for each process, processes for each user id
// of a user namespace. The latter the kernel counts within the namespace since
// Linux 5.14, and exempts the machine's root (kernel/fork.c, copy_process).
// Where root makes pods there is no such namespace (shared): the workers of all
// pods are one user's processes, whom it allows what crowd pods may have. Their
// group, which root can make nearly everywhere, is what bounds them closely.
//
// Where memory runs out, the kernel takes processes of the pod first, and not
// the harness, whose thread is in the group, too (proc(5), oom_score_adj).
func bound(l pod.Limits, shared bool) error {
	if err := os.WriteFile("/proc/self/oom_score_adj", []byte("1000"), 0); err != nil {
		return fmt.Errorf("offer processes to the OOM killer: %w", err)
	}
	as := uint64(l.Addresses())
	if err := unix.Setrlimit(unix.RLIMIT_AS, &unix.Rlimit{Cur: as, Max: as}); err != nil {
		return fmt.Errorf("limit addresses: %w", err)
	}
	if !since(5, 14) {
		return nil
	}
	n := uint64(l.Effective().Processes)
	if shared {
		n *= crowd
	}
	if err := unix.Setrlimit(unix.RLIMIT_NPROC, &unix.Rlimit{Cur: n, Max: n}); err != nil {
		return fmt.Errorf("limit processes: %w", err)
	}
	return nil
}

// crowd is for how many pods of one machine the user of nginx's workers has room.
const crowd = 64

// since says whether the kernel is as new.
func since(major, minor int) bool {
	var name unix.Utsname
	if unix.Uname(&name) != nil {
		return false
	}
	parts := strings.SplitN(unix.ByteSliceToString(name.Release[:]), ".", 3)
	if len(parts) < 3 {
		return false
	}
	x, errX := strconv.Atoi(parts[0])
	y, errY := strconv.Atoi(parts[1])
	return errX == nil && errY == nil && (x > major || x == major && y >= minor)
}
