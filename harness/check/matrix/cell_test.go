package matrix

import (
	"context"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"badgateway/harness/check/result"
)

// every is a configuration with routes of every kind.
const every = `
error_log /var/log/nginx/error.log;
worker_processes 2;
events { }
http {
    resolver 10.0.0.53 valid=20s;
    upstream two { server 127.0.0.1:3000; server 127.0.0.1:3001; }
    upstream again { server 127.0.0.1:3002; server 127.0.0.1:3003; }
    upstream hashed { ip_hash; server 127.0.0.1:3004; server 127.0.0.1:3005; server 127.0.0.1:3006; }
    upstream kept { server 127.0.0.1:3007; keepalive 4; }
    upstream pair { server 127.0.0.1:3008; server 127.0.0.1:3009; keepalive 4; }
    proxy_cache_path /var/cache/nginx/cell keys_zone=cell:1m;
    limit_req_zone $server_name zone=slow:1m rate=1r/s;
    map $http_upgrade $connection_upgrade { default upgrade; '' close; }
    server {
        listen 80;
        location / { proxy_pass http://127.0.0.1:4000; }
        location /two { proxy_pass http://two; proxy_connect_timeout 4s; proxy_read_timeout 30s; }
        location /never { proxy_pass http://two; proxy_next_upstream off; }
        location /again { proxy_pass http://again; proxy_next_upstream error timeout http_503 non_idempotent; proxy_read_timeout 20s; }
        location /budget { proxy_pass http://two; proxy_connect_timeout 4s; proxy_next_upstream_timeout 3s; }
        location /hashed { proxy_pass http://hashed; }
        location /silent { error_log /dev/null; proxy_pass http://127.0.0.1:4007; }
        location /large { proxy_pass http://127.0.0.1:4001; proxy_buffer_size 64k; proxy_buffers 4 64k; }
        location /kept { proxy_pass http://kept; proxy_http_version 1.1; proxy_set_header Connection ""; }
        location /pair { proxy_pass http://pair; proxy_http_version 1.1; proxy_set_header Connection ""; }
        location /cached { proxy_pass http://kept; proxy_http_version 1.1; proxy_set_header Connection ""; proxy_cache cell; proxy_cache_valid 1h; }
        location /pages { proxy_pass http://127.0.0.1:4009; proxy_cache cell; proxy_cache_valid 200 1h; proxy_cache_valid any 1m; }
        location /limited { limit_req zone=slow; proxy_pass http://slow.internal:4010; }
        location /both { proxy_pass http://127.0.0.1:4005; }
        location /page { proxy_pass http://127.0.0.1:4008; error_page 502 /page/sorry; }
        location /ws { proxy_pass http://127.0.0.1:4002; proxy_http_version 1.1; proxy_set_header Upgrade $http_upgrade; proxy_set_header Connection $connection_upgrade; proxy_read_timeout 90s; }
        location /named { proxy_pass http://backend.internal:8080; }
        location /late { set $late late.internal; proxy_pass http://$late:8080; resolver_timeout 7s; }
        location /sorry { proxy_pass http://two; error_page 502 = @sorry; }
        location /late-sorry { set $late late.internal; proxy_pass http://$late:8080; error_page 502 =302 http://status.example/; }
        location @sorry { return 200 sorry; }
        location /tls { proxy_pass https://127.0.0.1:4443; }
        location /verified { proxy_pass https://127.0.0.1:4444; proxy_ssl_verify on; proxy_ssl_trusted_certificate /etc/ssl/ca.pem; }
        location /php { fastcgi_pass unix:/run/php.sock; include fastcgi_params; }
        location /uwsgi { uwsgi_pass 127.0.0.1:4003; include uwsgi_params; uwsgi_read_timeout 15s; }
        location /scgi { scgi_pass 127.0.0.1:4004; include scgi_params; }
        location /unbuffered { proxy_pass http://127.0.0.1:4006; proxy_request_buffering off; client_body_timeout 5s; }
    }
    server { listen 81 http2; location / { grpc_pass grpc://127.0.0.1:4005; } }
}
`

