//go:build linux

package native

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"strconv"
	"sync"

	"badgateway/harness/pod"
)

// machine is one native pod.
type machine struct {
	spec   pod.Spec
	ids    ids
	cmd    *exec.Cmd
	link   *pod.Link
	report *os.File      // its standard error
	words  chan string   // what it said when it was ready, once it ended
	ended  chan struct{} // closed then
	end    error         // how, once ended is closed
	close  sync.Once
}

func (m *machine) Link() *pod.Link { return m.link }

func (m *machine) Put(ctx context.Context, files []pod.File) error {
	_, err := pod.Call[pod.Empty](ctx, m.link, pod.OpPut, pod.PutRequest{Files: files})
	return err
}

func (m *machine) Read(ctx context.Context, path string) ([]byte, error) {
	r, err := pod.Call[pod.ReadResponse](ctx, m.link, pod.OpRead, pod.ReadRequest{Path: path})
	return r.Data, err
}

func (m *machine) Exec(ctx context.Context, cmd pod.Command) (pod.Result, error) {
	if len(cmd.Args) > 0 && cmd.Args[0] == "nginx" {
		cmd.Args = append([]string{m.spec.Nginx.Binary}, cmd.Args[1:]...)
	}
	return pod.Call[pod.Result](ctx, m.link, pod.OpExec, cmd)
}

// StartNginx starts nginx under policy, with its own limit of open files where
// the pod has one.
func (m *machine) StartNginx(ctx context.Context, policy pod.Policy) error {
	args := []string{m.spec.Nginx.Binary, "-c", pod.ConfPath}
	if n := m.spec.Limits.OpenFiles; n > 0 {
		args = append([]string{"/bin/sh", "-c", fmt.Sprintf(`ulimit -Sn %d && exec "$@"`, n), "nginx"}, args...)
	}
	return m.spec.StartForeground(args, func(args []string) error {
		r := pod.StartRequest{Args: args, Policy: policy, Limit: pod.Remaining(ctx)}
		_, err := pod.Call[pod.NginxState](ctx, m.link, pod.OpStart, r)
		return err
	})
}

func (m *machine) Access() pod.Access {
	pid := strconv.Itoa(m.cmd.Process.Pid)
	shell := []string{"nsenter", "--all", "--target", pid}
	if !m.ids.root {
		shell = []string{"nsenter", "--all", "--preserve-credentials", "--target", pid}
	}
	return pod.Access{Shell: shell, Root: "/proc/" + pid + "/root"}
}

// Close closes the control link and kills the lab; the kernel ends the rest.
func (m *machine) Close() error {
	var err error
	m.close.Do(func() {
		err = m.link.Close()
		if kill := m.cmd.Process.Kill(); kill != nil && !errors.Is(kill, os.ErrProcessDone) {
			err = errors.Join(err, fmt.Errorf("kill lab: %w", kill))
		}
		<-m.ended
		limits.leave(m.spec.Limits)
	})
	return err
}
