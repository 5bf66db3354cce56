package check

import (
	"context"

	"badgateway/harness/check/compare"
	"badgateway/harness/check/result"
)

// compare runs the new side once and the old side twice, and what then differs
// once more on both sides: a change is what holds in every run. The cells of
// the new side are in the report also when it does not come to its end.
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
	after.Cells, report.Factor, err = o.run(ctx, now, o.plan(now))
	report.Cells = after.Cells
	if err != nil {
		return err
	}
	if before.Cells, _, err = o.run(ctx, old, o.plan(old)); err != nil {
		return err
	}
	if before.Again, _, err = o.run(ctx, old, o.plan(old)); err != nil {
		return err
	}
	if err := o.again(ctx, now, old, &before, &after); err != nil {
		return err
	}
	diff := compare.Sides(before, after)
	diff.Against = old.config.Path
	if old.Build.Spec != now.Build.Spec {
		diff.Against += " on nginx " + old.Build.Version
	}
	o.Expect.Split(&diff)
	report.Diff = &diff
	return nil
}

// again runs the cells that differ once more on both sides.
func (o Options) again(ctx context.Context, now, old *side, before, after *compare.Side) error {
	var olds, news []string
	for _, c := range compare.Sides(*before, *after).Cells {
		if c.Before != nil {
			olds = append(olds, c.Before.ID)
		}
		if c.After != nil {
			news = append(news, c.After.ID)
		}
	}
	again, _, err := o.run(ctx, old, only(o.plan(old), olds))
	if err != nil {
		return err
	}
	before.Again = append(before.Again, again...)
	after.Again, _, err = o.run(ctx, now, only(o.plan(now), news))
	return err
}
