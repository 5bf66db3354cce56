package matrix

import (
	"context"
	"errors"
	"net/http"
	"runtime"
	"slices"
	"sync"
	"time"

	"badgateway/backends"
	"badgateway/harness/check/result"
	"badgateway/harness/pod"
)

// course is what leads to the request that a cell tells of, and that request.
// The fault is on when it begins, unless the course itself turns it on.
type course func(ctx context.Context, s *stage) (sight, error)

// poll is the time between two requests of a client that waits for success.
const poll = 50 * time.Millisecond

// inRow is how many requests must succeed one after the other.
const inRow = 6

// once asks, again for as long as nginx has no address of a server marked
// resolve: it looks that up when it has started.
func once(ctx context.Context, s *stage) (got sight, err error) {
	for begin := time.Now(); ; {
		got, err = s.ask(ctx)
		if err != nil || !s.nameless(got) || time.Since(begin) > margin {
			return got, err
		}
		if err := rest(ctx, poll); err != nil {
			return got, err
		}
	}
}

// nameless says whether nginx had no server to ask, though the names exist.
func (s *stage) nameless(got sight) bool {
	return len(s.plan.Route.Hosts) > 0 && s.plan.Fault.names.Code == "" && len(got.attempts) == 0 &&
		slices.Equal(signatures(got), []string{"no-live-upstreams"})
}

// byChance asks until nginx chooses the server that the fault strikes. Where it
// never does, as with ip_hash, the fault strikes the server that it chose.
func byChance(ctx context.Context, s *stage) (sight, error) {
	n := len(live(s.plan.Route))
	got, met, err := s.askUntil(ctx, 2*n, s.metStruck)
	if met || err != nil {
		return got, err
	}
	i := slices.IndexFunc(s.peers(), func(b backends.Spec) bool { return len(got.attempts) > 0 && b.Name == got.attempts[0].Backend })
	if i < 0 {
		return got, nil
	}
	if err := s.pod.Lift(ctx); err != nil {
		return got, err
	}
	s.struck = s.peers()[i : i+1]
	if err := s.inject(ctx); err != nil {
		return got, err
	}
	got, _, err = s.askUntil(ctx, 4*n+8, s.metStruck)
	return got, err
}

// askUntil asks at most n times.
func (s *stage) askUntil(ctx context.Context, n int, met func(sight) bool) (got sight, yes bool, err error) {
	for range n {
		if got, err = s.ask(ctx); err != nil || met(got) {
			return got, err == nil, err
		}
	}
	return got, false, nil
}

func (s *stage) metStruck(got sight) bool {
	return slices.ContainsFunc(s.attempts(got), func(a result.Attempt) bool { return a.Peer == s.struck[0].Name })
}

// whenMarked asks until nginx knows of every server that it is dead. Each
// worker learns that by itself, and servers may be allowed several failures.
func whenMarked(ctx context.Context, s *stage) (sight, error) {
	got, _, err := s.askUntil(ctx, 12, func(got sight) bool { return slices.Contains(signatures(got), "no-live-upstreams") })
	return got, err
}

// whenSettled turns the fault on. An address that nginx looked up at the start
// it keeps for good. One that it looks up at run time it learns by requests
// before; the request of the cell then comes when others succeed, or when nginx
// should have asked again.
func whenSettled(ctx context.Context, s *stage) (sight, error) {
	if len(s.plan.Route.Hosts) == 0 {
		if err := s.inject(ctx); err != nil {
			return sight{}, err
		}
		return s.ask(ctx)
	}
	if _, err := once(ctx, s); err != nil {
		return sight{}, err
	}
	if _, err := s.askTogether(ctx); err != nil {
		return sight{}, err
	}
	begin := time.Now()
	if err := s.inject(ctx); err != nil {
		return sight{}, err
	}
	failing, err := s.askOn(ctx, begin, s.clock.valid)
	if err != nil {
		return sight{}, err
	}
	got, err := s.ask(ctx)
	if served(got.Response) {
		failing = s.clock.valid.restore(failing)
		s.waited = &recovery{failing, s.clock.valid.within()}
	}
	return got, err
}

// askOn asks until requests succeed and returns for how long after begin they
// failed. What a worker of nginx has learnt it may keep for a wait of whole
// seconds: for so long it is asked in any case, since success may be the word of
// a worker that has not learnt it.
func (s *stage) askOn(ctx context.Context, begin time.Time, keeps seconds) (failing time.Duration, err error) {
	window := time.Duration(0)
	if keeps.copied > 0 {
		window = keeps.copied + time.Second // nginx counts to the end of a second
	}
	for row := 0; row < inRow || time.Since(begin) < window; row++ {
		resp, err := s.pod.Request(ctx, s.request(s.plan.Method))
		if err != nil {
			return failing, err
		}
		if !served(resp) {
			row, failing = 0, time.Since(begin)
		}
		if failing > window+margin {
			break
		}
		if failing == 0 && window == 0 {
			continue
		}
		if err := rest(ctx, poll); err != nil {
			return failing, err
		}
	}
	return failing, nil
}

