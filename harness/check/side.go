package check

import (
	"context"
	"fmt"

	"badgateway/harness/check/config"
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
// routes.
func (o Options) ready(ctx context.Context, of Side, name string) (*side, error) {
	s := &side{Side: of, name: name, tell: func(p Progress) {
		if o.Progress != nil {
			p.Side = name
			o.Progress(p)
		}
	}}
	var err error
	s.tell(Progress{Step: "reading"})
	if s.config, err = config.Read(ctx, of.Path, config.Options{Root: of.Root, Env: of.Env, Stdin: of.Stdin}); err != nil {
		return nil, err
	}
	s.tell(Progress{Step: "starting"})
	if s.box, err = sandbox.Build(ctx, of.Driver, of.Build, s.config); err != nil {
		return nil, err
	}
	plan := route.Find(s.config, s.box)
	s.text = text{config: s.config, plan: plan}
	s.routes, err = plan.Prove(ctx, of.Driver, of.Build, func(done, total int) {
		s.tell(Progress{Step: "routes", Done: done, Total: total})
	})
	if err != nil {
		return nil, fmt.Errorf("prove routes: %w", err)
	}
	return s, nil
}

// input describes the side for the report.
func (s *side) input() result.Input {
	return result.Input{Path: s.config.Path, Form: s.config.Form, Nginx: s.Build.Spec, Version: s.Build.Version, Files: len(s.config.Tree.Files)}
}
