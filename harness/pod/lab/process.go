//go:build linux

package lab

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"os/signal"
	"runtime"
	"strings"
	"sync"
	"syscall"
	"time"

	"github.com/prometheus/procfs"
	"golang.org/x/sys/unix"

	"badgateway/harness/pod"
)

// processes starts children and reaps orphans: the lab is PID 1 of the pod.
type processes struct {
	mu  sync.Mutex
	own map[int]bool // children that somebody waits for

	attributes *syscall.SysProcAttr // of every child
}

func newProcesses() *processes {
	p := &processes{own: map[int]bool{}, attributes: childAttributes()}
	if os.Getpid() == 1 {
		died := make(chan os.Signal, 1)
		signal.Notify(died, unix.SIGCHLD)
		go func() {
			for range died {
				p.reap()
			}
		}()
	}
	return p
}

// reap waits for every dead orphan and leaves our own children to their waiters.
func (p *processes) reap() {
	p.mu.Lock()
	defer p.mu.Unlock()
	all, err := procfs.AllProcs()
	if err != nil {
		return
	}
	for _, proc := range all {
		stat, err := proc.Stat()
		if err == nil && stat.PPID == 1 && stat.State == "Z" && !p.own[proc.PID] {
			_, _ = unix.Wait4(proc.PID, nil, unix.WNOHANG, nil) // already gone: nothing to reap
		}
	}
}

// start starts cmd confined: with the capabilities of a container, without new
// privileges, and under policy. Confinement belongs to a thread, so it is a
// thread of its own that starts the child and then ends.
func (p *processes) start(cmd *exec.Cmd, policy pod.Policy) error {
	cmd.SysProcAttr = p.attributes
	started := make(chan error)
	go func() {
		runtime.LockOSThread() // never unlocked: the thread ends with the goroutine
		started <- func() error {
			if err := confine(policy); err != nil {
				return err
			}
			p.mu.Lock()
			defer p.mu.Unlock()
			if err := cmd.Start(); err != nil {
				return err
			}
			p.own[cmd.Process.Pid] = true
			return nil
		}()
	}()
	return <-started
}

// wait waits for a child that start started.
func (p *processes) wait(cmd *exec.Cmd) error {
	err := cmd.Wait()
	p.mu.Lock()
	defer p.mu.Unlock()
	delete(p.own, cmd.Process.Pid)
	return err
}

// environment is what commands in the pod see.
var environment = []string{"PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin", "HOME=/root", "LANG=C.UTF-8"}

// exec runs one command to its end.
func (l *Lab) exec(ctx context.Context, c pod.Command) (pod.Result, error) {
	if len(c.Args) == 0 {
		return pod.Result{}, errors.New("command is empty")
	}
	ctx, cancel := context.WithTimeout(ctx, c.Limit)
	defer cancel()
	if err := os.Setenv("PATH", environment[0][len("PATH="):]); err != nil {
		return pod.Result{}, err
	}
	cmd := exec.CommandContext(ctx, c.Args[0], c.Args[1:]...)
	var stdout, stderr bytes.Buffer
	cmd.Env, cmd.Dir, cmd.Stdin, cmd.Stdout, cmd.Stderr = environment, "/", bytes.NewReader(c.Stdin), &stdout, &stderr
	cmd.WaitDelay = time.Second // a child of the command may hold its output open
	if err := l.procs.start(cmd, pod.NoPolicy); err != nil {
		return pod.Result{}, fmt.Errorf("run %s: %w", c.Args[0], err)
	}
	err := l.procs.wait(cmd)
	if ctx.Err() != nil {
		return pod.Result{}, fmt.Errorf("run %s: no end within %s", c.Args[0], c.Limit)
	}
	code := cmd.ProcessState.ExitCode()
	if status, ok := cmd.ProcessState.Sys().(syscall.WaitStatus); ok && status.Signaled() {
		code = 128 + int(status.Signal())
	}
	var exit *exec.ExitError
	if err != nil && !errors.As(err, &exit) && !errors.Is(err, exec.ErrWaitDelay) {
		return pod.Result{}, fmt.Errorf("run %s: %w", c.Args[0], err)
	}
	return pod.Result{Stdout: stdout.Bytes(), Stderr: stderr.Bytes(), Code: code}, nil
}

// childAttributes are those of nginx and of commands beside it. In a pod that
// has only one user id (user_namespaces(7)) they get a user namespace in which
// they are not user id 0: nginx then ignores its `user` directive, with a
// warning, where it would fail to change to a user that the pod cannot have.
func childAttributes() *syscall.SysProcAttr {
	uids, err := os.ReadFile("/proc/self/uid_map")
	fields := strings.Fields(string(uids))
	if err != nil || len(fields) != 3 || fields[2] != "1" {
		return nil
	}
	one := []syscall.SysProcIDMap{{ContainerID: 1000, HostID: 0, Size: 1}}
	return &syscall.SysProcAttr{Cloneflags: syscall.CLONE_NEWUSER, UidMappings: one, GidMappings: one}
}
