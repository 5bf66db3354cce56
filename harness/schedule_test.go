package harness

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"runtime"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"

	"badgateway/harness/nginx"
	"badgateway/harness/pod"
)

func TestMain(m *testing.M) {
	// The native driver keeps one thread for the life of the process: what it
	// starts dies with its starter (PR_SET_PDEATHSIG).
	goleak.VerifyTestMain(m, goleak.IgnoreAnyFunction("badgateway/harness/pod/native.spawner"))
}

// bare is a driver of which only the name and the capabilities are asked.
type bare struct {
	pod.Driver
	lacks map[pod.Need]error
}

func (bare) Name() string                   { return "bare" }
func (b bare) Supports(need pod.Need) error { return b.lacks[need] }

// waiting are scenarios that wait so many seconds each.
func waiting(seconds ...int) []Scenario {
	list := make([]Scenario, len(seconds))
	for i, s := range seconds {
		list[i] = Scenario{Name: fmt.Sprintf("family/s%d", i), Waits: time.Duration(s) * time.Second}
	}
	return list
}

// TestScheduleLongestFirst: with two at a time, 1 1 2 4 seconds take 4, where
// the order given takes 6; results stand in the order given.
func TestScheduleLongestFirst(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var running, most atomic.Int32
		play := func(ctx context.Context, s Scenario, o Options) (*Record, Verdict) {
			most.Store(max(most.Load(), running.Add(1)))
			defer running.Add(-1)
			<-time.After(s.Waits)
			return &Record{Scenario: s.Name}, Verdict{Name: s.Name, Outcome: Pass}
		}
		list, began := waiting(1, 1, 2, 4), time.Now()
		sums, err := schedule(t.Context(), list, []Options{{Driver: bare{}, Parallel: 2}}, play)
		require.NoError(t, err)
		sum := sums[0]
		require.Equal(t, 4*time.Second, time.Since(began))
		require.EqualValues(t, 2, most.Load())
		for i, s := range list {
			require.Equal(t, s.Name, sum.Verdicts[i].Name)
			require.Equal(t, s.Name, sum.Records[i].Scenario)
		}
	})
}

// TestScheduleBuilds: the runs of all builds share one pool, the longest of
// every build first: on two places 1 and 3 seconds of two builds take 4, where
// one build after the other takes 6. Each build has its own results.
func TestScheduleBuilds(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		play := func(_ context.Context, s Scenario, o Options) (*Record, Verdict) {
			<-time.After(s.Waits)
			return &Record{Scenario: s.Name, Nginx: o.Nginx}, Verdict{Name: s.Name, Outcome: Pass, Reason: o.Nginx.Spec}
		}
		var each []Options
		for _, spec := range []string{"old", "new"} {
			each = append(each, Options{Driver: bare{}, Parallel: 2, Nginx: nginx.Build{Spec: spec}})
		}
		list, began := waiting(1, 3), time.Now()
		sums, err := schedule(t.Context(), list, each, play)
		require.NoError(t, err)
		require.Equal(t, 4*time.Second, time.Since(began))
		for b, o := range each {
			for i, s := range list {
				require.Equal(t, Verdict{Name: s.Name, Outcome: Pass, Reason: o.Nginx.Spec}, sums[b].Verdicts[i])
				require.Equal(t, o.Nginx, sums[b].Records[i].Nginx)
			}
		}
	})
}

// TestScheduleCancelled: what ran is there, what did not is skipped by name.
func TestScheduleCancelled(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ctx, cancel := context.WithCancelCause(t.Context())
		interrupt := errors.New("interrupted by SIGINT")
		time.AfterFunc(3*time.Second, func() { cancel(interrupt) })
		play := func(ctx context.Context, s Scenario, o Options) (*Record, Verdict) {
			select {
			case <-time.After(s.Waits):
				return &Record{Scenario: s.Name}, Verdict{Name: s.Name, Outcome: Pass}
			case <-ctx.Done():
				return &Record{Scenario: s.Name}, Verdict{Name: s.Name, Outcome: Skip, Reason: "interrupted"}
			}
		}
		sums, err := schedule(ctx, waiting(1, 2, 4), []Options{{Driver: bare{}, Parallel: 1}}, play)
		require.ErrorIs(t, err, interrupt)
		sum := sums[0]
		require.Equal(t, "not run: interrupted before its turn", sum.Verdicts[0].Reason)
		require.Equal(t, Skip, sum.Verdicts[1].Outcome)
		require.Equal(t, "interrupted", sum.Verdicts[2].Reason)
	})
}

