//go:build linux

package native

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"regexp"
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
	report *os.File
	ended  chan struct{}
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

// daemonDirective finds a configuration's own `daemon`, which cannot stand
// beside that of the command line (ngx_conf_file.c, "is duplicate").
var daemonDirective = regexp.MustCompile(`(?m)^[^#]*\bdaemon\s+(on|off)\s*;`)

// StartNginx starts nginx in the foreground, as container images do, unless the
// configuration decides: an nginx that becomes a daemon leaves the session, and
// Linux's autogroup scheduling (sched(7)) then keeps it waiting for seconds
// behind the load of other sessions, which no timeout of nginx survives.
func (m *machine) StartNginx(ctx context.Context, policy pod.Policy) error {
	conf, err := m.Read(ctx, pod.ConfPath)
	if err != nil {
		return fmt.Errorf("read configuration: %w", err)
	}
	args := []string{m.spec.Nginx.Binary, "-c", pod.ConfPath}
	if !daemonDirective.Match(conf) {
		args = append(args, "-g", "daemon off;")
	}
	r := pod.StartRequest{Args: args, Policy: policy, Limit: pod.Remaining(ctx)}
	_, err = pod.Call[pod.NginxState](ctx, m.link, pod.OpStart, r)
	return err
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
	})
	return err
}
