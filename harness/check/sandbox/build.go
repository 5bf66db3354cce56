package sandbox

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"badgateway/harness/check/config"
	"badgateway/harness/check/result"
	"badgateway/harness/lazyregexp"
	"badgateway/harness/nginx"
	"badgateway/harness/nginx/conf"
	"badgateway/harness/pod"
)

// maxRounds bounds the starts of nginx: each supplies one thing that it asked for.
const maxRounds = 24

// Build makes the pod in which a configuration starts: it plans, starts nginx,
// and supplies what it asks for until it runs. The error is a
// *config.InputError where the configuration, or what only its owner has,
// stands in the way.
func Build(ctx context.Context, driver pod.Driver, build nginx.Build, c *config.Config) (*Box, error) {
	r := &repairs{driver: driver, build: build, config: c, tried: map[string]bool{}, files: map[string][]byte{}}
	if d := conf.First(c.Tree.Top(), "master_process"); d != nil && d.Arg(0) == "off" {
		return nil, &config.InputError{Place: c.Place(d), Msg: "master_process off is for the developers of nginx: there are no workers, which a check waits for",
			Next: "leave it out in a copy of the configuration"}
	}
	if err := r.look(ctx); err != nil {
		return nil, err
	}
	for range maxRounds {
		p := newPlan(c, c.Tree, r.about)
		r.begin(p)
		p.run()
		if p.failure != nil {
			return nil, p.failure
		}
		box := p.box(c)
		box.Spec.Nginx = build
		line, err := r.start(ctx, box)
		if err != nil {
			return nil, err
		}
		if line == nil {
			box.Spec.Name = ""
			return box, nil
		}
		if err := r.mend(ctx, *line); err != nil {
			return nil, err
		}
	}
	return nil, fmt.Errorf("start nginx: it asked for more than %d things one after the other", maxRounds)
}

// look asks nginx -V, and finds the files of nginx's own system that the
// configuration would include.
func (r *repairs) look(ctx context.Context) error {
	p, err := pod.New(ctx, r.driver, pod.Spec{Name: "look", Nginx: r.build}, pod.DefaultTimeouts)
	defer p.Close()
	if err != nil {
		return err
	}
	said, err := p.Exec(ctx, pod.Command{Args: []string{"nginx", "-V"}})
	if err != nil {
		return fmt.Errorf("run nginx -V: %w", err)
	}
	if r.about, err = nginx.ParseAbout(string(said.Stderr)); err != nil {
		return err
	}
	files, err := strangers(ctx, p, r.config.Tree, r.config.Pod())
	r.apply = append(r.apply, func(p *plan) {
		for _, file := range files {
			p.put(pod.File{Path: file})
			p.supply(result.SuppliedFile, file, "emptied: it is of nginx's own system, not of your tree", nil)
		}
	})
	return err
}

// box is the plan's result.
func (p *plan) box(c *config.Config) *Box {
	box := &Box{Spec: p.spec(c.Pod()), Passes: p.passes, Backends: p.keys, Conflicts: p.conflicts,
		ErrorLogs: p.errorLogs, About: p.about, Notes: p.notes}
	box.Spec.Bare = c.Form == result.Image // its entry point has run when it was read
	box.Supplied = sorted(append(append(box.Supplied, c.Supplied...), p.supplied...))
	return box
}

// start starts nginx in a pod of its own. The line is what it refused to start
// for; nil when it runs.
func (r *repairs) start(ctx context.Context, box *Box) (*nginx.Line, error) {
	box.Spec.Name = "try"
	p, err := pod.Start(ctx, r.driver, box.Spec, pod.DefaultTimeouts)
	defer p.Close()
	if err == nil {
		return nil, nil
	}
	for _, said := range r.said(ctx, p, box, err) {
		if line, found := emergency(said); found {
			return &line, nil
		}
	}
	for _, f := range box.Spec.Files {
		if _, why, ok := strings.Cut(err.Error(), "put "+f.Path+": "); ok {
			return nil, &config.InputError{Place: r.place(nginx.Line{Message: `"` + f.Path + `"`}), Msg: "supply " + f.Path + ": " + why,
				Next: "name another path in a copy of the configuration", Err: err}
		}
	}
	if errors.As(err, new(*pod.StartError)) {
		return nil, &config.InputError{Place: result.Place{File: r.config.Path}, Msg: err.Error(), Next: "see what nginx -t says of it", Err: err}
	}
	return nil, err
}

// ownDaemon is the line of a first start, beside a configuration that has a
// `daemon` itself: see [pod.Spec.StartForeground].
var ownDaemon = lazyregexp.New(`(?m)^.*"daemon" directive is duplicate.*$`)

// said is what nginx printed when it refused to start, or logged when its
// workers did.
func (r *repairs) said(ctx context.Context, p *pod.Pod, box *Box, err error) []string {
	if refused, ok := errors.AsType[*pod.StartError](err); ok {
		return []string{refused.Output}
	}
	var all []string
	for _, file := range box.ErrorLogs {
		if data, err := p.Read(ctx, file); err == nil {
			all = append(all, ownDaemon.ReplaceAllString(string(data), ""))
		}
	}
	return all
}

// emergency is the first [emerg] line that nginx printed, or else the first
// [alert], as a command or, where its log is the standard error, as a log.
func emergency(output string) (found nginx.Line, ok bool) {
	for text := range strings.Lines(output) {
		line, err := nginx.ParseStderr(text)
		if err != nil {
			line, err = nginx.ParseLine(strings.TrimRight(text, "\r\n"))
		}
		switch {
		case err != nil:
		case line.Level == nginx.Emerg:
			return line, true
		case line.Level == nginx.Alert && !ok:
			found, ok = line, true
		}
	}
	return found, ok
}
