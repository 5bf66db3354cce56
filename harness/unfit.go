package harness

import (
	"context"
	"errors"
	"fmt"

	"badgateway/harness/nginx"
	"badgateway/harness/pod"
)

// unfit says why a scenario cannot be run here: a reason to skip it, "" when
// it can.
func unfit(ctx context.Context, s Scenario, o Options) (nginx.About, string, error) {
	for _, need := range s.AllNeeds() {
		if err := o.Driver.Supports(need); err != nil {
			return nginx.About{}, fmt.Sprintf("needs %s, which driver %s does not have here: %v", need, o.Driver.Name(), err), nil
		}
	}
	about, err := o.aboutFor(ctx, s)
	if err != nil {
		return about, "", err
	}
	reason, err := misfit(s, about)
	return about, reason, err
}

// aboutFor is what there is to know of the nginx before s runs: its version,
// and if s asks for modules, all that nginx -V says.
func (o Options) aboutFor(ctx context.Context, s Scenario) (nginx.About, error) {
	if o.about != nil {
		return *o.about, nil
	}
	if len(s.Modules) > 0 || o.Nginx.Version == "" {
		return inquire(ctx, o)
	}
	version, err := nginx.ParseVersion(o.Nginx.Version)
	return nginx.About{Version: version, Nginx: version}, err
}

// misfit compares what a scenario demands of nginx with the nginx there is.
func misfit(s Scenario, about nginx.About) (string, error) {
	if fits, err := about.Nginx.Within(s.Since, s.Until); err != nil || !fits {
		return fmt.Sprintf("nginx %s: it behaves so %s", about.Nginx, bounds(s)), err
	}
	for _, m := range s.Modules {
		if !about.Has(m) {
			return fmt.Sprintf("nginx %s was built without %s (nginx -V)", about.Nginx, m), nil
		}
	}
	return "", nil
}

// bounds says of which versions a scenario is true.
func bounds(s Scenario) string {
	switch {
	case s.Until == "":
		return "since " + s.Since
	case s.Since == "":
		return "until " + s.Until
	}
	return fmt.Sprintf("from %s to %s", s.Since, s.Until)
}

// Inspect asks the nginx of o once what later runs with the Options that it
// returns need to know of it. RunAll and RunBuilds
// do so themselves.
func Inspect(ctx context.Context, o Options) (Options, error) {
	about, err := inquire(ctx, o)
	o.about = &about
	return o, err
}

// Version is what is known of nginx's version before a run: what [Inspect]
// read, else what the build says; empty when neither does.
func (o Options) Version() string {
	if o.about != nil {
		return o.about.Version.String()
	}
	return o.Nginx.Version
}

// inquire asks the nginx of o for its version and modules, in a pod of its own
// in which it is not started.
func inquire(ctx context.Context, o Options) (about nginx.About, err error) {
	p, err := pod.New(ctx, o.Driver, pod.Spec{Name: "nginx-V", Nginx: o.Nginx}, o.Timeouts)
	defer func() { err = errors.Join(err, p.Close()) }()
	if err != nil {
		return about, fmt.Errorf("ask nginx for its version: %w", err)
	}
	result, err := p.Exec(ctx, pod.Command{Args: []string{"nginx", "-V"}})
	if err != nil {
		return about, fmt.Errorf("run nginx -V: %w", err)
	}
	if about, err = nginx.ParseAbout(string(result.Stderr)); err != nil {
		return about, fmt.Errorf("run nginx -V: exit %d: %w", result.Code, err)
	}
	return about, nil
}