// expected are cells by location, fault and method, as nginx's documentation and
// the catalogue have them. Peers are named by the end of their address: "!" means
// that the request was executed there, "?" that it did not get there.
var expected = []struct {
	location, fault, method string
	want                    string // as brief
	total                   time.Duration
	recovery                time.Duration // 0: at once, or not measured
	since, until            string        // versions of nginx, until exclusive
}{
	{location: "/", fault: None, method: "GET", want: "200 OK, body intact, tried [127.0.0.1:4000!], log []"},
	{location: "/", fault: None, method: "POST", want: "200 OK, body intact, tried [127.0.0.1:4000!], log []"},
	{location: "/", fault: "refused", method: "GET", want: "502 Bad Gateway, body nginx, tried [127.0.0.1:4000?], log [connect-refused]"},
	{location: "/", fault: "syn-dropped", method: "GET", want: "504 Gateway Timeout, body nginx, tried [127.0.0.1:4000?], log [connect-timed-out]", total: time.Minute},
	{location: "/", fault: "unreachable", method: "GET", want: "502 Bad Gateway, body nginx, tried [127.0.0.1:4000?], log [connect-unreachable]"},
	{location: "/", fault: "reset-on-accept", method: "GET", want: "502 Bad Gateway, body nginx, tried [127.0.0.1:4000?], log [read-reset]"},
	{location: "/", fault: "closed-before-headers", method: "GET", want: "502 Bad Gateway, body nginx, tried [127.0.0.1:4000!], log [premature-close]"},
	{location: "/", fault: "reset-after-headers", method: "GET", want: "truncated body, body truncated, tried [127.0.0.1:4000!], log [body-reset]"},
	{location: "/", fault: "slow-headers", method: "POST", want: "504 Gateway Timeout, body nginx, tried [127.0.0.1:4000!], log [read-timed-out]", total: time.Minute},
	{location: "/", fault: "stalled-body", method: "GET", want: "truncated body, body truncated, tried [127.0.0.1:4000!], log [body-timed-out]", total: time.Minute},
	{location: "/", fault: "truncated-body", method: "GET", want: "truncated body, body truncated, tried [127.0.0.1:4000!], log [body-premature-close]"},
	{location: "/", fault: "broken-chunking", method: "GET", want: "truncated body, body truncated, tried [127.0.0.1:4000!], log [bad-chunk]"},
	{location: "/", fault: "headers-8k", method: "GET", want: "502 Bad Gateway, body nginx, tried [127.0.0.1:4000!], log [too-big-header]"},
	{location: "/large", fault: "headers-8k", method: "GET", want: "200 OK, body intact, tried [127.0.0.1:4001!], log []"},
	{location: "/large", fault: "headers-32k", method: "GET", want: "200 OK, body intact, tried [127.0.0.1:4001!], log []"},
	{location: "/", fault: "not-http", method: "GET", want: "not HTTP, body raw, tried [127.0.0.1:4000!], log [not-http]"},
	{location: "/", fault: "invalid-header", method: "GET", want: "502 Bad Gateway, body nginx, tried [127.0.0.1:4000!], log [bad-header]", since: "1.21.1"},
	{location: "/", fault: "invalid-header", method: "GET", want: "502 Bad Gateway, body nginx, tried [127.0.0.1:4000!], log [h2-bad-header]", until: "1.21.1"},
	{location: "/", fault: "duplicate-header", method: "GET", want: "200 OK, body intact, tried [127.0.0.1:4000!], log []", until: "1.23.0"},
	{location: "/", fault: "duplicate-header", method: "GET", want: "502 Bad Gateway, body nginx, tried [127.0.0.1:4000!], log [duplicate-header]", since: "1.23.0"},
	{location: "/", fault: "status-503", method: "POST", want: "503 Service Unavailable, body backend, tried [127.0.0.1:4000!], log []"},
	{location: "/", fault: "stale-keepalive", method: "POST",
		want: "200 OK, body intact, tried [127.0.0.1:4000!], log []: nginx opens a new connection for each request"},
	{location: "/", fault: "early-answer", method: "POST", want: "413 Request Entity Too Large, body backend, tried [127.0.0.1:4000], log []"},
	{location: "/", fault: "early-reset", method: "POST", want: "502 Bad Gateway, body nginx, tried [127.0.0.1:4000], log [read-reset]"},
	{location: "/", fault: "upload-unread", method: "POST", want: "504 Gateway Timeout, body nginx, tried [127.0.0.1:4000], log [send-timed-out]", total: time.Minute},
	{location: "/tls", fault: "upload-unread", method: "POST", want: "504 Gateway Timeout, body nginx, tried [127.0.0.1:4443], log [send-timed-out]", total: time.Minute},
	{location: "/unbuffered", fault: "upload-unread", method: "POST", want: "504 Gateway Timeout, body nginx, tried [127.0.0.1:4006], log [send-timed-out]", total: time.Minute},
	{location: "/", fault: "slow-upload", method: "POST", want: "200 OK, body intact, tried [127.0.0.1:4000!], log []", total: 30 * time.Second},
	{location: "/unbuffered", fault: "slow-upload", method: "POST", want: "closed without answer, body none, tried [127.0.0.1:4006], log []", total: 10 * time.Second},

	{location: "/both", fault: "broken-chunking", method: "GET", want: "truncated body, body truncated, tried [127.0.0.1:4005!], log [bad-chunk]"}, // a port that speaks gRPC, too

	{location: "/silent", fault: "refused", method: "GET", want: "502 Bad Gateway, body nginx, tried [], log []"},

	{location: "/two", fault: "refused", method: "GET", want: "502 Bad Gateway, body nginx, tried [127.0.0.1:3000? 127.0.0.1:3001?], log [connect-refused]", recovery: 10 * time.Second},
	{location: "/two", fault: "syn-dropped", method: "GET", want: "504 Gateway Timeout, body nginx, tried [127.0.0.1:3000? 127.0.0.1:3001?], log [connect-timed-out]", total: 8 * time.Second, recovery: 10 * time.Second},
	{location: "/two", fault: "slow-headers", method: "GET", want: "504 Gateway Timeout, body nginx, tried [127.0.0.1:3000! 127.0.0.1:3001!], log [read-timed-out]", total: time.Minute, recovery: 10 * time.Second},
	{location: "/two", fault: "slow-headers", method: "POST", want: "504 Gateway Timeout, body nginx, tried [127.0.0.1:3000!], log [read-timed-out]", total: 30 * time.Second},
	{location: "/two", fault: "one-peer-dead", method: "GET", want: "200 OK, body intact, tried [127.0.0.1:3000? 127.0.0.1:3001!], log [connect-refused]"},
	{location: "/two", fault: "one-peer-dead", method: "POST", want: "200 OK, body intact, tried [127.0.0.1:3000? 127.0.0.1:3001!], log [connect-refused]"},
	{location: "/two", fault: "one-peer-slow", method: "GET", want: "200 OK, body intact, tried [127.0.0.1:3000! 127.0.0.1:3001!], log [read-timed-out]", total: 30 * time.Second},
	{location: "/two", fault: "all-peers-dead", method: "GET", want: "502 Bad Gateway, body nginx, tried [], log [no-live-upstreams]", recovery: 10 * time.Second},
	{location: "/never", fault: "refused", method: "POST", want: "502 Bad Gateway, body nginx, tried [127.0.0.1:3000?], log [connect-refused]"},
	{location: "/never", fault: "one-peer-dead", method: "GET", want: "502 Bad Gateway, body nginx, tried [127.0.0.1:3000?], log [connect-refused]"},
	{location: "/budget", fault: "syn-dropped", method: "GET", want: "504 Gateway Timeout, body nginx, tried [127.0.0.1:3000?], log [connect-timed-out]", total: 4 * time.Second, recovery: 10 * time.Second},
	{location: "/again", fault: "closed-before-headers", method: "POST", want: "502 Bad Gateway, body nginx, tried [127.0.0.1:3002! 127.0.0.1:3003!], log [premature-close], twice"},
	{location: "/again", fault: "one-peer-slow", method: "POST", want: "200 OK, body intact, tried [127.0.0.1:3002! 127.0.0.1:3003!], log [read-timed-out], twice", total: 20 * time.Second},
	{location: "/again", fault: "status-503", method: "POST", want: "503 Service Unavailable, body backend, tried [127.0.0.1:3002! 127.0.0.1:3003!], log [], twice"},
	{location: "/hashed", fault: "one-peer-dead", method: "GET", want: "200 OK, body intact, tried [127.0.0.1:3006? 127.0.0.1:3005!], log [connect-refused]"},

	{location: "/kept", fault: "stale-keepalive", method: "GET", want: "200 OK, body intact, tried [127.0.0.1:3007? 127.0.0.1:3007!], log [premature-close]"},
	{location: "/pair", fault: "stale-keepalive", method: "POST", want: "502 Bad Gateway, body nginx, tried [127.0.0.1:3008?], log [premature-close]"},
	{location: "/cached", fault: "stale-keepalive", method: "GET", want: "200 OK, body intact, tried [], log []: nginx answered from its cache"},
	{location: "/pages", fault: "refused", method: "GET", want: "502 Bad Gateway, body nginx, tried [127.0.0.1:4009?], log [connect-refused]", recovery: time.Minute},
	{location: "/limited", fault: "refused", method: "GET", want: "502 Bad Gateway, body nginx, tried [slow.internal:4010?], log [connect-refused]"},
	{location: "/limited", fault: "address-changed", method: "GET", want: "502 Bad Gateway, body nginx, tried [slow.internal:4010?], log [connect-refused]"},
	{location: "/page", fault: "closed-before-headers", method: "POST", want: "502 Bad Gateway, body nginx, tried [127.0.0.1:4008! 127.0.0.1:4008!], log [premature-close]"},
	{location: "/kept", fault: "stale-keepalive", method: "POST", want: "502 Bad Gateway, body nginx, tried [127.0.0.1:3007?], log [premature-close]"},
	{location: "/ws", fault: "websocket-idle", method: "GET", want: "tunnel cut, body truncated, tried [127.0.0.1:4002!], log []", total: 90 * time.Second},
	{location: "/named", fault: "name-unresolvable", method: "GET", want: "nginx does not start, body none, tried [], log [host-not-found]"},
	{location: "/named", fault: "address-changed", method: "GET", want: "502 Bad Gateway, body nginx, tried [backend.internal:8080?], log [connect-refused]"},
	{location: "/late", fault: "name-unresolvable", method: "GET", want: "502 Bad Gateway, body nginx, tried [], log [name-not-found]"},
	{location: "/late", fault: "resolver-silent", method: "GET", want: "502 Bad Gateway, body nginx, tried [], log [name-timed-out]", total: 7 * time.Second},
	{location: "/late", fault: "address-changed", method: "GET", want: "200 OK, body intact, tried [late.internal:8080#new!], log []", recovery: 20 * time.Second},
	{location: "/sorry", fault: "refused", method: "GET", want: "200 OK, body nginx, tried [127.0.0.1:3000? 127.0.0.1:3001?], log [connect-refused]", recovery: 10 * time.Second},
	{location: "/late-sorry", fault: "address-changed", method: "GET", want: "200 OK, body intact, tried [late.internal:8080#new!], log []", recovery: 20 * time.Second},
	{location: "/tls", fault: "tls-handshake-failure", method: "GET", want: "502 Bad Gateway, body nginx, tried [127.0.0.1:4443?], log [tls-wrong-version]"},
	{location: "/tls", fault: "tls-expired", method: "GET", want: "200 OK, body intact, tried [127.0.0.1:4443!], log []"},
	{location: "/verified", fault: None, method: "GET", want: "200 OK, body intact, tried [127.0.0.1:4444!], log []"},
	{location: "/verified", fault: "tls-expired", method: "GET", want: "502 Bad Gateway, body nginx, tried [127.0.0.1:4444?], log [tls-expired]"},
	{location: "/verified", fault: "tls-self-signed", method: "GET", want: "502 Bad Gateway, body nginx, tried [127.0.0.1:4444?], log [tls-self-signed]"},

	{location: "/php", fault: "refused", method: "GET", want: "502 Bad Gateway, body nginx, tried [unix:/run/php.sock?], log [socket-refused]"},
	{location: "/php", fault: "unreachable", method: "GET", want: "502 Bad Gateway, body nginx, tried [unix:/run/php.sock?], log [socket-missing]"},
	{location: "/php", fault: "not-http", method: "GET", want: "502 Bad Gateway, body nginx, tried [unix:/run/php.sock!], log [fastcgi-version]"},
	{location: "/php", fault: "invalid-header", method: "GET", want: "502 Bad Gateway, body nginx, tried [unix:/run/php.sock!], log [bad-header]", since: "1.21.1"},
	{location: "/uwsgi", fault: "slow-headers", method: "GET", want: "504 Gateway Timeout, body nginx, tried [127.0.0.1:4003!], log [read-timed-out]", total: 15 * time.Second},
	{location: "/scgi", fault: "invalid-header", method: "GET", want: "502 Bad Gateway, body nginx, tried [127.0.0.1:4004!], log [bad-header]", since: "1.21.1"},
	{location: ":81/", fault: None, method: "POST", want: "200 OK, body intact, tried [127.0.0.1:4005!], log []"},
	{location: ":81/", fault: "stalled-body", method: "POST", want: "truncated body, body truncated, tried [127.0.0.1:4005!], log [body-timed-out]", total: time.Minute},
}

