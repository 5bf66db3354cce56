package check

import (
	"cmp"
	"context"
	"runtime"
	"slices"

	"badgateway/harness/check/compare"
	"badgateway/harness/check/result"
	"badgateway/harness/nginx"
)

// compare runs the new side once and the old side twice, and what then differs
// again on both sides: a change is what holds in every run. Broken off, it
// compares what came to its end on both sides until then.
func (o Options) compare(ctx context.Context, now *side, report *result.Report) error {
	old, err := o.ready(ctx, *o.Against, "old")
	if err != nil {
		return err
	}
	report.Inputs = append(report.Inputs, old.input())
	if err := o.knownRoutes(now, old); err != nil {
		return err
	}
	before, after := old.compared(), now.compared()
	planned := o.plan(old)
	cells, factor, ran := o.run(ctx, "cells", batch{now, o.plan(now)}, batch{old, planned}, batch{old, planned})
	after.Cells, before.Cells, before.Again = cells[0], cells[1], cells[2]
	report.Cells, report.Factor = after.Cells, factor
	if ran == nil {
		ran = o.again(ctx, now, old, &before, &after)
	}
	diff := compare.Sides(before, after)
	diff.Unconfirmed = ran != nil
	diff.Against = old.config.Path
	if old.Build.Spec != now.Build.Spec {
		diff.Against += " on nginx " + old.version()
	}
	o.Expect.Split(&diff)
	report.Diff = &diff
	return ran
}

// compared is a side without its cells.
func (s *side) compared() compare.Side {
	version, _ := nginx.ParseVersion(s.version()) // an unknown one explains nothing
	return compare.Side{Routes: s.routes, Directives: s.text.around, All: s.text.all, Version: version}
}

// again runs the cells that differ once more on both sides, and those that then
// differ in their waits alone, which a busy machine makes longer, twice more: a
// few at a time, so that they have the machine nearly for themselves.
func (o Options) again(ctx context.Context, now, old *side, before, after *compare.Side) error {
	o.Parallel = min(cmp.Or(o.Parallel, few()), few())
	for round, times := range []int{1, 2} {
		var olds, news []string
		for _, c := range compare.Sides(*before, *after).Cells {
			if round > 0 && !compare.InWaits(c) {
				continue
			}
			if c.Before != nil {
				olds = append(olds, c.Before.ID)
			}
			if c.After != nil {
				news = append(news, c.After.ID)
			}
		}
		if len(olds)+len(news) == 0 {
			break
		}
		both := []batch{{old, only(o.plan(old), olds)}, {now, only(o.plan(now), news)}}
		cells, _, err := o.run(ctx, "again", slices.Repeat(both, times)...)
		if err != nil {
			return err
		}
		for i := range times {
			before.Again = append(before.Again, cells[2*i]...)
			after.Again = append(after.Again, cells[2*i+1]...)
		}
	}
	return nil
}

// few pods leave a machine calm.
func few() int { return 2 * runtime.NumCPU() }
