package docker

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"net/rpc"
	"os"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/containerd/errdefs"
	"github.com/mattn/go-isatty"
	"github.com/moby/moby/client"
	"github.com/testcontainers/testcontainers-go"
	"golang.org/x/sync/errgroup"

	"badgateway/harness/pod"
	"badgateway/harness/pod/docker/inside"
)

// closeLimit bounds the removal of a pod's containers: an engine that makes and
// removes many at a time took over 10 s on a slow machine.
const closeLimit = time.Minute

// endLimit is how long a container may take to end by itself before it is killed.
const endLimit = closeLimit / 3

// machine is one pod of two containers.
type machine struct {
	engine  *engine
	spec    pod.Spec
	image   image
	release func() error // the watcher, and the engine's connections

	lab, nginx testcontainers.Container // nil until created
	control    *stream                  // to the lab; nil until attached
	link       *pod.Link                // on control; nil until the lab is greeted
	agent      *rpc.Client              // nil until attached
	close      sync.Once
}

// hold keeps what is attached, so that Close finds it.
func (m *machine) hold(control, agent *stream) {
	m.control = control
	if agent != nil {
		m.agent = rpc.NewClient(agent)
	}
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

// ask makes one call to the agent.
func (m *machine) ask(ctx context.Context, op string, in, out any) error {
	call := m.agent.Go(op, in, out, make(chan *rpc.Call, 1))
	select {
	case <-call.Done:
		return call.Error
	case <-ctx.Done():
		return ctx.Err()
	}
}

func (m *machine) Exec(ctx context.Context, cmd pod.Command) (pod.Result, error) {
	if len(cmd.Args) > 0 && cmd.Args[0] == "nginx" {
		_, own := m.ImageCommand()
		cmd.Args = append([]string{cmp.Or(m.spec.Nginx.Binary, own[0])}, cmd.Args[1:]...)
	}
	if cmd.Limit == 0 {
		cmd.Limit = pod.Remaining(ctx)
	}
	var r pod.Result
	return r, m.ask(ctx, inside.OpExec, cmd, &r)
}

// StartNginx starts nginx as the image does, with pod.ConfPath named.
func (m *machine) StartNginx(ctx context.Context, policy pod.Policy) error {
	return m.spec.StartForeground(withoutDaemon(m.command()), func(args []string) error {
		return m.launch(ctx, inside.Launch{Args: args, Policy: policy})
	})
}

// launch starts nginx and waits until the lab sees its workers, or it ended.
func (m *machine) launch(ctx context.Context, l inside.Launch) error {
	await := pod.AwaitRequest{Limit: pod.Remaining(ctx)}
	for file, size := range map[string]*int64{pod.ErrorLogPath: &await.Logged, pod.OutputPath: &await.Printed} {
		data, err := m.Read(ctx, file)
		if err != nil && !errors.Is(err, fs.ErrNotExist) {
			return fmt.Errorf("read %s: %w", file, err)
		}
		*size = int64(len(data))
	}
	if err := m.ask(ctx, inside.OpStart, l, new(inside.None)); err != nil {
		return fmt.Errorf("start nginx: %w", err)
	}
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	listens := make(chan error, 1)
	go func() {
		_, err := pod.Call[pod.NginxState](ctx, m.link, pod.OpAwait, await)
		listens <- err
	}()
	var end inside.Ending
	over := m.agent.Go(inside.OpEnded, inside.None(0), &end, make(chan *rpc.Call, 1)).Done
	for {
		select {
		case err := <-listens:
			if err != nil {
				return fmt.Errorf("nginx has no worker: %w; it said: %q", err, m.said())
			}
			return nil
		case call := <-over:
			if call.Error != nil {
				return fmt.Errorf("start nginx: %w", call.Error)
			}
			if end.Code != 0 {
				return &pod.StartError{Output: strings.TrimSpace(end.Output), Code: end.Code}
			}
			over = nil // nginx goes on in the background
		}
	}
}

// said is what nginx printed so far.
func (m *machine) said() string {
	ctx, cancel := context.WithTimeout(context.Background(), time.Second)
	defer cancel()
	var text string
	if err := m.ask(ctx, inside.OpSaid, inside.None(0), &text); err != nil {
		return err.Error()
	}
	return text
}

// Access is docker exec, with a terminal when this process has one.
func (m *machine) Access() pod.Access {
	mode := "-i"
	if isatty.IsTerminal(os.Stdin.Fd()) {
		mode = "-it"
	}
	a := pod.Access{Shell: []string{"docker", "exec", mode, m.nginx.GetContainerID()[:12], inside.AtNginx, inside.Shell}}
	ctx, cancel := context.WithTimeout(context.Background(), checkLimit)
	defer cancel()
	if c, err := m.nginx.Inspect(ctx); err == nil && c.State != nil {
		root := "/proc/" + strconv.Itoa(c.State.Pid) + "/root"
		if exists(root + inside.AtNginx) { // the engine's machine is this one
			a.Root = root
		}
	}
	return a
}

// Close ends the lab, with it every process of the pod, and waits until the
// engine has removed both containers. A lab that was greeted ends as its stream
// does, which spares the engine two programs that kill.
func (m *machine) Close() error {
	var err error
	m.close.Do(func() {
		ctx, cancel := context.WithTimeout(context.Background(), closeLimit)
		defer cancel()
		greeted := m.link != nil
		detached := m.detach()
		var group errgroup.Group
		for _, ctr := range []testcontainers.Container{m.nginx, m.lab} {
			if ctr != nil {
				group.Go(func() error {
					if greeted && m.engine.gone(ctx, ctr.GetContainerID()) {
						return nil
					}
					return m.engine.end(ctx, ctr)
				})
			}
		}
		err = errors.Join(group.Wait(), detached, m.release())
	})
	return err
}

func (m *machine) detach() error {
	var errs []error
	switch {
	case m.link != nil:
		errs = append(errs, m.link.Close())
	case m.control != nil:
		errs = append(errs, m.control.Close())
	}
	if m.agent != nil {
		if err := m.agent.Close(); !errors.Is(err, rpc.ErrShutdown) {
			errs = append(errs, err)
		}
	}
	return errors.Join(errs...)
}

// gone says whether a container that ends by itself is removed before endLimit.
func (e *engine) gone(ctx context.Context, id string) bool {
	ctx, cancel := context.WithTimeout(ctx, endLimit)
	defer cancel()
	err := e.removed(ctx, id)
	return err == nil || errdefs.IsNotFound(err)
}

// end kills a container and waits until it is removed. Its engine removes it
// too, as it ends: whoever comes second finds nothing, which is well.
func (e *engine) end(ctx context.Context, ctr testcontainers.Container) error {
	_, err := e.api.ContainerRemove(ctx, ctr.GetContainerID(), client.ContainerRemoveOptions{Force: true, RemoveVolumes: true})
	if err != nil && !errdefs.IsNotFound(err) && !errdefs.IsConflict(err) {
		return fmt.Errorf("end container: %w", err)
	}
	if err := e.removed(ctx, ctr.GetContainerID()); err != nil && !errdefs.IsNotFound(err) {
		return fmt.Errorf("wait for the end of a container: %w", err)
	}
	return nil
}
