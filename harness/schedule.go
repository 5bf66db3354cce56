package harness

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"sync"
	"time"

	"golang.org/x/sync/errgroup"

	"badgateway/harness/pod"
)

// PodsPerCore is how many scenarios run at a time for each core when
// Options.Parallel is 0. They mostly wait: with fewer, waits stand in line behind
// waits (measured on two cores: 10.4 s with eight, 8.7 s with twelve).
const PodsPerCore = 12

// RunAll runs scenarios in pods of their own, several at a time, those that
// wait longest first. Verdicts and Records stand in the order of list. When
// ctx ends, the runs that have not begun are skipped, the Summary is what there
// is, and the error says so.
func RunAll(ctx context.Context, list []Scenario, o Options) (Summary, error) {
	sums, err := RunBuilds(ctx, list, []Options{o})
	return sums[0], err
}

// RunBuilds is RunAll on several builds of nginx, one per element of each. All
// runs share one pool, as wide as the first element's Parallel says, and all
// events come from one goroutine at a time. There is a Summary per element of
// each, in its order, also with an error.
func RunBuilds(ctx context.Context, list []Scenario, each []Options) ([]Summary, error) {
	began := time.Now()
	each = slices.Clone(each)
	var turn sync.Mutex
	for i, o := range each {
		if o.about == nil && slices.ContainsFunc(list, func(s Scenario) bool { return len(s.Modules) > 0 || o.Nginx.Version == "" }) {
			var err error
			if o, err = Inspect(ctx, o); err != nil {
				return make([]Summary, len(each)), fmt.Errorf("look at nginx %s: %w", o.Nginx.Spec, err)
			}
		}
		o.Events = oneAtATime(&turn, o.Events)
		each[i] = o
	}
	sums, err := schedule(ctx, list, each, Run)
	for i := range sums {
		sums[i].Wall = time.Since(began)
	}
	return sums, err
}

// schedule is RunBuilds with the run itself as an argument.
func schedule(ctx context.Context, list []Scenario, each []Options, play func(context.Context, Scenario, Options) (*Record, Verdict)) ([]Summary, error) {
	sums := make([]Summary, len(each))
	for i := range sums {
		sums[i] = Summary{Verdicts: make([]Verdict, len(list)), Records: make([]*Record, len(list))}
	}
	limit := each[0].Parallel
	if limit <= 0 {
		limit = pod.Width(PodsPerCore)
	}
	var group errgroup.Group
	group.SetLimit(limit)
	for _, i := range longestFirst(list) {
		for b, o := range each {
			group.Go(func() error {
				run := play
				if ctx.Err() != nil {
					run = notRun
				}
				sums[b].Records[i], sums[b].Verdicts[i] = run(ctx, list[i], o)
				return nil
			})
		}
	}
	_ = group.Wait() // its functions return nil: a failed run is a Verdict
	if err := ctx.Err(); err != nil {
		return sums, fmt.Errorf("run scenarios: %w", context.Cause(ctx))
	}
	return sums, nil
}

// notRun is the record of a scenario whose turn never came.
func notRun(_ context.Context, s Scenario, o Options) (*Record, Verdict) {
	r := &Record{Scenario: s.Name, Driver: o.Driver.Name(), Nginx: o.Nginx, Seed: o.Seed, Skip: "not run: interrupted before its turn"}
	return r, Judge(s, r)
}

// longestFirst orders the indices of list by declared wait.
func longestFirst(list []Scenario) []int {
	order := make([]int, len(list))
	for i := range order {
		order[i] = i
	}
	slices.SortStableFunc(order, func(a, b int) int { return cmp.Compare(list[b].Waits, list[a].Waits) })
	return order
}

// oneAtATime lets goroutines share receivers of events, one at a time having
// the turn.
func oneAtATime(turn *sync.Mutex, receive func(Event)) func(Event) {
	if receive == nil {
		return nil
	}
	return func(e Event) {
		turn.Lock()
		defer turn.Unlock()
		receive(e)
	}
}
