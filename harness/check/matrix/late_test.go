package matrix

import (
	"context"
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"badgateway/harness/check/result"
)

// marking has groups whose servers nginx leaves out, or does not.
const marking = `
error_log /var/log/nginx/error.log;
events { }
http {
    upstream four { server 127.0.0.1:3000; server 127.0.0.1:3001; server 127.0.0.1:3002; server 127.0.0.1:3003; }
    upstream patient { server 127.0.0.1:3004 max_fails=3; server 127.0.0.1:3005 max_fails=3; }
    server {
        listen 80;
        location /within { proxy_pass http://four; proxy_read_timeout 3s; }
        location /beyond { proxy_pass http://four; proxy_read_timeout 5s; }
        location /patient { proxy_pass http://patient; proxy_read_timeout 3s; }
    }
}
`

// TestAllDown: servers that fail one wait after the other are left out together
// only where that takes no longer than their fail_timeout, 10 s.
func TestAllDown(t *testing.T) {
	t.Parallel()
	o, routes := ready(t, marking)
	cells, _, err := Run(t.Context(), o, Cells(routes, Selection{Faults: []string{"slow-headers", "closed-before-headers"}, Methods: []string{"GET"}}))
	require.NoError(t, err)
	require.Len(t, cells, 6)
	for _, c := range cells {
		require.Empty(t, c.Error+c.Unmet, c.ID)
		at := slices.IndexFunc(routes, func(r result.Route) bool { return r.ID == c.Route })
		want := routes[at].Location == "/within" || routes[at].Location == "/beyond" && c.Fault == "closed-before-headers"
		require.Equal(t, want, c.AllDown, "%s: %s", c.ID, brief(c))
	}
}

// inPod is the stage of a cell of the route at location, which has been asked.
func inPod(t *testing.T, location, fault string) *stage {
	t.Helper()
	o, routes := ready(t, marking)
	o.late = newPulse()
	t.Cleanup(o.late.end)
	plan := slices.DeleteFunc(Cells(routes, Selection{Faults: []string{fault}, Methods: []string{"GET"}}), func(p Planned) bool { return p.Route.Location != location })
	require.Len(t, plan, 1)
	s := newStage(&o, plan[0])
	require.NoError(t, s.make(t.Context()))
	t.Cleanup(func() { require.NoError(t, s.pod.Close()) })
	require.NoError(t, s.inject(t.Context()))
	require.NoError(t, s.pod.StartNginx(t.Context()))
	_, err := once(t.Context(), s)
	require.NoError(t, err)
	return s
}

// TestRecoveryOnLateMachine: however long a machine takes between the cell's
// request and the end of the fault, servers are left out for fail_timeout.
func TestRecoveryOnLateMachine(t *testing.T) {
	t.Parallel()
	s := inPod(t, "/within", "refused")
	time.Sleep(s.clock.down.copied - 500*time.Millisecond)
	got, err := s.recover(t.Context())
	require.NoError(t, err)
	require.NotNil(t, got)
	require.GreaterOrEqual(t, got.failing, 10*time.Second-2*poll, "the copy's wait had begun before")
	require.LessOrEqual(t, got.failing, 10*time.Second+got.within+s.clock.down.copied)
}

// TestTurnOnLateMachine: what nginx has forgotten before the fault ends it learns
// again, and where that happens each time nothing is told.
func TestTurnOnLateMachine(t *testing.T) {
	t.Parallel()
	s := inPod(t, "/within", "refused")
	tried, fails := 0, true // whether the fault is on
	late := func(times int) turn {
		tried = 0
		then := func(ctx context.Context) error {
			if tried++; tried <= times {
				time.Sleep(s.clock.down.copied)
			}
			fails = false
			return s.pod.Lift(ctx)
		}
		back := func(ctx context.Context) error {
			fails = true
			return s.inject(ctx)
		}
		return turn{keeps: s.clock.down, learn: s.learnMarks, then: then, back: back}
	}
	_, prompt, err := s.turn(t.Context(), late(1))
	require.NoError(t, err)
	require.True(t, prompt)
	require.Equal(t, 2, tried)
	require.False(t, fails)
	require.NoError(t, s.inject(t.Context()))
	_, prompt, err = s.turn(t.Context(), late(tries))
	require.NoError(t, err)
	require.False(t, prompt)
	require.Equal(t, tries, tried)
	require.False(t, fails, "a cell that goes on would meet no fault, or the one that it ended")
}
