package pod

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"sync"
)

// faultLog keeps which faults are on, and the windows of policy faults, which
// the driver and not the lab carries out.
type faultLog struct {
	sync.Mutex
	on       []Fault
	policies []Window
}

// Inject turns faults on, in order.
func (p *Pod) Inject(ctx context.Context, faults ...Fault) error {
	p.faults.Lock()
	defer p.faults.Unlock()
	for _, f := range faults {
		if err := p.inject(ctx, f); err != nil {
			return fmt.Errorf("inject %s on %q: %w", f.Kind, f.Target, err)
		}
		p.faults.on = append(p.faults.on, f)
	}
	return nil
}

func (p *Pod) inject(ctx context.Context, f Fault) error {
	if f.Kind == KindPolicy {
		now, err := p.Now(ctx)
		if err != nil {
			return err
		}
		p.faults.policies = append(p.faults.policies, Window{Fault: f, From: now, Touched: -1})
		return p.restart(ctx, f.Policy)
	}
	_, err := Call[Window](ctx, p.link, OpInject, InjectRequest{Fault: f})
	return err
}

// Lift turns every fault off, last first.
func (p *Pod) Lift(ctx context.Context) error { return p.LiftTo(ctx, 0) }

// LiftTo turns faults off, last first, until n are left.
func (p *Pod) LiftTo(ctx context.Context, n int) error {
	p.faults.Lock()
	defer p.faults.Unlock()
	for len(p.faults.on) > n {
		last := p.faults.on[len(p.faults.on)-1]
		if err := p.lift(ctx, last); err != nil {
			return fmt.Errorf("lift %s on %q: %w", last.Kind, last.Target, err)
		}
		p.faults.on = p.faults.on[:len(p.faults.on)-1]
	}
	return nil
}

func (p *Pod) lift(ctx context.Context, f Fault) error {
	if f.Kind == KindPolicy {
		if err := p.restart(ctx, NoPolicy); err != nil {
			return err
		}
		now, err := p.Now(ctx)
		p.faults.policies[len(p.faults.policies)-1].To = now
		return err
	}
	_, err := Call[Empty](ctx, p.link, OpLift, Empty{})
	return err
}

// restart stops nginx and starts it under policy, as systemctl restart does
// after a policy change.
func (p *Pod) restart(ctx context.Context, policy Policy) error {
	if err := p.StopNginx(ctx); err != nil {
		return fmt.Errorf("stop nginx: %w", err)
	}
	return p.startNginx(ctx, policy)
}

// Windows are the faults injected so far, with what each touched, by time.
func (p *Pod) Windows(ctx context.Context) ([]Window, error) {
	windows, err := Call[[]Window](ctx, p.link, OpWindows, Empty{})
	windows = append(windows, p.faults.policies...)
	slices.SortStableFunc(windows, func(a, b Window) int { return cmp.Compare(a.From, b.From) })
	return windows, err
}
