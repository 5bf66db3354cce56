package check

import (
	"cmp"
	"context"
	"fmt"
	"slices"

	"badgateway/harness/check/config"
	"badgateway/harness/check/matrix"
	"badgateway/harness/check/result"
	"badgateway/harness/check/route"
	"badgateway/harness/check/sandbox"
)

// side is one configuration made ready: it starts, its routes are proved.
type side struct {
	Side
	name   string
	config *config.Config
	box    *sandbox.Box
	routes []result.Route
	text   text
	tell   func(Progress)
}

// ready reads a configuration, finds a pod in which it starts, and proves its
// routes. Broken off while it proves them, it gives what is known by then with
// the error.
func (o Options) ready(ctx context.Context, of Side, name string) (*side, error) {
	s := &side{Side: of, name: name, tell: func(p Progress) {
		if o.Progress != nil {
			p.Side = name
			o.Progress(p)
		}
	}}
	var err error
	s.tell(Progress{Step: "reading"})
	if s.config, err = of.read(ctx); err != nil {
		return nil, err
	}
	s.tell(Progress{Step: "starting"})
	if s.box, err = sandbox.Build(ctx, of.Driver, of.Build, s.config); err != nil {
		return nil, err
	}
	plan := route.Find(ctx, s.config, s.box)
	s.text = text{config: s.config, plan: plan}
	s.routes, err = route.Prove(ctx, plan, of.Driver, of.Build, func(done, total int) {
		s.tell(Progress{Step: "routes", Done: done, Total: total})
	})
	if err != nil && ctx.Err() == nil {
		return nil, fmt.Errorf("prove routes: %w", err)
	}
	return s, err
}

// read reads the configuration: the one that was named, else the image's own.
func (of Side) read(ctx context.Context) (*config.Config, error) {
	if of.Path == "" {
		return config.ReadImage(ctx, of.Driver, of.Build)
	}
	return config.Read(ctx, of.Path, config.Options{Root: of.Root, Env: of.Env, EmptyIncludes: of.EmptyIncludes, Stdin: of.Stdin})
}

// input describes the side for the report.
func (s *side) input() result.Input {
	return result.Input{Path: s.config.Path, Form: s.config.Form, Nginx: s.Build.Spec, Version: s.version(), Files: len(s.config.Tree.Files), Unmatched: s.config.Unmatched()}
}

// version is that of the build; an image's nginx tells its own.
func (s *side) version() string { return cmp.Or(s.Build.Version, s.box.About.Version.String()) }

// plan are the cells of a side that the options select.
func (o Options) plan(s *side) []matrix.Planned {
	return matrix.Cells(s.routes, matrix.Selection{Routes: o.Routes, Faults: o.Faults, Methods: o.Methods})
}

// only keeps of a plan the cells with these ids.
func only(planned []matrix.Planned, ids []string) []matrix.Planned {
	return slices.DeleteFunc(slices.Clone(planned), func(p matrix.Planned) bool { return !slices.Contains(ids, p.ID()) })
}
