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
	learn := func(ctx context.Context) (time.Time, error) {
		learnt := time.Now()
		got, err := once(ctx, s)
		if err != nil {
			return learnt, err
		}
		s.byBackend = s.fromBackend(got.Response)
		return learnt, s.askTogether(ctx)
	}
	learnt, prompt, err := s.turn(ctx, turn{keeps: s.clock.valid, learn: learn, then: s.inject, back: s.pod.Lift})
	if err != nil {
		return sight{}, err
	}
	failing, err := s.askOn(ctx, learnt, s.clock.valid)
	if err != nil {
		return sight{}, err
	}
	got, err := s.ask(ctx)
	if s.succeeded(got.Response) && prompt {
		s.waited = s.clock.valid.recovery(failing)
	}
	return got, err
}

// turn is a fault that comes or goes just after nginx has learnt what it keeps
// for a wait of whole seconds.
type turn struct {
	keeps seconds
	learn func(context.Context) (time.Time, error) // and when the first worker had
	then  func(context.Context) error
	back  func(context.Context) error // before another try
}

// tries is how often that is done until the machine is fast enough.
const tries = 5

// turn does so. On a machine so slow that nginx may have forgotten it by then it
// tries again, nginx reloaded, so that it knows nothing; prompt says whether
// it succeeded. The fault has come or gone in either case.
func (s *stage) turn(ctx context.Context, t turn) (learnt time.Time, prompt bool, err error) {
	for tried := 1; ; tried++ {
		if learnt, err = t.learn(ctx); err != nil {
			return learnt, false, err
		}
		if err = t.then(ctx); err != nil {
			return learnt, false, err
		}
		prompt = t.keeps.copied == 0 || time.Since(learnt) < t.keeps.copied
		if prompt || tried == tries {
			return learnt, prompt, nil
		}
		if err = errors.Join(t.back(ctx), s.pod.Reload(ctx)); err != nil {
			return learnt, false, err
		}
	}
}

