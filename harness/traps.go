package harness

import (
	"context"
	"errors"
	"fmt"

	"badgateway/harness/pod"
)

// traps tries every half remedy on the broken gateway and takes each back.
func (r *run) traps(ctx context.Context) error {
	for _, trap := range r.scenario.Fix.Traps {
		tried := Tried{Title: trap.Title, Step: Step{Phase: Trapped}}
		err := r.trap(ctx, trap, &tried)
		r.record.Tried = append(r.record.Tried, tried)
		if err != nil {
			return fmt.Errorf("try %q: %w", trap.Title, err)
		}
		text := "accepted, "
		if tried.Refused {
			text = "refused by nginx -t, "
		}
		r.emit(Event{Kind: TrapTried, Phase: Trapped, Text: trap.Title + ": " + text + tally(tried.Step.Responses)})
	}
	return nil
}

// trap deploys one half remedy, asks once with each method, and puts back what
// was there before.
func (r *run) trap(ctx context.Context, trap Trap, tried *Tried) error {
	step := &tried.Step
	state, err := r.pod.Nginx(ctx)
	if err != nil {
		return err
	}
	before, ran := r.conf, state.Master != 0
	if step.From, err = r.pod.Now(ctx); err != nil {
		return err
	}
	if err := r.pod.Inject(ctx, trap.Faults...); err != nil {
		return err
	}
	err = r.deploy(ctx, trap.Conf)
	if refusal, ok := errors.AsType[*pod.StartError](err); ok {
		tried.Refused, tried.Said, err = true, refusal.Output, nil
	}
	if err != nil {
		return err
	}
	if err := r.askTrapped(ctx, step, trap); err != nil {
		return err
	}
	if err := r.read(ctx, step, nil, answers(*step)); err != nil {
		return err
	}
	if step.To, err = r.pod.Now(ctx); err != nil {
		return err
	}
	if len(trap.Faults) > 0 {
		r.made = append(r.made, Changed{From: step.From, To: step.To})
		if err := r.pod.LiftTo(ctx, len(r.scenario.Break.Faults)); err != nil {
			return fmt.Errorf("take back: %w", err)
		}
	}
	if !ran && !tried.Refused {
		if err := r.pod.StopNginx(ctx); err != nil {
			return fmt.Errorf("stop nginx: %w", err)
		}
	}
	return r.restore(ctx, before, ran && !tried.Refused)
}

// askTrapped makes the trap's rollout, or asks once with each method.
func (r *run) askTrapped(ctx context.Context, step *Step, trap Trap) error {
	if len(trap.Rollout) > 0 {
		return r.rollout(ctx, step, trap.Rollout)
	}
	for _, method := range r.scenario.methods() {
		response, err := r.pod.Request(ctx, r.scenario.probe(method))
		if err != nil {
			return fmt.Errorf("request %s: %w", r.scenario.request(method), err)
		}
		step.Responses = append(step.Responses, response)
	}
	return nil
}

// restore puts a configuration back: with a reload where the trap's was taken,
// as a file alone where nginx never read it. An nginx that did not run before
// the trap does not run afterwards.
func (r *run) restore(ctx context.Context, conf string, reload bool) error {
	if reload {
		return r.deploy(ctx, conf)
	}
	r.conf = conf
	if err := r.pod.Put(ctx, pod.File{Path: pod.ConfPath, Data: []byte(conf)}); err != nil {
		return fmt.Errorf("write configuration: %w", err)
	}
	return nil
}
