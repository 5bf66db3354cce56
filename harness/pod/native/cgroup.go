//go:build linux

package native

import (
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"syscall"

	"golang.org/x/sys/unix"

	"badgateway/harness/pod"
)

// cgroups is where systems mount them (cgroups(7)).
const cgroups = "/sys/fs/cgroup"

// group is the control group of all pods of this process: its limits are the
// sum of theirs. A group for each pod would cost more than the pod, as to move
// a process takes the kernel 10 ms. Where none can be made there is none, and
// bound is what limits a pod.
type group struct {
	mu        sync.Mutex
	tried     bool
	dirs      []string  // one (version 2), or one for each controller; none: no group
	two       *os.File  // the group, where a process can be born into it (version 2)
	alive     io.Closer // ends with this process; nobody closes it
	joined    bool      // the thread that starts pods is in it (version 1)
	memory    int64
	processes int64
}

// limits is the group of this process.
var limits group

// labMemory is what the lab may take beside what its pod may have: with the race
// detector in it and an upload of hundreds of megabytes it had 170 MB.
const labMemory = 128 << 20

// enter makes room for one pod more.
func (g *group) enter(l pod.Limits) error {
	g.mu.Lock()
	defer g.mu.Unlock()
	if !g.tried {
		g.tried = true
		if err := g.make(); err != nil {
			return err
		}
	}
	l = l.Effective()
	g.memory, g.processes = g.memory+l.Memory+labMemory, g.processes+l.Processes
	return g.write()
}

// leave takes the room of one pod away, once it has ended.
func (g *group) leave(l pod.Limits) {
	g.mu.Lock()
	defer g.mu.Unlock()
	l = l.Effective()
	g.memory, g.processes = g.memory-l.Memory-labMemory, g.processes-l.Processes
	_ = g.write() // the kernel may not lower a limit at once
}

// write sets the limits, by the files of either version.
func (g *group) write() error {
	if g.processes == 0 {
		return nil
	}
	for _, dir := range g.dirs {
		for file, value := range map[string]int64{"memory.max": g.memory, "memory.limit_in_bytes": g.memory, "pids.max": g.processes} {
			path := filepath.Join(dir, file)
			if _, err := os.Stat(path); err != nil {
				continue
			}
			if err := os.WriteFile(path, strconv.AppendInt(nil, value, 10), 0); err != nil {
				return fmt.Errorf("limit pods: %w", err)
			}
		}
	}
	return nil
}

// remove removes the group when this process has ended, however it did: a shell
// waits for that, and for the end of the pods, which on a machine that has much
// to do takes its time; half a minute is for one that has very much.
const remove = `cat; for i in $(seq 300); do left=; for dir; do [ ! -d "$dir" ] || rmdir "$dir" || left=1; done; [ "$left" ] || exit; sleep 0.1; done`

// make makes the group beside or below that of this process.
func (g *group) make() error {
	name := "badgateway-" + strconv.Itoa(os.Getpid())
	if _, err := os.Stat(filepath.Join(cgroups, "cgroup.controllers")); err == nil {
		parent := filepath.Join(cgroups, filepath.Dir(ownGroup("")))
		dir, err := makeGroup(parent, name, "memory.max", "pids.max")
		if err != nil {
			return nil
		}
		two, err := os.Open(dir)
		if err != nil {
			return fmt.Errorf("open control group: %w", err)
		}
		trial := exec.Command("/bin/sh", "-c", ":")
		trial.SysProcAttr = &syscall.SysProcAttr{UseCgroupFD: true, CgroupFD: int(two.Fd())}
		if trial.Run() != nil { // no right to move processes there, or no clone3()
			return errors.Join(two.Close(), os.Remove(dir))
		}
		g.two, g.dirs = two, []string{dir}
		return g.watch()
	}
	for controller, file := range map[string]string{"memory": "memory.limit_in_bytes", "pids": "pids.max"} {
		dir, err := makeGroup(filepath.Join(cgroups, controller, ownGroup(controller)), name, file)
		if err != nil {
			dir, err = makeGroup(filepath.Join(cgroups, controller), name, file)
		}
		if err == nil {
			g.dirs = append(g.dirs, dir)
		}
	}
	return g.watch()
}

// watch starts the shell that removes the group.
func (g *group) watch() error {
	if len(g.dirs) == 0 {
		return nil
	}
	cmd := exec.Command("/bin/sh", append([]string{"-c", remove, "badgateway-remove"}, g.dirs...)...)
	cmd.SysProcAttr = &syscall.SysProcAttr{Setsid: true} // a signal from the terminal is not for it
	var err error
	if g.alive, err = cmd.StdinPipe(); err == nil {
		err = cmd.Start()
	}
	if err != nil {
		return fmt.Errorf("watch control group: %w", err)
	}
	return nil
}

// makeGroup makes one directory, in which the kernel must put the files named.
func makeGroup(parent, name string, files ...string) (string, error) {
	dir := filepath.Join(parent, name)
	if err := os.Mkdir(dir, 0o755); err != nil && !errors.Is(err, os.ErrExist) {
		return "", err
	}
	for _, file := range files {
		if _, err := os.Stat(filepath.Join(dir, file)); err != nil {
			return "", errors.Join(err, os.Remove(dir))
		}
	}
	return dir, nil
}

// ownGroup is the path of this process's group for a controller, "" being
// version 2.
func ownGroup(controller string) string {
	data, _ := os.ReadFile("/proc/self/cgroup") // "/" then
	for line := range strings.Lines(string(data)) {
		fields := strings.SplitN(strings.TrimSpace(line), ":", 3)
		if len(fields) == 3 && fields[1] == controller {
			return fields[2]
		}
	}
	return "/"
}

// born makes attr put the new process into the group, or the calling thread,
// whose children are born where it is. The thread never leaves: it does
// nothing but start pods.
func (g *group) born(attr *syscall.SysProcAttr) error {
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.two != nil {
		attr.UseCgroupFD, attr.CgroupFD = true, int(g.two.Fd())
		return nil
	}
	if g.joined {
		return nil
	}
	for _, dir := range g.dirs {
		if err := os.WriteFile(filepath.Join(dir, "tasks"), strconv.AppendInt(nil, int64(unix.Gettid()), 10), 0); err != nil {
			return fmt.Errorf("enter control group: %w", err)
		}
	}
	g.joined = true
	return nil
}
