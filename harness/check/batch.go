package check

import (
	"context"
	"sync"

	"golang.org/x/sync/errgroup"
	"golang.org/x/sync/semaphore"

	"badgateway/harness/check/matrix"
	"badgateway/harness/check/result"
)

// batch is one run of cells of a side.
type batch struct {
	side *side
	plan []matrix.Planned
}

// run plays batches side by side, which spares the waits of one after the other,
// with as many pods at a time as one alone has. It returns the cells of each, and
// the greatest factor of all.
func (o Options) run(ctx context.Context, step string, batches ...batch) ([][]result.Cell, float64, error) {
	var (
		mu   sync.Mutex // guards what follows
		now  = Progress{Step: step}
		most = 1.0
	)
	for _, b := range batches {
		now.Total += len(b.plan)
	}
	each := func(_, _ int, c result.Cell) {
		mu.Lock()
		defer mu.Unlock()
		now.Done, now.Now = now.Done+1, c.ID
		if o.Progress != nil {
			o.Progress(now)
		}
	}
	cells := make([][]result.Cell, len(batches))
	pods := matrix.Width(o.Parallel)
	room := semaphore.NewWeighted(int64(pods))
	var group errgroup.Group
	for i, b := range batches {
		group.Go(func() error {
			s := b.side
			played, factor, err := matrix.Run(ctx, matrix.Options{Driver: s.Driver, Build: s.Build, Box: s.box, Config: s.config, Pass: s.text.plan.Pass,
				Parallel: pods, Room: room, RealTime: o.RealTime, Each: each}, b.plan)
			mu.Lock()
			defer mu.Unlock()
			cells[i], most = played, max(most, factor)
			return err
		})
	}
	err := group.Wait()
	return cells, most, err
}
