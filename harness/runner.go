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

// run is one scenario being played in one pod.
type run struct {
	scenario Scenario
	options  Options
	record   *Record
	pod      *pod.Pod
	log      *Log
	access   tail
	logged   bool   // the configuration writes the access log
	conf     string // nginx.conf as last deployed
	// met are the fault windows as they were before the first look: what a
	// look alone met is no evidence.
	met []pod.Window
	// made are the changes so far, from the first answer held back.
	made     []Changed
	launched int // requests for changes
}

// Run plays a scenario in a pod of its own and judges the record: healthy,
// broken, symptom, fixed, verified, log clean. The Record is never nil; what
// kept the run from its end is in Record.Error, why it was not begun in
// Record.Skip.
func Run(ctx context.Context, s Scenario, o Options) (*Record, Verdict) {
	r := &run{scenario: s, options: o, record: &Record{Scenario: s.Name, Driver: o.Driver.Name(), Nginx: o.Nginx, Seed: o.Seed}}
	began := time.Now()
	r.declare()
	err := r.attempt(ctx)
	if err != nil && ctx.Err() != nil {
		r.record.Skip = "interrupted: " + context.Cause(ctx).Error()
	}
	r.record.Seconds = time.Since(began).Seconds()
	if err = errors.Join(err, r.keepRecord()); err != nil {
		r.record.Error = err.Error()
	}
	verdict := Judge(s, r.record)
	text := verdict.Outcome
	if verdict.Reason != "" {
		text += ": " + verdict.Reason
	}
	r.emit(Event{Kind: RunEnd, Text: text, Verdict: &verdict, Record: r.record})
	return r.record, verdict
}

// attempt runs the scenario unless it cannot be run here. What was begun is
// read, kept and closed also when it failed or was cancelled.
func (r *run) attempt(ctx context.Context) error {
	about, reason, err := unfit(ctx, r.scenario, r.options)
	if err != nil {
		return err
	}
	if r.record.Skip = reason; reason != "" {
		return nil
	}
	r.record.Nginx.Version = about.Version.String()
	err = r.play(ctx)
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), r.options.Timeouts.Command)
	defer cancel()
	err = errors.Join(err, r.collect(ctx), r.keep(ctx))
	if e := r.pod.Close(); e != nil {
		err = errors.Join(err, fmt.Errorf("close pod: %w", e))
	}
	return err
}

// play starts the pod and goes through the phases.
func (r *run) play(ctx context.Context) error {
	s := r.scenario
	var err error
	r.conf = s.Conf
	r.pod, err = pod.Start(ctx, r.options.Driver, pod.Spec{
		Name: strings.ReplaceAll(s.Name, "/", "-"), Nginx: r.options.Nginx, Conf: s.Conf, Files: s.Files,
		Backends: s.Backends, Resolvers: s.Resolvers, Capture: r.options.Capture,
		Users: s.Users, Sysctls: s.Sysctls, Disks: s.Disks, Limits: s.Limits,
	}, r.options.Timeouts)
	r.log, r.access = NewLog(r.pod), tail{pod: r.pod, path: AccessLog}
	if err != nil {
		return fmt.Errorf("start pod: %w", err)
	}
	state, err := r.pod.Nginx(ctx)
	if err != nil {
		return fmt.Errorf("look at nginx: %w", err)
	}
	r.record.Confined = state.Confined
	for _, p := range r.plan() {
		if p.phase == Fixed {
			if err := r.traps(ctx); err != nil {
				return fmt.Errorf("trap: %w", err)
			}
		}
		if err := r.phase(ctx, p); err != nil {
			return fmt.Errorf("%s: %w", p.phase, err)
		}
		if p.phase == Healthy && len(healthy(trial{s, r.record}, r.record.Steps[0])) > 0 {
			return nil // nothing can be learned by breaking what is broken
		}
	}
	return nil
}

// collect reads what is to be read at the end: nginx is stopped first, so that
// the last lines of its log (open sockets, leaks) belong to the record.
func (r *run) collect(ctx context.Context) error {
	if len(r.record.Steps) == 0 {
		return nil // it never started
	}
	var errs []error
	check := func(doing string, err error) {
		if err != nil {
			errs = append(errs, fmt.Errorf("%s: %w", doing, err))
		}
	}
	var err error
	r.record.Windows, err = r.windows(ctx)
	check("read fault windows", err)
	check("stop nginx", r.pod.StopNginx(ctx))
	last := &r.record.Steps[len(r.record.Steps)-1]
	check("read logs", r.read(ctx, last, nil, 0))
	r.record.Conns, r.record.Attempts, err = r.pod.Observed(ctx)
	check("read what the backends saw", err)
	r.record.Queries, err = r.pod.Queries(ctx)
	check("read what the DNS server was asked", err)
	return errors.Join(errs...)
}

// read appends to step what the logs gained: the error log until every
// signature in due has a line, the access log until it has answered lines.
func (r *run) read(ctx context.Context, step *Step, due []nginx.Signature, answered int) error {
	lines, err := r.log.Next(ctx, Missing(due, step.Log), r.options.Timeouts.Log)
	step.Log = append(step.Log, lines...)
	if err != nil {
		return err
	}
	answered -= withoutRequest(step.Log)
	access, err := r.access.until(ctx, r.options.Timeouts.Log, func(lines []string) bool {
		r.logged = r.logged || len(lines) > 0
		return !r.logged || len(lines) >= answered
	})
	step.Access = append(step.Access, access...)
	return err
}

// withoutRequest counts the connections that ended before a request began: the
// access log has none of them.
func withoutRequest(log []nginx.Line) int {
	n := 0
	for _, line := range log {
		if nginx.ClientBadProxyHeader.Match(line) {
			n++
		}
	}
	return n
}
