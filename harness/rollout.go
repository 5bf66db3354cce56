package harness

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"badgateway/backends"
	"badgateway/harness/pod"
)

// Nginx is the name of nginx itself in [Change.Restart].
const Nginx = "nginx"

// Change is one thing done under traffic: requests are under way at the servers
// when it begins, four per method or as many as there are servers, and as many
// more are made before it is over.
type Change struct {
	// Conf is deployed, by a reload unless nginx is restarted; empty: as it is.
	Conf string `json:"-"`
	// Restart names what ends, with all that it is working on, and starts again:
	// a backend, or [Nginx] (nginx -s stop, nginx). Empty: nginx is reloaded.
	Restart string `json:"restart,omitempty"`
	// Quit lets nginx finish what it is working on first (nginx -s quit).
	Quit bool `json:"quit,omitempty"`
}

func (c Change) String() string {
	switch {
	case c.Restart == Nginx:
		return "nginx -s " + c.signal() + "; nginx"
	case c.Restart != "":
		return "restart " + c.Restart
	case c.Conf != "":
		return "deploy another nginx.conf, nginx -s reload"
	}
	return "nginx -s reload"
}

// signal is what nginx -s is told.
func (c Change) signal() string {
	if c.Quit {
		return "quit"
	}
	return "stop"
}

// Changed is a [Change] that was made. It was on between From and To.
type Changed struct {
	Change string        `json:"change"`
	From   time.Duration `json:"from"`
	To     time.Duration `json:"to"`
}

// held is how late answers come that are held back: until they are let go.
const held = 24 * time.Hour

// patience is how many times the time of a request one that is held back may
// take: others are launched and servers restarted meanwhile, and it must not be
// the client that ends it. It stays below proxy_read_timeout.
const patience = 3

// settling is how often the backends are asked whether a request arrived.
const settling = 2 * time.Millisecond

// flight is a request under way.
type flight struct {
	id       string
	response pod.Response
	err      error
	done     chan struct{}
}

// rollout makes changes one after the other.
func (r *run) rollout(ctx context.Context, step *Step, changes []Change) error {
	for _, c := range changes {
		if err := r.change(ctx, step, c); err != nil {
			return fmt.Errorf("%s: %w", c, err)
		}
	}
	return nil
}

// change makes one change with answers held back, so that it always finds
// requests under way, and lets them go when it is over.
func (r *run) change(ctx context.Context, step *Step, c Change) error {
	began, err := r.pod.Now(ctx)
	if err != nil {
		return err
	}
	if err := r.pod.Inject(ctx, r.holds(c)...); err != nil {
		return err
	}
	under, err := r.launch(ctx)
	if err != nil {
		return err
	}
	changed := Changed{Change: c.String()}
	if changed.From, err = r.pod.Now(ctx); err != nil {
		return err
	}
	if err := r.beginChange(ctx, c); err != nil {
		return err
	}
	meanwhile, err := r.launch(ctx)
	if err != nil {
		return err
	}
	if err := r.endChange(ctx, c); err != nil {
		return err
	}
	if changed.To, err = r.pod.Now(ctx); err != nil {
		return err
	}
	if err := r.pod.Lift(ctx); err != nil {
		return err
	}
	r.made = append(r.made, Changed{From: began, To: changed.To})
	step.Changes = append(step.Changes, changed)
	if step.Responses, err = land(step.Responses, under); err != nil {
		return err
	}
	step.Meanwhile, err = land(step.Meanwhile, meanwhile)
	return err
}

// holds keep answers back: a server that is to be restarted works on what it
// has until its end, the others answer when the change is over.
func (r *run) holds(c Change) []pod.Fault {
	var faults []pod.Fault
	for _, b := range r.scenario.Backends {
		f := pod.Fault{Kind: pod.KindLatency, Target: b.Name, Duration: held}
		if b.Name == c.Restart {
			f = pod.Fault{Kind: pod.KindBehave, Target: b.Name, Script: backends.Mute()}
		}
		faults = append(faults, f)
	}
	return faults
}

