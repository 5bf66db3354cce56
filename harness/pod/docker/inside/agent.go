//go:build linux

package inside

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"sync"
	"syscall"
	"time"

	"github.com/moby/sys/user"

	"badgateway/harness/pod"
)

// agent starts nginx and commands in the nginx container as the engine would:
// as the image's user, in the image's environment and directory. It is the
// container's own process, so that the container, its files and its memory
// limit outlive each nginx.
type agent struct {
	self string
	as   *user.ExecUser
	env  []string

	mu    sync.Mutex
	ended chan struct{} // closed when the started command ended; nil before
	end   Ending
	from  int64 // where in pod.OutputPath its output begins
}

// newAgent prepares to run commands as an image's user ("", "nginx", "101:101").
func newAgent(name string) (*agent, error) {
	as, err := user.GetExecUserPath(name, &user.ExecUser{Home: "/"}, "/etc/passwd", "/etc/group")
	if err != nil {
		return nil, fmt.Errorf("find user %q of the image: %w", name, err)
	}
	return &agent{self: AtNginx, as: as, env: append(os.Environ(), "HOME="+as.Home)}, nil
}

// Hello tells the agent's process id, as the lab sees it.
func (a *agent) Hello(_ None, pid *int) error {
	*pid = os.Getpid()
	return nil
}

// command prepares args to run as the image's user.
func (a *agent) command(ctx context.Context, args []string) (*exec.Cmd, error) {
	if len(args) == 0 {
		return nil, errors.New("command is empty")
	}
	cmd := exec.CommandContext(ctx, args[0], args[1:]...)
	cmd.Env = a.env
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	if a.as.Uid != 0 || a.as.Gid != 0 || len(a.as.Sgids) > 0 {
		as := &syscall.Credential{Uid: uint32(a.as.Uid), Gid: uint32(a.as.Gid)}
		for _, id := range a.as.Sgids {
			as.Groups = append(as.Groups, uint32(id))
		}
		cmd.SysProcAttr.Credential = as
	}
	return cmd, nil
}

// Start starts nginx; that it listens is for the lab to see.
func (a *agent) Start(r Launch, _ *None) error {
	args := r.Args
	switch r.Policy {
	case pod.NoPolicy:
	case pod.DenyConnect:
		args = append([]string{a.self, Confine}, args...)
	default:
		return fmt.Errorf("policy %q is not known", r.Policy)
	}
	cmd, err := a.command(context.Background(), args)
	if err != nil {
		return err
	}
	out, from, err := openOutput(a.as)
	if err != nil {
		return err
	}
	defer out.Close()
	cmd.Stdout, cmd.Stderr = out, out
	if err := cmd.Start(); err != nil {
		return fmt.Errorf("run %s: %w", args[0], err)
	}
	done := make(chan struct{})
	a.mu.Lock()
	a.ended, a.from = done, from
	a.mu.Unlock()
	go a.await(cmd, done)
	return nil
}

// openOutput opens what nginx prints for appending. An image that logs to
// /dev/stderr opens it again, as its user.
func openOutput(as *user.ExecUser) (out *os.File, size int64, err error) {
	if err := os.MkdirAll(filepath.Dir(pod.OutputPath), 0o755); err != nil {
		return nil, 0, fmt.Errorf("make directory of output: %w", err)
	}
	out, err = os.OpenFile(pod.OutputPath, os.O_CREATE|os.O_WRONLY|os.O_APPEND, 0o644)
	if err != nil {
		return nil, 0, fmt.Errorf("open output: %w", err)
	}
	info, err := out.Stat()
	if err = errors.Join(err, out.Chown(as.Uid, as.Gid)); err != nil {
		return nil, 0, errors.Join(fmt.Errorf("give output to the image's user: %w", err), out.Close())
	}
	return out, info.Size(), nil
}

// await reaps the command and keeps what it printed last.
func (a *agent) await(cmd *exec.Cmd, done chan struct{}) {
	_ = cmd.Wait() // how it ended is in its state
	a.mu.Lock()
	a.end = Ending{Code: exitCode(cmd), Output: a.printed()}
	a.mu.Unlock()
	close(done)
}

// printed is the end of what the started command printed so far.
func (a *agent) printed() string {
	data, err := os.ReadFile(pod.OutputPath)
	if err != nil {
		return err.Error()
	}
	data = data[min(a.from, int64(len(data))):]
	return string(data[max(0, len(data)-Tail):])
}

// Ended returns once the command that Start started ended.
func (a *agent) Ended(_ None, end *Ending) error {
	a.mu.Lock()
	done := a.ended
	a.mu.Unlock()
	if done == nil {
		return errors.New("nothing was started")
	}
	<-done
	a.mu.Lock()
	defer a.mu.Unlock()
	*end = a.end
	return nil
}

// Said is the end of what the started command printed so far.
func (a *agent) Said(_ None, text *string) error {
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.ended != nil {
		*text = a.printed()
	}
	return nil
}

// Exec runs one command to its end, or kills it and all its children at the
// limit.
func (a *agent) Exec(c pod.Command, r *pod.Result) error {
	ctx, cancel := context.WithTimeout(context.Background(), c.Limit)
	defer cancel()
	cmd, err := a.command(ctx, c.Args)
	if err != nil {
		return err
	}
	var stdout, stderr bytes.Buffer
	cmd.Stdin, cmd.Stdout, cmd.Stderr = bytes.NewReader(c.Stdin), &stdout, &stderr
	cmd.Cancel = func() error { return syscall.Kill(-cmd.Process.Pid, syscall.SIGKILL) }
	cmd.WaitDelay = time.Second // a child of the command may hold its output open
	err = cmd.Run()
	if ctx.Err() != nil {
		return fmt.Errorf("run %s: no end within %s", c.Args[0], c.Limit)
	}
	var exit *exec.ExitError
	if err != nil && !errors.As(err, &exit) && !errors.Is(err, exec.ErrWaitDelay) {
		return fmt.Errorf("run %s: %w", c.Args[0], err)
	}
	*r = pod.Result{Stdout: stdout.Bytes(), Stderr: stderr.Bytes(), Code: exitCode(cmd)}
	return nil
}

// exitCode is 128+n when signal n killed the command, as a shell says it.
func exitCode(cmd *exec.Cmd) int {
	if status, ok := cmd.ProcessState.Sys().(syscall.WaitStatus); ok && status.Signaled() {
		return 128 + int(status.Signal())
	}
	return cmd.ProcessState.ExitCode()
}