// TestCells holds every fault against what nginx is known to make of it.
func TestCells(t *testing.T) {
	t.Parallel()
	o, routes := ready(t, every)
	covered := map[string]bool{}
	var plan []Planned
	var of []int // plan's entries in expected
	for i, e := range expected {
		covered[e.fault] = true
		within, err := o.Box.About.Nginx.Within(e.since, e.until)
		require.NoError(t, err)
		if !within {
			continue
		}
		at := e.location
		if !strings.HasPrefix(at, ":") {
			at = ":80" + at
		}
		cells := Cells(routes, Selection{Routes: []string{"_" + at + " -> *"}, Faults: []string{e.fault}, Methods: []string{e.method}})
		require.Len(t, cells, 1, "%s %s %s", e.location, e.fault, e.method)
		plan, of = append(plan, cells...), append(of, i)
	}
	for _, f := range Faults() {
		require.True(t, covered[f.Name] || f.Name == "status-500" || f.Name == "status-429", "no cell of %s is expected", f.Name)
	}
	told := 0
	o.Each = func(done, total int, c result.Cell) {
		told++
		require.Equal(t, []int{told, len(plan)}, []int{done, total})
	}
	cells, _, err := Run(t.Context(), o, plan)
	require.NoError(t, err)
	require.Equal(t, len(plan), told)
	o.Each = nil
	for i, c := range cells {
		e := expected[of[i]]
		t.Run(c.ID, func(t *testing.T) {
			require.Equal(t, e.want, brief(c), c.Lines)
			ok := func(c result.Cell) bool { return near(e.total, c) && recovered(e.recovery, c) }
			c = undisturbed(t, o, plan[i], c, ok)
			require.True(t, ok(c), "took %s, not %s; recovered after %v, not %s", c.Total, e.total, c.Recovery, e.recovery)
		})
	}
}

