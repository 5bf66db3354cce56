package pod

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
)

// Nginx is the state of nginx: its master and the workers that accept.
func (p *Pod) Nginx(ctx context.Context) (NginxState, error) {
	return Call[NginxState](ctx, p.link, OpState, Empty{})
}

// StartNginx starts a stopped nginx, under no policy; a *StartError carries
// what nginx said.
func (p *Pod) StartNginx(ctx context.Context) error { return p.startNginx(ctx, NoPolicy) }

func (p *Pod) startNginx(ctx context.Context, policy Policy) error {
	ctx, cancel := context.WithTimeout(ctx, p.limits.Nginx)
	defer cancel()
	return p.machine.StartNginx(ctx, policy)
}

// StopNginx ends nginx gracefully (QUIT) and waits until it is gone.
func (p *Pod) StopNginx(ctx context.Context) error {
	_, err := Call[Empty](ctx, p.link, OpStop, StopRequest{Limit: p.limits.Nginx})
	return err
}

// Test runs nginx -t.
func (p *Pod) Test(ctx context.Context) (Result, error) {
	args := []string{"nginx", "-t", "-c", ConfPath}
	return p.Exec(ctx, Command{Args: append(args, p.spec.globals("")...)})
}

// Deploy replaces nginx.conf as an operator does: write, nginx -t, reload, and
// wait until only workers with the new configuration accept. A configuration
// that nginx -t refuses is a *StartError; the old one goes on serving.
func (p *Pod) Deploy(ctx context.Context, conf string) error {
	if err := p.Put(ctx, File{Path: ConfPath, Data: []byte(conf)}); err != nil {
		return fmt.Errorf("write %s: %w", ConfPath, err)
	}
	test, err := p.Test(ctx)
	if err != nil {
		return fmt.Errorf("nginx -t: %w", err)
	}
	if test.Code != 0 {
		return &StartError{Output: string(test.Stderr), Code: test.Code}
	}
	return p.Reload(ctx)
}

// Reload sends HUP and waits until the workers of before no longer accept and
// new ones do.
func (p *Pod) Reload(ctx context.Context) error {
	_, err := Call[NginxState](ctx, p.link, OpReload, ReloadRequest{Limit: p.limits.Nginx})
	return err
}

// Reloaded waits for the end of a reload that a command in the pod has asked for
// (nginx -s reload does not wait); before is nginx's state from before it. A
// reload that is begun meanwhile could not be told from it.
func (p *Pod) Reloaded(ctx context.Context, before NginxState) error {
	_, err := Call[NginxState](ctx, p.link, OpReload, ReloadRequest{Limit: p.limits.Nginx, Workers: before.Workers})
	return err
}

// KillWorker kills one worker with SIGKILL and waits until another took its place.
func (p *Pod) KillWorker(ctx context.Context) error {
	_, err := Call[NginxState](ctx, p.link, OpKill, KillRequest{Limit: p.limits.Nginx})
	return err
}

// globals are the arguments of nginx that give it directives beside its
// configuration: those that load modules, then others.
func (s Spec) globals(others string) []string {
	text := others
	for _, file := range slices.Backward(s.Modules) {
		text = "load_module " + file + "; " + text
	}
	if text == "" {
		return nil
	}
	return []string{"-g", strings.TrimSpace(text)}
}

// StartForeground starts nginx by launch and keeps it in the foreground, as
// container images do: args get -g "daemon off;". A configuration with a
// `daemon` of its own, in whichever of its files, is refused with that
// (ngx_conf_file.c, "is duplicate") before anything happens; it is the subject
// and starts without.
//
// An nginx that becomes a daemon leaves the session, and Linux's autogroup
// scheduling (sched(7)) then keeps it waiting for seconds behind the load of
// other sessions, which no timeout of nginx survives.
func (s Spec) StartForeground(args []string, launch func(args []string) error) error {
	err := launch(slices.Concat(args, s.globals("daemon off;")))
	refused, ok := errors.AsType[*StartError](err)
	if ok && strings.Contains(refused.Output, `"daemon" directive is duplicate`) {
		return launch(slices.Concat(args, s.globals("")))
	}
	return err
}