// TestEventsOneAtATime lets many runs report to a receiver that is not safe
// for concurrent use.
func TestEventsOneAtATime(t *testing.T) {
	var inside atomic.Int32
	var group sync.WaitGroup
	total := 0
	var turn sync.Mutex
	receive := oneAtATime(&turn, func(Event) {
		assert.EqualValues(t, 1, inside.Add(1))
		runtime.Gosched()
		total++
		inside.Add(-1)
	})
	for range 100 {
		group.Go(func() { receive(Event{}) })
	}
	group.Wait()
	require.Equal(t, 100, total)
	require.Nil(t, oneAtATime(&turn, nil))
}

// TestUnfit skips with a reason, and never runs what cannot be run.
func TestUnfit(t *testing.T) {
	lacking := bare{lacks: map[pod.Need]error{pod.NeedRoutes: errors.New("no CAP_NET_ADMIN"), pod.NeedUsers: errors.New("one user id")}}
	said, err := nginx.ParseAbout("nginx version: nginx/1.22.1\nconfigure arguments: --with-http_ssl_module\n")
	require.NoError(t, err)
	about := &said
	cases := map[string]struct {
		scenario Scenario
		want     string
	}{
		"declared need": {Scenario{Needs: []pod.Need{pod.NeedUsers}}, "needs users, which driver bare does not have here: one user id"},
		"implied need": {Scenario{Break: Break{Faults: []pod.Fault{{Kind: pod.KindProhibit}}}},
			"needs routes, which driver bare does not have here: no CAP_NET_ADMIN"},
		"too old":     {Scenario{Since: "1.29.7"}, "nginx 1.22.1: it behaves so since 1.29.7"},
		"too new":     {Scenario{Until: "1.22.0"}, "nginx 1.22.1: it behaves so until 1.22.0"},
		"no module":   {Scenario{Modules: []string{"http_ssl_module", "http_v3_module"}}, "nginx 1.22.1 was built without http_v3_module (nginx -V)"},
		"just right":  {Scenario{Since: "1.22.1", Until: "1.22.1", Modules: []string{"http_ssl_module"}}, ""},
		"between":     {Scenario{Since: "1.25.1", Until: "1.29.6"}, "nginx 1.22.1: it behaves so from 1.25.1 to 1.29.6"},
		"two figures": {Scenario{Since: "1.9.15", Until: "1.100"}, ""},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			_, reason, err := unfit(t.Context(), c.scenario, Options{Driver: lacking, Nginx: nginx.Build{Version: "1.22.1"}, about: about})
			require.NoError(t, err)
			require.Equal(t, c.want, reason)
		})
	}
	record, verdict := Run(t.Context(), cases["too old"].scenario, Options{Driver: lacking, Nginx: nginx.Build{Version: "1.22.1"}, about: about})
	require.Equal(t, cases["too old"].want, record.Skip)
	require.Equal(t, Skip, verdict.Outcome)
	require.Equal(t, cases["too old"].want, verdict.Reason)
}

// brokenDriver is a driver that cannot make its pods.
type brokenDriver struct{ bare }

func (brokenDriver) Start(context.Context, pod.Spec) (pod.Machine, error) {
	return nil, errors.New("no space left")
}

// TestNoPod: a pod that cannot be made is a failure with the driver's words,
// also when artefacts are to be kept of it.
func TestNoPod(t *testing.T) {
	o := Options{Driver: brokenDriver{}, Nginx: nginx.Build{Version: "1.22.1"}, Timeouts: pod.DefaultTimeouts, Keep: t.TempDir()}
	s := Scenario{Name: "test/nowhere", Conf: "events {}"}
	record, verdict := Run(t.Context(), s, o)
	require.Equal(t, Fail, verdict.Outcome)
	require.Contains(t, verdict.Reason, "run: start pod: start bare pod: no space left")
	require.Empty(t, record.Steps)
	require.FileExists(t, filepath.Join(o.Keep, "test", "nowhere", "record.json"))

	o.Nginx.Version = ""
	_, err := RunAll(t.Context(), []Scenario{s}, o)
	require.ErrorContains(t, err, "ask nginx for its version")
	require.ErrorContains(t, err, "no space left")
	o.Nginx.Spec = "image:b"
	sums, err := RunBuilds(t.Context(), []Scenario{s}, []Options{o, o})
	require.ErrorContains(t, err, "look at nginx image:b", "which of them")
	require.Len(t, sums, 2)
}