// near says whether a wait is the one wanted: never shorter, and longer by no more
// than what a busy machine adds, multiplied.
func near(want time.Duration, c result.Cell) bool {
	return c.Total >= want-want/100 && c.Total < want+time.Duration((1+c.Factor)/2*float64(time.Second))
}

// recovered says whether a recovery is the one wanted: nginx counts whole
// seconds, and requests began to fail a while before the fault ended.
func recovered(want time.Duration, c result.Cell) bool {
	if c.Recovery == nil {
		return want == 0
	}
	return (*c.Recovery - want).Abs() < 1600*time.Millisecond
}

// undisturbed is a cell, or its next run where the machine had too much else to
// do: that makes waits longer, and only sometimes.
func undisturbed(t *testing.T, o Options, p Planned, c result.Cell, ok func(result.Cell) bool) result.Cell {
	t.Helper()
	for range 3 {
		if ok(c) {
			break
		}
		t.Logf("again, since it took %s and %v to recover: %s", c.Total, c.Recovery, brief(c))
		cells, _, err := Run(t.Context(), o, []Planned{p})
		require.NoError(t, err)
		c = cells[0]
	}
	return c
}

// TestCancelled demands an account of every cell when a run is broken off.
func TestCancelled(t *testing.T) {
	t.Parallel()
	o, routes := ready(t, every)
	plan := Cells(routes, Selection{Faults: []string{"slow-headers", "status-*"}})
	ctx, cancel := context.WithCancel(t.Context())
	o.Parallel = 2
	o.Each = func(int, int, result.Cell) { cancel() }
	cells, _, err := Run(ctx, o, plan)
	require.ErrorIs(t, err, context.Canceled)
	require.Len(t, cells, len(plan))
	broken := 0
	for i, c := range cells {
		require.Equal(t, plan[i].ID(), c.ID)
		if c.Error != "" {
			broken++
		}
	}
	require.GreaterOrEqual(t, broken, len(plan)-4)
}

