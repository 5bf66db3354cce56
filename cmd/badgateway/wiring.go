package main

import (
	"context"
	"fmt"
	"io"

	"badgateway/harness"
	"badgateway/harness/builds"
	"badgateway/harness/nginx"
	"badgateway/harness/pod"
	"badgateway/harness/pod/drivers"
	"badgateway/scenarios"
)

// parts are what the verbs are wired from. Tests of the command's own edges
// (exit codes, aborts, reports) put theirs in.
type parts struct {
	catalogue func() []harness.Scenario
	resolve   func(ctx context.Context, spec string, progress io.Writer) (nginx.Build, error)
	pick      func(ctx context.Context, name string, build nginx.Build) (pod.Driver, error)
	inspect   func(ctx context.Context, o harness.Options) (harness.Options, error)
	runBuilds func(ctx context.Context, list []harness.Scenario, each []harness.Options) ([]harness.Summary, error)
}

func wired() parts {
	return parts{
		catalogue: scenarios.All,
		resolve: func(ctx context.Context, spec string, progress io.Writer) (nginx.Build, error) {
			return builds.Resolve(ctx, spec, builds.Options{Progress: steps(progress)})
		},
		pick:      drivers.Pick,
		inspect:   harness.Inspect,
		runBuilds: harness.RunBuilds,
	}
}

// steps prints each step of a fetch once.
func steps(w io.Writer) func(builds.Progress) {
	last := ""
	return func(p builds.Progress) {
		if p.Step == last {
			return
		}
		last = p.Step
		fmt.Fprintln(w, p.Step) // a lost progress line loses nothing
	}
}
