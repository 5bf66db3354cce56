package main

import (
	"context"
	"fmt"
	"io"
	"path/filepath"
	"strings"

	"badgateway/harness"
	"badgateway/harness/pod"
	"badgateway/harness/report"
)

// parts are one per build that the flags ask for, with what is known before
// anything is started. Of several, each has a directory of artefacts of its own.
func (f runFlags) parts() []report.Part {
	specs := f.nginx
	if len(specs) == 0 {
		specs = []string{""}
	}
	parts := make([]report.Part, len(specs))
	taken := map[string]bool{}
	for i, spec := range specs {
		parts[i] = report.Part{Driver: f.driver, Keep: f.keep}
		parts[i].Nginx.Spec = spec
		if f.keep == "" || len(specs) == 1 {
			continue
		}
		name := fileName(spec)
		if taken[name] {
			name += fmt.Sprintf("-%d", i+1)
		}
		taken[name] = true
		parts[i].Keep = filepath.Join(f.keep, name)
	}
	return parts
}

// fileName is a spec as the name of a directory: "debian-forky",
// "opt-nginx-sbin-nginx".
func fileName(spec string) string {
	safe := strings.Map(func(r rune) rune {
		if strings.ContainsRune(`/\:`, r) {
			return '-'
		}
		return r
	}, spec)
	return strings.Trim(safe, "-.")
}

// setParts puts the parts into run: one is the run itself.
func setParts(run *report.Run, parts []report.Part) {
	if len(parts) > 1 {
		run.Builds = parts
		return
	}
	run.Nginx, run.Driver, run.Verdicts, run.Records = parts[0].Nginx, parts[0].Driver, parts[0].Verdicts, parts[0].Records
}

// ready finds every build, then a driver for each, and returns how to run them;
// parts gain what was found. Nothing of the catalogue runs before all are ready.
func (a *app) ready(ctx context.Context, parts []report.Part, f runFlags) ([]harness.Options, error) {
	asked := map[string]string{} // the spec that was given, by the build's own
	for i := range parts {
		spec := parts[i].Nginx.Spec
		build, err := a.parts.resolve(ctx, spec, a.stderr)
		if err != nil {
			return nil, err
		}
		if first, twice := asked[build.Spec]; twice {
			return nil, badInput(fmt.Errorf("nginx %s and %s are the same build: give each once", first, spec))
		}
		asked[build.Spec], parts[i].Nginx = spec, build
	}
	each := make([]harness.Options, len(parts))
	for i := range parts {
		o, err := a.options(ctx, &parts[i], f)
		if err != nil {
			return nil, err
		}
		each[i] = o
	}
	return each, nil
}

// options picks and prepares the driver of a part. An image does not tell its
// version without being started: then nginx is asked.
func (a *app) options(ctx context.Context, part *report.Part, f runFlags) (harness.Options, error) {
	build := part.Nginx
	driver, err := a.parts.pick(ctx, f.driver, build)
	if err != nil {
		return harness.Options{}, err
	}
	part.Driver = driver.Name()
	if err := a.prepare(ctx, driver, build); err != nil {
		return harness.Options{}, err
	}
	o := harness.Options{
		Driver: driver, Nginx: build, Timeouts: pod.DefaultTimeouts,
		Parallel: f.parallel, Seed: f.seed, Keep: part.Keep, Capture: part.Keep != "", Without: f.without,
	}
	if build.Version != "" {
		return o, nil
	}
	if o, err = a.parts.inspect(ctx, o); err != nil {
		return o, runError(fmt.Errorf("look at nginx %s: %w", build.Spec, err))
	}
	part.Nginx.Version = o.Version()
	return o, nil
}

// watch has the display, and with --hold the holder, told of every run. Of
// several builds they are told which one.
func (a *app) watch(each []harness.Options, display *report.Display, f runFlags, human io.Writer, list []harness.Scenario) {
	var h *holder
	if f.hold {
		h = newHolder(a.stdin, human, list)
	}
	for i := range each {
		build := ""
		if len(each) > 1 {
			build = each[i].Nginx.Spec
		}
		show := display.On(build)
		each[i].Events = show
		if h == nil {
			continue
		}
		each[i].Parallel = 1
		each[i].Events = func(e harness.Event) { show(e); h.event(build, e) }
		each[i].Hold = h.hold
	}
}

// lackingError says what --require forbids; nil when there is nothing.
func lackingError(lacking []string) error {
	if len(lacking) == 0 {
		return nil
	}
	return fmt.Errorf("--require: skipped for what is missing here:\n  %s", strings.Join(lacking, "\n  "))
}

// began reports whether any scenario came to a verdict.
func began(run report.Run) bool {
	for _, part := range run.Parts() {
		if len(part.Verdicts) > 0 {
			return true
		}
	}
	return false
}
