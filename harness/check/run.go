package check

import (
	"context"
	"time"

	"badgateway/harness/check/compare"
	"badgateway/harness/check/finding"
	"badgateway/harness/check/result"
)

// Plan is what a check would do: routes with their proofs, and the cells, each
// without a result.
func Plan(ctx context.Context, o Options) (report result.Report, err error) {
	report = result.Report{Schema: result.Schema, Started: time.Now(), Factor: 1}
	defer func() { report.Wall = time.Since(report.Started) }()
	s, err := o.ready(ctx, o.Side, "")
	if err != nil {
		return report, err
	}
	report.Inputs, report.Supplied, report.Routes = []result.Input{s.input()}, s.box.Supplied, s.routes
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
	if err != nil {
		return report, err
	}
	report.Inputs = []result.Input{now.input()}
	report.Supplied, report.Routes = now.box.Supplied, now.routes
	if o.Against != nil {
		return report, o.compare(ctx, now, &report)
	}
	if err := o.knownRoutes(now); err != nil {
		return report, err
	}
	report.Cells, report.Factor, err = o.run(ctx, now, o.plan(now))
	report.Findings = finding.Find(report.Routes, report.Cells, now.text, o.fixes(), o.Policy, report.Started)
	return report, err
}

func (o Options) fixes() finding.Titler {
	if o.Fixes == nil {
		return func(string) (string, bool) { return "", false }
	}
	return o.Fixes
}

// compare runs the old side twice and the new side once, and what then differs
// once more on both sides: a change is what holds in every run.
func (o Options) compare(ctx context.Context, now *side, report *result.Report) error {
	old, err := o.ready(ctx, *o.Against, "old")
	if err != nil {
		return err
	}
	report.Inputs = append(report.Inputs, old.input())
	if err := o.knownRoutes(now, old); err != nil {
		return err
	}
	before := compare.Side{Routes: old.routes, Directives: old.text.around}
	after := compare.Side{Routes: now.routes, Directives: now.text.around}
	oldPlan, newPlan := o.plan(old), o.plan(now)
	if before.Cells, _, err = o.run(ctx, old, oldPlan); err != nil {
		return err
	}
	if before.Again, _, err = o.run(ctx, old, oldPlan); err != nil {
		return err
	}
	if after.Cells, report.Factor, err = o.run(ctx, now, newPlan); err != nil {
		return err
	}
	diff := compare.Sides(before, after)
	var olds, news []string
	for _, c := range diff.Cells {
		if c.Before != nil {
			olds = append(olds, c.Before.ID)
		}
		if c.After != nil {
			news = append(news, c.After.ID)
		}
	}
	again, _, err := o.run(ctx, old, only(oldPlan, olds))
	if err != nil {
		return err
	}
	before.Again = append(before.Again, again...)
	if after.Again, _, err = o.run(ctx, now, only(newPlan, news)); err != nil {
		return err
	}
	diff = compare.Sides(before, after)
	diff.Against = old.config.Path
	if old.Build.Spec != now.Build.Spec {
		diff.Against += " on nginx " + old.Build.Version
	}
	o.Expect.Split(&diff)
	report.Cells, report.Diff = after.Cells, &diff
	return nil
}