// askOn asks until requests succeed and returns for how long after begin they
// failed. What a worker of nginx has learnt until now it may keep for a wait of
// whole seconds: for so long it is asked in any case, since success may be the
// word of a worker that has not learnt it.
func (s *stage) askOn(ctx context.Context, begin time.Time, keeps seconds) (failing time.Duration, err error) {
	window := time.Duration(0)
	if keeps.copied > 0 {
		window = time.Since(begin) + keeps.copied + time.Second // nginx counts to the end of a second
	}
	for row := 0; row < inRow || time.Since(begin) < window; row++ {
		resp, err := s.pod.Request(ctx, s.request(s.plan.Method))
		if err != nil {
			return failing, err
		}
		if !s.succeeded(resp) {
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
// learns is forgotten before the last.
//
// Where the fault makes them wait, their clients give up a second after that, or
// sooner where servers are left out for no longer: what a second try of nginx
// would learn, or forget, comes in real time long after servers are asked again,
// and in a copy before.
func (s *stage) askTogether(ctx context.Context) error {
	errs := make([]error, max(16, 4*runtime.NumCPU()))
	more := time.Second
	if out := s.clock.down.copied; out > 0 {
		more = min(more, out/2)
	}
	var wg sync.WaitGroup
	for i := range errs {
		r := s.request(s.plan.Method)
		if len(s.plan.Fault.Waits) > 0 {
			r.Limit = s.clock.wait + more
		}
		wg.Go(func() { _, errs[i] = s.pod.Request(ctx, r) })
	}
	wg.Wait()
	return errors.Join(errs...)
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
// learnt from the one before. Where the first server may be asked again before
// the last has failed, it does not: only what comes while that one request is
// under way would be refused. The fault is on again when it returns.
func (s *stage) allDown(ctx context.Context) (bool, error) {
	if s.clock.spread > s.clock.down.text {
		return false, nil
	}
	learn := func(ctx context.Context) (time.Time, error) {
		if err := s.pod.Reload(ctx); err != nil {
			return time.Time{}, err
		}
		begin := s.soonest()
		_, err := s.ask(ctx)
		return begin, err
	}
	var lines []line
	others := func(ctx context.Context) (err error) {
		if err = errors.Join(s.pod.Lift(ctx), s.skipLogs(ctx)); err != nil {
			return err
		}
		if err = s.askTogether(ctx); err == nil {
			lines, err = s.nextLines(ctx)
		}
		return err
	}
	_, prompt, err := s.turn(ctx, turn{keeps: s.clock.down, learn: learn, then: others, back: s.inject})
	if err != nil {
		return false, err
	}
	return prompt && slices.Contains(signatures(sight{lines: lines}), "no-live-upstreams"), s.inject(ctx)
}

// soonest is when nginx can learn of the fault from a request made now. When the
// harness sees the answer says less on a busy machine.
func (s *stage) soonest() time.Time {
	if len(s.plan.Fault.Waits) > 0 {
		return time.Now().Add(s.clock.wait)
	}
	return time.Now()
}

// recovery is how long requests went on failing, and by how much that may be
// off.
type recovery struct{ failing, within time.Duration }

// recover ends the fault and tells how long requests go on failing; nil where a
// limit on their rate refuses them, or the machine is too slow to tell. Where
// nginx keeps what it learnt of the fault, the fault counts as ended when the
// first of its workers learnt it.
func (s *stage) recover(ctx context.Context) (*recovery, error) {
	t := turn{learn: now, then: s.pod.Lift, back: s.inject}
	if s.marks() {
		t.keeps, t.learn = s.clock.down, s.learnMarks
	}
	if s.clock.page.text > 0 && s.plan.Method == http.MethodGet {
		t.learn = s.learnPage
		if s.clock.page.text > t.keeps.text {
			t.keeps = s.clock.page
		}
	}
	begin, prompt, err := s.turn(ctx, t)
	if err != nil || !prompt {
		return nil, err
	}
	if t.keeps.copied == 0 {
		begin = time.Now()
	}
	failing, err := s.askOn(ctx, begin, t.keeps)
	if err != nil {
		return nil, err
	}
	if failing > margin {
		got, err := s.ask(ctx)
		if err != nil || limited(got) || s.byBackend && !s.succeeded(got.Response) {
			return nil, err
		}
	}
	return t.keeps.recovery(failing), nil
}

func now(context.Context) (time.Time, error) { return time.Now(), nil }

// learnMarks lets every worker leave servers out from the same time on. What
// they learnt from the cell's own requests, one by one, is forgotten.
func (s *stage) learnMarks(ctx context.Context) (time.Time, error) {
	if err := s.pod.Reload(ctx); err != nil {
		return time.Time{}, err
	}
	begin := s.soonest()
	return begin, s.askTogether(ctx)
}

// learnPage asks until the answer comes from no cache, and so is one that has
// just been put there.
func (s *stage) learnPage(ctx context.Context) (time.Time, error) {
	for begin := time.Now(); ; {
		learnt := s.soonest()
		got, err := s.ask(ctx)
		if err != nil || len(s.attempts(got)) > 0 || time.Since(begin) > s.clock.page.copied+margin {
			return learnt, err
		}
		if err := rest(ctx, poll); err != nil {
			return learnt, err
		}
	}
}

// limited says whether a limit of nginx's own refused the request.
func limited(got sight) bool {
	refused := func(name string) bool { return name == "limited-requests" || name == "limited-connections" }
	return got.Status >= 400 && len(got.attempts) == 0 && slices.ContainsFunc(signatures(got), refused)
}

// marks says whether nginx leaves servers out that have failed.
func (s *stage) marks() bool { return s.plan.Fault.names.Code == "" && s.clock.down.text > 0 }

// served says whether the status is one of success.
func served(r pod.Response) bool {
	return r.Status >= 200 && r.Status < 400 && r.Outcome == pod.StatusOutcome(r.Status)
}

// succeeded says whether the client got an answer of the application, and not
// one that nginx gives in its place.
func (s *stage) succeeded(r pod.Response) bool {
	return served(r) && (!s.byBackend || s.fromBackend(r))
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
