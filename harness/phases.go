package harness

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"badgateway/harness/nginx"
	"badgateway/harness/pod"
)

// plan is what one phase will do, known before it is done.
type plan struct {
	phase    Phase
	text     string
	act      func(context.Context, *run, *Step) error // what changes at its beginning
	requests int                                      // per method
	rollout  []Change                                 // instead of requests
	goesOn   func(method string, r pod.Response) bool
	due      []nginx.Signature // whose lines are waited for
	look     bool              // the runbook's commands are run behind it
	hold     bool
}

// plan lays out the phases of a run.
func (r *run) plan() []plan {
	s := r.scenario
	_, of := s.Symptom.counts()
	changes, remedied := s.Break.Rollout, s.Fix.Rollout
	switch r.options.Without {
	case WithoutBreak:
		changes = nil
	case WithoutFix:
		remedied = changes
	}
	ok := func(_ string, r pod.Response) bool { return r.Outcome == s.well() }
	shows := func(method string, r pod.Response) bool {
		return r.Outcome == s.Symptom.client(method) || s.Symptom.Of > 0 && r.Outcome == s.well()
	}
	remedy := s.Fix.Title
	if remedy == "" {
		remedy = "apply the fix"
	}
	return []plan{
		{phase: Healthy, text: "the probe passes", requests: s.verifications(), goesOn: ok},
		{phase: Broken, text: s.Title, act: broken, requests: of, rollout: changes, goesOn: shows, due: s.Symptom.Log, look: true, hold: true},
		{phase: Fixed, text: remedy, act: fixed, requests: s.verifications(), rollout: remedied, goesOn: ok, look: true},
	}
}

// broken deploys and injects what goes wrong.
func broken(ctx context.Context, r *run, step *Step) error {
	b := r.scenario.Break
	if r.options.Without == WithoutBreak {
		return nil
	}
	deploy := r.deploy
	if b.Restart {
		deploy = func(ctx context.Context, conf string) error { return r.restart(ctx, conf, step) }
	}
	if err := deploy(ctx, b.Conf); err != nil {
		return err
	}
	return r.pod.Inject(ctx, b.Faults...)
}

// fixed repairs first and deploys then, as an operator would.
func fixed(ctx context.Context, r *run, _ *Step) error {
	f := r.scenario.Fix
	if r.options.Without == WithoutFix {
		return nil
	}
	if f.Lift {
		if err := r.pod.Lift(ctx); err != nil {
			return err
		}
	}
	if err := r.deploy(ctx, f.Conf); err != nil {
		return err
	}
	return r.recover(ctx)
}

// deploy replaces nginx.conf; "" leaves it. An nginx that does not run is
// started with it.
func (r *run) deploy(ctx context.Context, conf string) error {
	if conf == "" || conf == r.conf {
		return nil
	}
	state, err := r.pod.Nginx(ctx)
	if err != nil {
		return err
	}
	r.conf = conf
	if state.Master != 0 {
		if err := r.pod.Deploy(ctx, conf); err != nil {
			return fmt.Errorf("deploy configuration: %w", err)
		}
		return nil
	}
	if err := r.pod.Put(ctx, pod.File{Path: pod.ConfPath, Data: []byte(conf)}); err != nil {
		return fmt.Errorf("write configuration: %w", err)
	}
	return r.pod.StartNginx(ctx)
}

// restart stops nginx and starts it with conf. That it refuses to start may be
// the symptom: its words become lines of the step.
func (r *run) restart(ctx context.Context, conf string, step *Step) error {
	if err := r.pod.StopNginx(ctx); err != nil {
		return fmt.Errorf("stop nginx: %w", err)
	}
	err := r.deploy(ctx, conf)
	refusal, refused := errors.AsType[*pod.StartError](err)
	if !refused {
		return err
	}
	now, err := r.pod.Now(ctx)
	step.Log = append(step.Log, refusalLines(refusal.Output, now)...)
	return err
}