// beginChange is a change as far as others notice it: a reload is then over,
// a restart has stopped what it restarts.
func (r *run) beginChange(ctx context.Context, c Change) error {
	switch {
	case c.Restart == Nginx:
		return r.signalNginx(ctx, c)
	case c.Restart != "":
		return r.pod.Inject(ctx, pod.Fault{Kind: pod.KindDown, Target: c.Restart})
	case c.Conf != "" && c.Conf != r.conf:
		return r.deploy(ctx, c.Conf)
	}
	return r.pod.Reload(ctx)
}

// signalNginx ends nginx; returns when it is gone, or, as long as it works on
// something, when it no longer listens.
func (r *run) signalNginx(ctx context.Context, c Change) error {
	result, err := r.pod.Exec(ctx, pod.Command{Args: []string{"nginx", "-s", c.signal(), "-c", pod.ConfPath}})
	if err == nil && result.Code != 0 {
		err = fmt.Errorf("exit %d: %s", result.Code, result.Stderr)
	}
	if err != nil {
		return err
	}
	if !c.Quit {
		return r.pod.StopNginx(ctx) // waits for the end
	}
	ctx, cancel := context.WithTimeout(ctx, r.options.Timeouts.Nginx)
	defer cancel()
	again := time.NewTicker(settling)
	defer again.Stop()
	for {
		conn, err := r.pod.Dial(ctx, "127.0.0.1:80")
		switch {
		case err != nil && strings.Contains(err.Error(), "connection refused"):
			return nil
		case err != nil:
			return fmt.Errorf("look whether nginx listens: %w", err)
		}
		if err := conn.Close(); err != nil {
			return fmt.Errorf("look whether nginx listens: %w", err)
		}
		select {
		case <-again.C:
		case <-ctx.Done():
			return fmt.Errorf("wait for the end of listening: %w", ctx.Err())
		}
	}
}

// endChange starts nginx again; a backend is there again when the faults end.
func (r *run) endChange(ctx context.Context, c Change) error {
	if c.Restart != Nginx {
		return nil
	}
	if c.Quit { // it ends when it has its answers
		if err := errors.Join(r.pod.Lift(ctx), r.pod.StopNginx(ctx)); err != nil {
			return err
		}
	}
	if c.Conf != "" && c.Conf != r.conf {
		return r.deploy(ctx, c.Conf)
	}
	return r.pod.StartNginx(ctx)
}

// launch makes requests of every method, by as many clients at a time, and
// returns when each has reached a backend or was answered.
func (r *run) launch(ctx context.Context) ([]*flight, error) {
	var all []*flight
	for _, method := range r.scenario.methods() {
		for range r.scenario.perChange() {
			r.launched++
			request := r.scenario.probe(method)
			request.ID = fmt.Sprintf("u%d", r.launched)
			request.Limit = patience * cmp.Or(request.Limit, r.options.Timeouts.Request)
			f := &flight{id: request.ID, done: make(chan struct{})}
			go func() {
				defer close(f.done)
				f.response, f.err = r.pod.Request(ctx, request)
			}()
			if err := r.settle(ctx, f); err != nil {
				return nil, err
			}
			all = append(all, f)
		}
	}
	return all, nil
}

// settle waits until a request has reached a backend, or has an answer (which
// it has at the latest when its limit is over).
func (r *run) settle(ctx context.Context, f *flight) error {
	again := time.NewTicker(settling)
	defer again.Stop()
	for {
		select {
		case <-f.done:
			return f.err
		case <-again.C:
		}
		_, attempts, err := r.pod.Observed(ctx)
		if err != nil {
			return fmt.Errorf("read what the backends saw: %w", err)
		}
		if slices.ContainsFunc(attempts, func(a backends.Attempt) bool { return a.ID == f.id && a.Complete }) {
			return nil
		}
	}
}

// land appends the answers of flights.
func land(responses []pod.Response, flights []*flight) ([]pod.Response, error) {
	for _, f := range flights {
		<-f.done
		if f.err != nil {
			return responses, f.err
		}
		responses = append(responses, f.response)
	}
	return responses, nil
}

// withoutChanges leaves out the windows of faults that carried changes out.
func (r *run) withoutChanges(windows []pod.Window) []pod.Window {
	return slices.DeleteFunc(windows, func(w pod.Window) bool {
		return slices.ContainsFunc(r.made, func(c Changed) bool { return w.From >= c.From && w.From <= c.To })
	})
}
