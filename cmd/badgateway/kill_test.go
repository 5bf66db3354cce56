package main

import (
	"path/filepath"
	"slices"
	"strconv"
	"testing"
	"time"

	"github.com/prometheus/procfs"
	"github.com/stretchr/testify/require"
)

// TestKilledCheckLeavesNothing kills a check with SIGKILL as each of its steps
// goes on: its processes and its control group must go, by the kernel and by
// nobody's help.
func TestKilledCheckLeavesNothing(t *testing.T) {
	for _, step := range []string{"finding a pod", "proving routes", "running cells"} {
		t.Run(step, func(t *testing.T) {
			cmd, _ := checkProcess(t, "--real-time")
			stderr, err := cmd.StderrPipe()
			require.NoError(t, err)
			require.NoError(t, cmd.Start())
			var left []procfs.Proc
			until(stderr, step, func() {
				left = descendants(t, cmd.Process.Pid)
				require.NoError(t, cmd.Process.Kill())
			})
			require.Error(t, cmd.Wait())
			if step == "running cells" {
				require.NotEmpty(t, left, "pods are there")
			}
			group := "badgateway-" + strconv.Itoa(cmd.Process.Pid)
			require.Eventually(t, func() bool {
				left = slices.DeleteFunc(left, ended)
				groups, err := filepath.Glob("/sys/fs/cgroup/*/" + group)
				require.NoError(t, err)
				return len(left)+len(groups) == 0
			}, 5*time.Second, 10*time.Millisecond, "left: %v", left)
		})
	}
}

// descendants are the processes that a process has started, with theirs.
func descendants(t *testing.T, pid int) []procfs.Proc {
	t.Helper()
	all, err := procfs.AllProcs()
	require.NoError(t, err)
	family, found := map[int]bool{pid: true}, []procfs.Proc(nil)
	for grew := true; grew; {
		grew = false
		for _, p := range all {
			stat, err := p.Stat()
			if err == nil && !family[p.PID] && family[stat.PPID] {
				family[p.PID], found, grew = true, append(found, p), true
			}
		}
	}
	return found
}

// ended says whether a process is gone or waits for its parent to take notice.
func ended(p procfs.Proc) bool {
	stat, err := p.Stat()
	return err != nil || stat.State == "Z"
}
