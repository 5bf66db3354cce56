package check

import (
	"context"
	"time"

	"badgateway/harness/check/finding"
	"badgateway/harness/check/result"
)

// Plan is what a check would do: routes with their proofs, and the cells, each
// without a result.
func Plan(ctx context.Context, o Options) (report result.Report, err error) {
	report = result.Report{Schema: result.Schema, Started: time.Now(), Factor: 1}
	defer func() { report.Wall = time.Since(report.Started) }()
	s, err := o.ready(ctx, o.Side, "")
	about(&report, s)
	if err != nil {
		return report, err
	}
	if err := o.knownRoutes(s); err != nil {
		return report, err
	}
	for _, p := range o.plan(s) {
		report.Cells = append(report.Cells, result.Cell{ID: p.ID(), Route: p.Route.ID, Fault: p.Fault.Name, Method: p.Method})
	}
	return report, nil
}

// Run checks a configuration, or compares two. The report holds what was found
// until an error; errors of the configuration are *config.InputError.
func Run(ctx context.Context, o Options) (report result.Report, err error) {
	report = result.Report{Schema: result.Schema, Started: time.Now(), Factor: 1}
	defer func() { report.Wall = time.Since(report.Started) }()
	name := ""
	if o.Against != nil {
		name = "new"
	}
	now, err := o.ready(ctx, o.Side, name)
	about(&report, now)
	if err != nil {
		return report, err
	}
	if o.Against != nil {
		return report, o.compare(ctx, now, &report)
	}
	if err := o.knownRoutes(now); err != nil {
		return report, err
	}
	cells, factor, err := o.run(ctx, "cells", batch{now, o.plan(now)})
	report.Cells, report.Factor = cells[0], factor
	report.Findings = finding.Find(report.Routes, report.Cells, now.text, o.fixes(), o.Policy, report.Started)
	return report, err
}

// about writes down what a side is; nothing of one that could not be made ready.
func about(report *result.Report, s *side) {
	if s != nil {
		report.Inputs, report.Supplied, report.Routes = []result.Input{s.input()}, s.box.Supplied, s.routes
	}
}

func (o Options) fixes() finding.Titler {
	if o.Fixes == nil {
		return func(string) (string, bool) { return "", false }
	}
	return o.Fixes
}
