package matrix

import (
	"context"
	"sync"

	"golang.org/x/sync/semaphore"

	"badgateway/harness/check/config"
	"badgateway/harness/check/result"
	"badgateway/harness/check/sandbox"
	"badgateway/harness/check/upstream"
	"badgateway/harness/nginx"
	"badgateway/harness/pod"
)

// podsPerCore is how many cells run at a time for each core when Options.Parallel
// does not say: they mostly wait (BenchmarkMatrix on two cores: 19 to 21 s with
// eight, 15 to 17 s with twelve, no less with sixteen).
const podsPerCore = 12

// Options say how to run a plan.
type Options struct {
	Driver pod.Driver
	Build  nginx.Build
	Box    *sandbox.Box
	Config *config.Config
	// Pass gives the directive behind a route (plan.Plan.Pass).
	Pass func(route string) (upstream.Pass, bool)
	// Parallel is how many pods there are at a time; 0: twelve for each core, as
	// far as memory goes. A native pod takes about 10 MB and a cell about 30 ms of
	// a processor (BenchmarkMatrix).
	Parallel int
	// Room is shared by runs that go on side by side: they have no more pods at a
	// time than it has places. nil: this run has it for itself.
	Room *semaphore.Weighted
	// RealTime leaves all durations as they are.
	RealTime bool
	// Each is told of every cell that is done, one call at a time; may be nil.
	Each func(done, total int, c result.Cell)

	late *pulse // of the machine, during a run
}

// Run runs the cells of a plan and returns them in its order, with the greatest
// factor by which durations were divided. The error is the context's: whatever
// else goes wrong is the Error of its cell.
func Run(ctx context.Context, o Options, plan []Planned) ([]result.Cell, float64, error) {
	if o.Parallel = Width(o.Parallel); o.Room == nil {
		o.Room = semaphore.NewWeighted(int64(o.Parallel))
	}
	o.late = newPulse()
	defer o.late.end()
	cells := NotRun(plan)
	next := make(chan int)
	var (
		mu   sync.Mutex // guards what follows
		done int
		most = 1.0
		wg   sync.WaitGroup
	)
	for range min(o.Parallel, len(plan)) {
		wg.Go(func() {
			for i := range next {
				if err := o.Room.Acquire(ctx, 1); err != nil {
					cells[i].Error += ": " + err.Error()
					continue
				}
				cells[i] = runCell(ctx, &o, plan[i])
				o.Room.Release(1)
				mu.Lock()
				done++
				most = max(most, cells[i].Factor)
				if o.Each != nil {
					o.Each(done, len(plan), cells[i])
				}
				mu.Unlock()
			}
		})
	}
	for _, i := range schedule(plan) {
		select {
		case next <- i:
		case <-ctx.Done():
			cells[i].Error += ": " + ctx.Err().Error()
		}
	}
	close(next)
	wg.Wait()
	return cells, most, ctx.Err()
}

// Width is how many pods there are at a time where so many are asked for; 0:
// what Options.Parallel says.
func Width(asked int) int {
	if asked > 0 {
		return asked
	}
	return pod.Width(podsPerCore)
}

// NotRun are the cells of a plan as long as they have not run.
func NotRun(plan []Planned) []result.Cell {
	cells := make([]result.Cell, len(plan))
	for i, p := range plan {
		cells[i] = newCell(p)
		cells[i].Error = "not run"
	}
	return cells
}
