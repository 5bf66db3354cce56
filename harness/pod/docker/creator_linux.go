package docker

import (
	"fmt"
	"os"
	"strings"
	"sync"

	"github.com/prometheus/procfs"
)

// self is this process. Without a readable /proc it has no host, and its
// containers are strangers to every sweep.
var self = sync.OnceValue(func() creator {
	boot, errBoot := os.ReadFile("/proc/sys/kernel/random/boot_id")
	ns, errNS := os.Readlink("/proc/self/ns/pid")
	started, errStat := startTime(os.Getpid())
	if errBoot != nil || errNS != nil || errStat != nil {
		return creator{host: "unknown", pid: os.Getpid()}
	}
	return creator{host: strings.TrimSpace(string(boot)) + "/" + ns, pid: os.Getpid(), started: started}
})

// startTime is field 22 of proc(5), /proc/pid/stat.
func startTime(pid int) (uint64, error) {
	proc, err := procfs.NewProc(pid)
	if err != nil {
		return 0, fmt.Errorf("find process %d: %w", pid, err)
	}
	stat, err := proc.Stat()
	if err != nil {
		return 0, fmt.Errorf("find process %d: %w", pid, err)
	}
	if stat.State == "Z" {
		return 0, fmt.Errorf("process %d has ended: %w", pid, os.ErrProcessDone)
	}
	return stat.Starttime, nil
}

// lives says whether the process still runs; its host is ours.
func (c creator) lives() bool {
	started, err := startTime(c.pid)
	return err == nil && started == c.started
}
