//go:build linux

package lab

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/prometheus/procfs"
	"golang.org/x/sys/unix"

	"badgateway/harness/pod"
)

// nginx's process titles (ngx_process_cycle.c, ngx_setproctitle).
const (
	titleMaster = "nginx: master process"
	titleWorker = "nginx: worker process"
	titleEnding = "nginx: worker process is shutting down"
)

// scan finds the master and its workers by their titles.
func scan() (pod.NginxState, error) {
	var state pod.NginxState
	all, err := procfs.AllProcs()
	if err != nil {
		return state, fmt.Errorf("list processes: %w", err)
	}
	workers := map[int]int{} // pid to parent
	for _, proc := range all {
		title, err := title(proc.PID)
		if err != nil {
			continue // ended meanwhile
		}
		switch {
		case strings.HasPrefix(title, titleMaster):
			state.Master = proc.PID
		case strings.HasPrefix(title, titleWorker) && !strings.HasPrefix(title, titleEnding):
			if stat, err := proc.Stat(); err == nil {
				workers[proc.PID] = stat.PPID
			}
		}
	}
	for pid, parent := range workers {
		if parent == state.Master {
			state.Workers = append(state.Workers, pid)
		}
	}
	slices.Sort(state.Workers)
	return state, nil
}

func (l *Lab) nginxState(context.Context, pod.Empty) (pod.NginxState, error) {
	state, err := scan()
	if theirs := label(state.Master); state.Master != 0 && theirs != label(os.Getpid()) {
		state.Confined = theirs
	}
	return state, err
}

// startNginx starts nginx as the lab's child. nginx listens before it puts
// itself into the background (nginx.c, main: ngx_init_cycle, then ngx_daemon),
// so a started worker means that it listens.
func (l *Lab) startNginx(ctx context.Context, r pod.StartRequest) (pod.NginxState, error) {
	var state pod.NginxState
	if err := os.MkdirAll(filepath.Dir(pod.OutputPath), 0o755); err != nil {
		return state, fmt.Errorf("make directory of output: %w", err)
	}
	before, logged := fileSize(pod.OutputPath), fileSize(pod.ErrorLogPath)
	out, err := os.OpenFile(pod.OutputPath, os.O_CREATE|os.O_WRONLY|os.O_APPEND, 0o644)
	if err != nil {
		return state, fmt.Errorf("open output: %w", err)
	}
	defer out.Close()
	cmd := exec.Command(r.Args[0], r.Args[1:]...)
	cmd.Env, cmd.Dir, cmd.Stdout, cmd.Stderr = environment, "/", out, out
	if err := l.procs.start(cmd, r.Policy); err != nil {
		return state, fmt.Errorf("run %s: %w", r.Args[0], err)
	}
	ended := make(chan error, 1)
	go func() { ended <- l.procs.wait(cmd) }()
	err = poll(ctx, r.Limit, func() (bool, error) {
		select {
		case end := <-ended:
			if end != nil {
				return false, startError(before, cmd.ProcessState.ExitCode())
			}
		default:
		}
		state, err = starting(logged, before)
		return len(state.Workers) > 0, err
	})
	if errors.Is(err, context.DeadlineExceeded) {
		said, _ := os.ReadFile(pod.OutputPath)
		return state, fmt.Errorf("nginx has no worker after %s; it said: %q", r.Limit, said[min(before, int64(len(said))):])
	}
	return state, err
}

// startError is what nginx printed behind an offset of its output.
func startError(offset int64, code int) error {
	said, err := os.ReadFile(pod.OutputPath)
	if err != nil {
		return err
	}
	said = said[min(offset, int64(len(said))):]
	return &pod.StartError{Output: strings.TrimSpace(string(said)), Code: code}
}

// awaitNginx waits for workers of an nginx that somebody else started.
func (l *Lab) awaitNginx(ctx context.Context, r pod.AwaitRequest) (state pod.NginxState, err error) {
	err = poll(ctx, r.Limit, func() (bool, error) {
		state, err = starting(r.Logged, r.Printed)
		return len(state.Workers) > 0, err
	})
	return state, err
}

// errNoWorkers ends the wait for an nginx that logs elsewhere.
var errNoWorkers = errors.New("all workers gave up as they started; the error log says why")

// starting is the state of an nginx that starts. One whose workers give up
// (ngx_process_cycle.c, ngx_worker_process_init) has a master all the same,
// and says why in its log, or on standard error, behind the offsets.
func starting(logged, printed int64) (pod.NginxState, error) {
	state, err := scan()
	if err != nil || state.Master == 0 || len(state.Workers) > 0 {
		return state, err
	}
	if line := cmp.Or(emergency(pod.ErrorLogPath, logged), emergency(pod.OutputPath, printed)); line != "" {
		return state, &pod.StartError{Output: line}
	}
	if bereft(state.Master) {
		return state, errNoWorkers
	}
	return state, nil
}

