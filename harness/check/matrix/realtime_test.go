package matrix

import (
	"net/http"
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"badgateway/harness/check/result"
)

// brisk has waits that a test can sit out.
const brisk = `
error_log /var/log/nginx/error.log;
worker_processes 1;
events { }
http {
    resolver 10.0.0.53 valid=5s;
    resolver_timeout 3s;
    proxy_connect_timeout 2s;
    proxy_read_timeout 4s;
    proxy_send_timeout 6s;
    client_body_timeout 30s;
    upstream two { server 127.0.0.1:3000 fail_timeout=4s; server 127.0.0.1:3001 fail_timeout=6s; }
    map $http_upgrade $connection_upgrade { default upgrade; '' close; }
    server {
        listen 80;
        location / { proxy_pass http://two; }
        location /late { set $late late.internal; proxy_pass http://$late:8080; }
        location /ws { proxy_pass http://127.0.0.1:4002; proxy_http_version 1.1; proxy_set_header Upgrade $http_upgrade; proxy_set_header Connection $connection_upgrade; }
    }
}
`

// TestCompressedAsRealTime runs the cells that wait both ways: what they find is
// the same, and the times are.
func TestCompressedAsRealTime(t *testing.T) {
	t.Parallel()
	o, routes := ready(t, brisk)
	plan := Cells(routes, Selection{Faults: []string{None, "refused", "syn-dropped", "slow-headers", "stalled-body",
		"one-peer-*", "all-peers-dead", "resolver-silent", "address-changed", "websocket-idle", "upload-unread"}})
	plan = slices.DeleteFunc(plan, func(p Planned) bool { return p.Method == http.MethodPost && p.Fault.Method == "" })
	require.Len(t, plan, 24)
	compressed, factor, err := Run(t.Context(), o, plan)
	require.NoError(t, err)
	require.InDelta(t, 6, factor, 0)
	slow := o
	slow.RealTime = true
	real, factor, err := Run(t.Context(), slow, plan)
	require.NoError(t, err)
	require.InDelta(t, 1, factor, 0)
	for i := range plan {
		t.Run(plan[i].ID(), func(t *testing.T) {
			a, b := compressed[i], real[i]
			require.Equal(t, brief(b), brief(a))
			require.Equal(t, b.Recovery == nil, a.Recovery == nil)
			same := func(a, b result.Cell) bool { // as near as they say themselves
				want := b.Total.Truncate(time.Second) // all waits are whole seconds
				if b.Total-want > b.Within || a.Total < want-want/100 || a.Total-want > a.Within {
					return false
				}
				return b.Recovery == nil || (*a.Recovery-*b.Recovery).Abs() <= max(a.RecoveryWithin, b.RecoveryWithin)
			}
			b = undisturbed(t, slow, plan[i], b, func(c result.Cell) bool { return same(a, c) })
			a = undisturbed(t, o, plan[i], a, func(c result.Cell) bool { return same(c, b) })
			require.True(t, same(a, b), "took %s and %v to recover, in real time %s and %v", a.Total, a.Recovery, b.Total, b.Recovery)
			require.Len(t, a.Attempts, len(b.Attempts))
			for i := range a.Attempts {
				require.InDelta(t, b.Attempts[i].At.Seconds(), a.Attempts[i].At.Seconds(), a.Factor/2+0.5)
			}
		})
	}
}
