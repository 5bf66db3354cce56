package docker

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"os/exec"
	"strings"
	"sync"

	"golang.org/x/sync/errgroup"

	"badgateway/harness/nginx"
	"badgateway/harness/pod"
	"badgateway/harness/pod/docker/inside"
)

const name = "docker"

// suffix makes container names unique.
func suffix() string { return strings.ToLower(rand.Text()[:8]) }

// Driver makes pods of containers. The zero value is ready; what it finds and
// builds is kept for its further pods. It may be used concurrently.
type Driver struct {
	// Notice is told, once each, which engine, image and reaper are used. It
	// may be called from several goroutines. nil: nobody is told.
	Notice func(line string)

	engine  memo[*engine]
	lab     memo[string]
	images  sync.Map // nginx.Build to *memo[image]
	watcher watcher
	users   users
}

// Name is "docker".
func (*Driver) Name() string { return name }

// Check asks the engine, and whether there is a program for the containers. It
// builds and pulls nothing; an image that cannot be had is an error of Start.
func (d *Driver) Check(ctx context.Context, build nginx.Build) error {
	api, err := newClient()
	if err != nil {
		return err
	}
	defer api.Close()
	if err := ping(ctx, api); err != nil {
		return err
	}
	_, static, err := ownProgram()
	if err != nil {
		return err
	}
	if _, err := exec.LookPath("go"); err != nil && !static {
		return noToolchain()
	}
	return nil
}

// Supports says whether these pods can hold need: they have a network and user
// ids of their own, and a filter of system calls where there is no LSM.
func (*Driver) Supports(need pod.Need) error {
	switch need {
	case pod.NeedRoutes, pod.NeedUsers, pod.NeedDenyConnect:
		return nil
	}
	return fmt.Errorf("driver docker does not know the need %q", need)
}

// Start makes a pod and waits until lab and agent are there.
func (d *Driver) Start(ctx context.Context, spec pod.Spec) (pod.Machine, error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	d.users.enter()
	ready, err := d.prepare(ctx, spec.Nginx)
	if err != nil {
		return nil, errors.Join(err, d.leave(ready.engine))
	}
	if err := d.watcher.hold(); err != nil {
		return nil, errors.Join(err, d.leave(ready.engine))
	}
	release := func() error { return errors.Join(d.watcher.release(), d.leave(ready.engine)) }
	m := &machine{engine: ready.engine, spec: spec, image: ready.nginx, release: release}
	if err := m.start(ctx, ready.lab); err != nil {
		return nil, errors.Join(err, m.Close())
	}
	return m, nil
}

// leave ends one use of the engine, which may not have been found.
func (d *Driver) leave(e *engine) error {
	if e == nil {
		return d.users.leave(nil)
	}
	return d.users.leave(e)
}

// connect finds the engine and removes what dead creators left there.
func (d *Driver) connect(ctx context.Context) (*engine, error) {
	return d.engine.get(func() (*engine, error) {
		e, err := connect(ctx)
		if err != nil {
			return nil, err
		}
		if err := sweep(ctx, e.api); err != nil {
			d.tell("remove what dead runs left: " + err.Error())
		}
		d.tell("containers are ended by " + e.reaper)
		return e, nil
	})
}

// prepared is what pods of one build share.
type prepared struct {
	engine *engine
	lab    string // image
	nginx  image
}

// Prepare connects to the engine and finds, pulls or makes the images for
// build. That happens once and may take minutes; Start does it when nobody did.
func (d *Driver) Prepare(ctx context.Context, build nginx.Build) error {
	d.users.enter()
	ready, err := d.prepare(ctx, build)
	return errors.Join(err, d.leave(ready.engine))
}

func (d *Driver) prepare(ctx context.Context, build nginx.Build) (p prepared, err error) {
	if p.engine, err = d.connect(ctx); err != nil {
		return p, err
	}
	p.lab, err = d.lab.get(func() (string, error) {
		program, err := findProgram(ctx)
		if err != nil {
			return "", err
		}
		return p.engine.labImage(ctx, program)
	})
	if err != nil {
		return p, err
	}
	kept, _ := d.images.LoadOrStore(build, new(memo[image]))
	p.nginx, err = kept.(*memo[image]).get(func() (image, error) {
		i, err := p.engine.nginxImage(ctx, build, p.lab)
		if err == nil {
			d.tell("nginx is " + i.what)
		}
		return i, err
	})
	return p, err
}

// nginxImage makes the image with build and the agent.
func (e *engine) nginxImage(ctx context.Context, build nginx.Build, lab string) (image, error) {
	base, what, err := e.baseImage(ctx, build)
	if err != nil {
		return image{}, err
	}
	ref, err := e.podImage(ctx, base, lab)
	if err != nil {
		return image{}, err
	}
	return e.inspect(ctx, ref, what)
}

func (d *Driver) tell(line string) {
	if d.Notice != nil {
		d.Notice(line)
	}
}

// memo keeps the first success of a question; a failure is asked again.
type memo[T any] struct {
	mu    sync.Mutex
	known bool
	value T
}

func (m *memo[T]) get(ask func() (T, error)) (T, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.known {
		return m.value, nil
	}
	value, err := ask()
	m.value, m.known = value, err == nil
	return value, err
}

// start makes the containers and brings lab and agent together. The nginx
// container is made while the lab starts.
func (m *machine) start(ctx context.Context, labRef string) error {
	var err error
	if m.lab, err = m.engine.createLab(ctx, m.spec, labRef); err != nil {
		return err
	}
	group, both := errgroup.WithContext(ctx)
	var control, agent *stream
	group.Go(func() (err error) {
		if control, err = attach(both, m.engine.api, m.lab.GetContainerID()); err != nil {
			return err
		}
		return m.lab.Start(both)
	})
	group.Go(func() (err error) {
		if m.nginx, err = m.engine.createNginx(both, m.spec, m.image, m.lab.GetContainerID()); err != nil {
			return err
		}
		agent, err = attach(both, m.engine.api, m.nginx.GetContainerID())
		return err
	})
	err = group.Wait()
	m.hold(control, agent)
	if err != nil {
		return fmt.Errorf("start containers: %w", err)
	}
	if err := m.nginx.Start(ctx); err != nil {
		return fmt.Errorf("start nginx container: %w", err)
	}
	return m.introduce(ctx, control, agent)
}

// introduce tells the lab who the agent is, and waits for the lab's first
// answer.
func (m *machine) introduce(ctx context.Context, control, agent *stream) error {
	var pid int
	if err := m.ask(ctx, inside.OpHello, inside.None(0), &pid); err != nil {
		return fmt.Errorf("greet agent: %w: %s", err, agent.Errors())
	}
	if _, err := fmt.Fprintf(control, "%d\n", pid); err != nil {
		return fmt.Errorf("greet lab: %w", err)
	}
	var err error
	if m.link, err = pod.NewLink(control); err != nil {
		return fmt.Errorf("greet lab: %w", err)
	}
	if _, err := pod.Call[pod.NowResponse](ctx, m.link, pod.OpNow, pod.Empty{}); err != nil {
		return fmt.Errorf("greet lab: %w: %s", err, control.Errors())
	}
	return nil
}