// refusalLines are the log lines in what nginx printed before it had its log:
// dated where it was built to log to stderr, otherwise as "nginx: [emerg] ...".
// Lines of neither form only repeat them.
func refusalLines(printed string, at time.Duration) []nginx.Line {
	var lines []nginx.Line
	for text := range strings.Lines(printed) {
		line, err := nginx.ParseLine(text)
		if err != nil {
			line, err = nginx.ParseStderr(text)
		}
		if err == nil {
			line.At = at
			lines = append(lines, line)
		}
	}
	return lines
}

// phase plays one phase and appends its step to the record, also when it ends
// early.
func (r *run) phase(ctx context.Context, p plan) (err error) {
	r.emit(Event{Kind: PhaseBegin, Phase: p.phase, Text: p.text})
	step := Step{Phase: p.phase}
	defer func() {
		r.record.Steps = append(r.record.Steps, step)
		r.emit(Event{Kind: PhaseEnd, Phase: p.phase, Text: tally(step.all())})
	}()
	if step.From, err = r.pod.Now(ctx); err != nil {
		return err
	}
	if p.act != nil {
		if err := p.act(ctx, r, &step); err != nil {
			return err
		}
	}
	due, err := r.traffic(ctx, &step, p)
	if err != nil {
		return err
	}
	if err := r.read(ctx, &step, due, answers(step)); err != nil {
		return err
	}
	if step.To, err = r.pod.Now(ctx); err != nil {
		return err
	}
	if p.look {
		if err := r.looks(ctx, &step); err != nil {
			return err
		}
	}
	if p.hold && r.options.Hold != nil {
		return r.holdOn(ctx, p.phase)
	}
	return nil
}

// traffic makes the rollout of a phase, or else its requests, and returns the
// signatures whose lines are still worth waiting for.
func (r *run) traffic(ctx context.Context, step *Step, p plan) ([]nginx.Signature, error) {
	if len(p.rollout) > 0 {
		return p.due, r.rollout(ctx, step, p.rollout)
	}
	due := p.due
	for _, method := range r.scenario.methods() {
		went, err := r.ask(ctx, step, p, method)
		if err != nil {
			return nil, err
		}
		if !went {
			due = nil // the verdict is known: nothing is left to wait for
		}
	}
	return due, nil
}

// ask makes the requests of one method, until one is answered otherwise than
// the phase expects.
func (r *run) ask(ctx context.Context, step *Step, p plan, method string) (went bool, err error) {
	for range p.requests {
		response, err := r.pod.Request(ctx, r.scenario.probe(method))
		if err != nil {
			return false, fmt.Errorf("request %s: %w", r.scenario.request(method), err)
		}
		step.Responses = append(step.Responses, response)
		if !p.goesOn(method, response) {
			return false, nil
		}
	}
	return true, nil
}

// answers counts the requests that nginx took, each of which it logs unless it
// was killed over them.
func answers(step Step) int {
	all := step.all()
	n := len(all) - count(all, pod.Refused)
	if len(step.Changes) > 0 {
		n -= count(all, pod.NoAnswer) + count(all, pod.Reset)
	}
	return n
}

// holdOn lets a person look, and leaves what they caused out of the record.
func (r *run) holdOn(ctx context.Context, p Phase) error {
	access := r.pod.Access()
	r.emit(Event{Kind: Holding, Phase: p, Text: "look inside with: " + strings.Join(access.Shell, " ")})
	r.options.Hold(ctx, r.pod)
	if err := ctx.Err(); err != nil {
		return err
	}
	return r.forget(ctx, 0)
}

// declare announces the run and its phases.
func (r *run) declare() {
	r.emit(Event{Kind: RunBegin, Text: r.scenario.Title})
	for _, p := range r.plan() {
		r.emit(Event{Kind: PhaseDeclared, Phase: p.phase, Text: p.text})
	}
}

func (r *run) emit(e Event) {
	if r.options.Events == nil {
		return
	}
	e.Scenario, e.At = r.scenario.Name, time.Now()
	r.options.Events(e)
}
