package check

import (
	"cmp"
	"context"
	"runtime"

	"badgateway/harness/check/compare"
	"badgateway/harness/check/matrix"
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
	before.Cells = matrix.NotRun(o.plan(old))
	var ran error
	after.Cells, report.Factor, ran = o.run(ctx, now, o.plan(now))
	report.Cells = after.Cells
	if ran == nil {
		ran = o.twice(ctx, old, &before)
	}
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

// twice runs the cells of the old side, and once more for what differs by itself.
func (o Options) twice(ctx context.Context, old *side, before *compare.Side) (err error) {
	planned := o.plan(old)
	if before.Cells, _, err = o.run(ctx, old, planned); err == nil {
		before.Again, _, err = o.run(ctx, old, planned)
	}
	return err
}

// rounds is how often cells that differ run again: all of them once, and those
// that differ in their waits alone, which a busy machine makes longer, once more
// for each round.
const rounds = 3

// again runs the cells that differ once more on both sides, a few at a time, so
// that they have the machine nearly for themselves.
func (o Options) again(ctx context.Context, now, old *side, before, after *compare.Side) error {
	o.Parallel = min(cmp.Or(o.Parallel, few()), few())
	for round := range rounds {
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
		again, _, err := o.run(ctx, old, only(o.plan(old), olds))
		if err != nil {
			return err
		}
		before.Again = append(before.Again, again...)
		if again, _, err = o.run(ctx, now, only(o.plan(now), news)); err != nil {
			return err
		}
		after.Again = append(after.Again, again...)
	}
	return nil
}

// few pods leave a machine calm.
func few() int { return 2 * runtime.NumCPU() }