// bereft says that a process had children and has none: a master does not start
// a worker again that gave up (ngx_process_cycle.c, ngx_reap_children). Page
// faults of children that it has waited for (proc(5), cminflt) say that it had some.
func bereft(pid int) bool {
	master, err := procfs.NewProc(pid)
	if err != nil {
		return false
	}
	if stat, err := master.Stat(); err != nil || stat.CMinFlt == 0 {
		return false
	}
	all, err := procfs.AllProcs()
	return err == nil && !slices.ContainsFunc(all, func(p procfs.Proc) bool {
		stat, err := p.Stat()
		return err == nil && stat.PPID == pid
	})
}

// reload sends HUP and waits until every worker of before has stopped
// accepting (its title says so before it closes its listening sockets, and it
// does nothing in between) and a new one is there. That takes nginx 100 ms at
// least (ngx_process_cycle.c, ngx_master_process_cycle: ngx_msleep(100)).
func (l *Lab) reload(ctx context.Context, r pod.ReloadRequest) (pod.NginxState, error) {
	before, err := running()
	if err != nil {
		return before, err
	}
	size := fileSize(pod.ErrorLogPath)
	if r.Workers != nil {
		before.Workers = r.Workers
	} else if err := unix.Kill(before.Master, unix.SIGHUP); err != nil {
		return before, fmt.Errorf("signal nginx: %w", err)
	}
	err = poll(ctx, r.Limit, func() (bool, error) {
		if line := emergency(pod.ErrorLogPath, size); line != "" {
			return false, &pod.StartError{Output: line}
		}
		return !slices.ContainsFunc(before.Workers, accepts), nil
	})
	if errors.Is(err, context.DeadlineExceeded) {
		return before, fmt.Errorf("reload not complete after %s: workers %v still accept; see %s", r.Limit, before.Workers, pod.ErrorLogPath)
	}
	if err != nil {
		return before, err
	}
	return l.awaitNginx(ctx, pod.AwaitRequest{Limit: r.Limit, Logged: size, Printed: fileSize(pod.OutputPath)})
}

// accepts says whether a worker still accepts connections.
func accepts(pid int) bool {
	title, err := title(pid)
	return err == nil && strings.HasPrefix(title, titleWorker) && !strings.HasPrefix(title, titleEnding)
}

// title is a process's title; empty for a zombie.
func title(pid int) (string, error) {
	line, err := os.ReadFile("/proc/" + strconv.Itoa(pid) + "/cmdline")
	return strings.TrimRight(string(line), "\x00 "), err
}

// running is the state of an nginx that must be there.
func running() (pod.NginxState, error) {
	state, err := scan()
	if err == nil && state.Master == 0 {
		err = errors.New("nginx is not running")
	}
	return state, err
}

func fileSize(path string) int64 {
	info, err := os.Stat(path)
	if err != nil {
		return 0 // not there yet
	}
	return info.Size()
}

// emergency is the first [emerg] line of a log behind offset.
func emergency(path string, offset int64) string {
	if fileSize(path) <= offset {
		return ""
	}
	data, err := os.ReadFile(path)
	if err != nil || int64(len(data)) < offset {
		return ""
	}
	for line := range strings.Lines(string(data[offset:])) {
		if strings.Contains(line, " [emerg] ") {
			return strings.TrimSpace(line)
		}
	}
	return ""
}

// stop ends nginx gracefully and waits for the end of its master.
func (l *Lab) stop(ctx context.Context, r pod.StopRequest) (pod.Empty, error) {
	state, err := scan()
	if err != nil || state.Master == 0 {
		return pod.Empty{}, err
	}
	pidfd, err := unix.PidfdOpen(state.Master, 0)
	if err != nil {
		return pod.Empty{}, fmt.Errorf("open process %d: %w", state.Master, err)
	}
	file := os.NewFile(uintptr(pidfd), "pidfd")
	defer file.Close()
	if err := unix.Kill(state.Master, unix.SIGQUIT); err != nil {
		return pod.Empty{}, fmt.Errorf("signal nginx: %w", err)
	}
	fds := []unix.PollFd{{Fd: int32(pidfd), Events: unix.POLLIN}}
	end := time.Now().Add(r.Limit)
	for {
		n, err := unix.Poll(fds, int(time.Until(end).Milliseconds()))
		switch {
		case err == unix.EINTR:
			continue
		case err != nil:
			return pod.Empty{}, fmt.Errorf("wait for nginx: %w", err)
		case n == 0:
			return pod.Empty{}, fmt.Errorf("nginx has not ended %s after QUIT: a request is still open", r.Limit)
		}
		l.procs.reap()
		return pod.Empty{}, ctx.Err()
	}
}

// killWorker kills one worker and waits for its successor.
func (l *Lab) killWorker(ctx context.Context, r pod.KillRequest) (pod.NginxState, error) {
	before, err := running()
	if err != nil {
		return before, err
	}
	if len(before.Workers) == 0 {
		return before, errors.New("nginx has no worker to kill")
	}
	victim := before.Workers[0]
	if err := unix.Kill(victim, unix.SIGKILL); err != nil {
		return before, fmt.Errorf("kill worker: %w", err)
	}
	var now pod.NginxState
	err = poll(ctx, r.Limit, func() (bool, error) {
		now, err = scan()
		return len(now.Workers) == len(before.Workers) && !slices.Contains(now.Workers, victim), err
	})
	return now, err
}