// TestStream holds the faults of a plain TCP upstream, whose answer the client
// reads as HTTP.
func TestStream(t *testing.T) {
	t.Parallel()
	o, routes, err := read(t, `
load_module modules/ngx_stream_module.so;
error_log /var/log/nginx/error.log;
events { }
stream {
    upstream db { server 10.0.0.9:5432; server 10.0.0.10:5432; }
    server { listen 5432; proxy_connect_timeout 3s; proxy_timeout 20s; proxy_pass db; }
}
`)
	if err != nil && strings.Contains(err.Error(), "ngx_stream_module.so") {
		t.Skip("this nginx has no stream module")
	}
	require.NoError(t, err)
	cells, _, err := Run(t.Context(), o, Cells(routes, Selection{}))
	require.NoError(t, err)
	var got []string
	for _, c := range cells {
		got = append(got, c.Fault+": "+brief(c))
	}
	require.Equal(t, []string{
		"none: 200 OK, body intact, tried [10.0.0.9:5432!], log []",
		"refused: closed without answer, body none, tried [10.0.0.9:5432? 10.0.0.10:5432?], log [connect-refused]",
		"syn-dropped: closed without answer, body none, tried [10.0.0.9:5432? 10.0.0.10:5432?], log [connect-timed-out]",
		"reset-on-accept: closed without answer, body none, tried [10.0.0.9:5432?], log []",
		"stalled-body: truncated body, body truncated, tried [10.0.0.9:5432!], log []",
	}, got)
	require.InDelta(t, 6, cells[2].Total.Seconds(), 1.6)
	require.InDelta(t, 20, cells[4].Total.Seconds(), 10)
}