// askTogether lets every worker meet what there is to meet: which one a request
// meets is chance. The requests are made at once, so that none of what nginx
// learns is forgotten before the last. It tells when the first of them failed.
//
// Where the fault makes them wait, their clients give up a second after that:
// what a second try of nginx would learn, or forget, comes in real time long
// after servers are asked again, and in a copy before.
func (s *stage) askTogether(ctx context.Context) (failed time.Time, err error) {
	errs := make([]error, max(16, 4*runtime.NumCPU()))
	ended := make([]time.Time, len(errs))
	var wg sync.WaitGroup
	for i := range errs {
		r := s.request(s.plan.Method)
		if len(s.plan.Fault.Waits) > 0 {
			r.Limit = s.clock.wait + time.Second
		}
		wg.Go(func() {
			_, errs[i] = s.pod.Request(ctx, r)
			ended[i] = time.Now()
		})
	}
	wg.Wait()
	return slices.MinFunc(ended, time.Time.Compare), errors.Join(errs...)
}

// whenStale asks until the request comes on a connection of an earlier one.
// The connections of workers and servers are apart, so that takes a few. Each is
// looked at: one that nobody looks at would meet what ended, and nginx would
// leave the server out.
func whenStale(ctx context.Context, s *stage) (sight, error) {
	got, _, err := s.askUntil(ctx, 4*len(live(s.plan.Route))+4, s.stale)
	return got, err
}

// stale says whether the request came on a connection that ended under it.
func (s *stage) stale(got sight) bool {
	return slices.ContainsFunc(got.conns, func(c backends.Conn) bool {
		return s.isPeer(c.Backend) && c.Unread && c.Closed >= got.Start
	})
}

// triedAll says whether the cell's request failed at every one of several
// servers, though each is alive.
func (s *stage) triedAll(cell *result.Cell) bool {
	tried := map[string]bool{}
	for _, a := range cell.Attempts {
		tried[a.Peer] = true
	}
	return s.plan.Fault.spares && s.marks() && len(tried) == len(live(s.plan.Route))
}

// allDown says whether nginx refuses requests that no fault meets, for what it
// learnt from the one before. The fault is on again when it returns.
func (s *stage) allDown(ctx context.Context) (bool, error) {
	if err := s.pod.Lift(ctx); err != nil {
		return false, err
	}
	if err := s.skipLogs(ctx); err != nil {
		return false, err
	}
	if _, err := s.askTogether(ctx); err != nil {
		return false, err
	}
	lines, err := s.nextLines(ctx)
	if err != nil {
		return false, err
	}
	return slices.Contains(signatures(sight{lines: lines}), "no-live-upstreams"), s.inject(ctx)
}

// recovery is how long requests went on failing, and by how much that may be
// off.
type recovery struct{ failing, within time.Duration }

// recover ends the fault and tells how long requests go on failing; nil where a
// limit on their rate refuses them. Where nginx leaves servers out, every worker
// has learnt of them before: if by waiting, then the fault ended with the first
// wait.
func (s *stage) recover(ctx context.Context) (*recovery, error) {
	var keeps seconds
	var begin time.Time
	if s.marks() {
		keeps = s.clock.down
		if len(s.plan.Fault.Waits) > 0 { // what it learnt from the cell's own request, wait after wait, is forgotten
			if err := s.pod.Reload(ctx); err != nil {
				return nil, err
			}
		}
		failed, err := s.askTogether(ctx)
		if err != nil {
			return nil, err
		}
		if len(s.plan.Fault.Waits) > 0 {
			begin = failed
		}
	}
	if s.clock.page.text > keeps.text && s.plan.Method == http.MethodGet {
		keeps = s.clock.page
	}
	if err := s.pod.Lift(ctx); err != nil {
		return nil, err
	}
	if begin.IsZero() {
		begin = time.Now()
	}
	failing, err := s.askOn(ctx, begin, keeps)
	if err != nil || failing == 0 {
		return &recovery{failing, keeps.within()}, err
	}
	if failing > margin {
		got, err := s.ask(ctx)
		if err != nil || limited(got) {
			return nil, err
		}
	}
	return &recovery{failing + keeps.text - keeps.copied, keeps.within()}, nil
}

// limited says whether a limit of nginx's own refused the request.
func limited(got sight) bool {
	refused := func(name string) bool { return name == "limited-requests" || name == "limited-connections" }
	return got.Status >= 400 && len(got.attempts) == 0 && slices.ContainsFunc(signatures(got), refused)
}

// marks says whether nginx leaves servers out that have failed.
func (s *stage) marks() bool { return s.plan.Fault.names.Code == "" && s.clock.down.text > 0 }

// served says whether the client got an answer of the application.
func served(r pod.Response) bool {
	return r.Status >= 200 && r.Status < 400 && r.Outcome == pod.StatusOutcome(r.Status)
}

// rest lets d pass between two requests.
func rest(ctx context.Context, d time.Duration) error {
	select {
	case <-time.After(d):
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}
