package matrix

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"badgateway/harness/check/result"
	"badgateway/harness/nginx"
)

// spoken has one location for each way in which nginx reaches an upstream over
// HTTP's relatives; locations are known by their names.
const spoken = `
error_log /var/log/nginx/error.log;
worker_processes 2;
events { }
http {
    resolver 10.0.0.53 valid=20s;
    upstream kept { server 127.0.0.1:3000; server 127.0.0.1:3001; server 127.0.0.1:3002; keepalive 4; }
    upstream kept-php { server 127.0.0.1:3003; keepalive 4; }
    upstream kept-grpc { server 127.0.0.1:3004; keepalive 4; }
    map $http_upgrade $connection_upgrade { default upgrade; '' close; }
    server {
        listen 80;
        location /http { proxy_pass http://127.0.0.1:4000; }
        location /https { proxy_pass https://127.0.0.1:4001; proxy_ssl_verify on; proxy_ssl_trusted_certificate /etc/ssl/ca.pem; }
        location /unix { proxy_pass http://unix:/run/app.sock; }
        location /kept { proxy_pass http://kept; proxy_http_version 1.1; proxy_set_header Connection ""; }
        location /late { set $app app.internal; proxy_pass http://$app:8080; }
        location /named { proxy_pass http://start.internal:8081; }
        location /ws { proxy_pass http://127.0.0.1:4002; proxy_http_version 1.1; proxy_set_header Upgrade $http_upgrade; proxy_set_header Connection $connection_upgrade; }
        location /wss { proxy_pass https://127.0.0.1:4008; proxy_http_version 1.1; proxy_set_header Upgrade $http_upgrade; proxy_set_header Connection $connection_upgrade; }
        location /unbuffered { proxy_pass http://127.0.0.1:4003; proxy_http_version 1.1; proxy_request_buffering off; proxy_buffering off; }
        location /fastcgi { fastcgi_pass 127.0.0.1:4004; include fastcgi_params; }
        location /fpm { fastcgi_pass unix:/run/php.sock; include fastcgi_params; }
        location /kept-php { fastcgi_pass kept-php; fastcgi_keep_conn on; include fastcgi_params; }
        location /uwsgi { uwsgi_pass 127.0.0.1:4005; include uwsgi_params; }
        location /suwsgi { uwsgi_pass suwsgi://127.0.0.1:4006; include uwsgi_params; uwsgi_ssl_verify on; uwsgi_ssl_trusted_certificate /etc/ssl/ca.pem; }
        location /scgi { scgi_pass 127.0.0.1:4007; include scgi_params; }
        location /elsewhere { return 204; }
        location /broken { return 502; }
    }
    server {
        listen 81 http2;
        location /grpc { grpc_pass grpc://127.0.0.1:5000; }
        location /grpcs { grpc_pass grpcs://127.0.0.1:5001; grpc_ssl_verify on; grpc_ssl_trusted_certificate /etc/ssl/ca.pem; }
        location /kept-grpc { grpc_pass kept-grpc; client_body_timeout 5m; }
        location /elsewhere { return 204; }
        location /broken { return 502; }
    }
}
`

// Locations that share what nginx makes of a fault.
const (
	byHTTP    = "/http /https /unix /kept /late /named /ws /wss /unbuffered"
	byTLS     = "/https /wss /suwsgi /grpcs"
	byUnix    = "/unix /fpm"
	byFastCGI = "/fastcgi /fpm /kept-php"
	byGRPC    = "/grpc /grpcs /kept-grpc"
)

// effects are what the client gets, and what nginx logs, of a POST that meets a
// fault (of a GET where the fault is for that alone): of the rows of a fault the
// first that names the location counts. A row without locations is for all.
var effects = []struct {
	fault, locations, want string
	or                     string // as well, where the kernel decides
	until                  string // version of nginx, exclusive
}{
	{fault: None, want: "200 OK, body intact, log []"},
	{fault: "refused", locations: byUnix, want: "502 Bad Gateway, body nginx, log [socket-refused]"},
	{fault: "refused", want: "502 Bad Gateway, body nginx, log [connect-refused]"},
	{fault: "syn-dropped", want: "504 Gateway Timeout, body nginx, log [connect-timed-out]"},
	{fault: "unreachable", locations: byUnix, want: "502 Bad Gateway, body nginx, log [socket-missing]"},
	{fault: "unreachable", want: "502 Bad Gateway, body nginx, log [connect-unreachable]"},
	{fault: "reset-on-accept", locations: byTLS, want: "502 Bad Gateway, body nginx, log [tls-reset]"},
	// The RST comes when nginx waits, or when it still writes.
	{fault: "reset-on-accept", want: "502 Bad Gateway, body nginx, log [read-reset]", or: "502 Bad Gateway, body nginx, log [write-failed]"},
	{fault: "closed-before-headers", want: "502 Bad Gateway, body nginx, log [premature-close]"},
	// Over TLS an RST is an end like any other: SSL_read() leaves no error behind
	// (ngx_event_openssl.c, ngx_ssl_handle_recv). That uwsgi ends before
	// Content-Length says so nginx does not see before 1.19.1.
	{fault: "reset-after-headers", locations: "/suwsgi", want: "truncated body, body truncated, log []", until: "1.19.1"},
	{fault: "reset-after-headers", locations: byTLS, want: "truncated body, body truncated, log [body-premature-close]"},
	{fault: "reset-after-headers", locations: "/unbuffered " + byGRPC, want: "truncated body, body truncated, log [unbuffered-body-reset]"},
	{fault: "reset-after-headers", want: "truncated body, body truncated, log [body-reset]"},
	{fault: "slow-headers", want: "504 Gateway Timeout, body nginx, log [read-timed-out]"},
	{fault: "stalled-body", want: "truncated body, body truncated, log [body-timed-out]"},
	// Without FCGI_KEEP_CONN the end of the connection ends a FastCGI answer.
	{fault: "truncated-body", locations: "/fastcgi /fpm", want: "truncated body, body truncated, log []"},
	{fault: "truncated-body", locations: "/uwsgi /suwsgi /scgi", want: "truncated body, body truncated, log []", until: "1.19.1"},
	{fault: "truncated-body", want: "truncated body, body truncated, log [body-premature-close]"},
	{fault: "broken-chunking", locations: byHTTP, want: "truncated body, body truncated, log [bad-chunk]"},
	{fault: "headers-8k", want: "502 Bad Gateway, body nginx, log [too-big-header]"},
	{fault: "headers-32k", want: "502 Bad Gateway, body nginx, log [too-big-header]"},
	{fault: "not-http", locations: byHTTP, want: "not HTTP, body raw, log [not-http]"},
	{fault: "not-http", locations: byFastCGI, want: "502 Bad Gateway, body nginx, log [fastcgi-version]"},
	{fault: "not-http", locations: byGRPC, want: "502 Bad Gateway, body nginx, log [h2-big-frame]"},
	// A line without a colon is a header field without a value, of which more may
	// come (ngx_http_parse.c, ngx_http_parse_header_line).
	{fault: "not-http", want: "502 Bad Gateway, body nginx, log [premature-close]"},
	{fault: "invalid-header", want: "502 Bad Gateway, body nginx, log [h2-bad-header]", until: "1.21.1"},
	{fault: "invalid-header", want: "502 Bad Gateway, body nginx, log [bad-header]"},
	{fault: "duplicate-header", want: "200 OK, body intact, log []", until: "1.23.0"},
	{fault: "duplicate-header", want: "502 Bad Gateway, body nginx, log [duplicate-header]"},
	{fault: "status-500", want: "500 Internal Server Error, body backend, log []"},
	{fault: "status-503", want: "503 Service Unavailable, body backend, log []"},
	{fault: "status-429", want: "429 Too Many Requests, body backend, log []"},
	{fault: "one-peer-dead", want: "200 OK, body intact, log [connect-refused]"},
	{fault: "one-peer-slow", want: "504 Gateway Timeout, body nginx, log [read-timed-out]"},
	{fault: "all-peers-dead", want: "502 Bad Gateway, body nginx, log [no-live-upstreams]"},
	{fault: "name-unresolvable", locations: "/late", want: "502 Bad Gateway, body nginx, log [name-not-found]"},
	{fault: "name-unresolvable", locations: "/named", want: "nginx does not start, body none, log [host-not-found]"},
	{fault: "resolver-silent", want: "502 Bad Gateway, body nginx, log [name-timed-out]"},
	{fault: "address-changed", locations: "/late", want: "200 OK, body intact, log []"},
	{fault: "address-changed", locations: "/named", want: "502 Bad Gateway, body nginx, log [connect-refused]"},
	{fault: "stale-keepalive", locations: "/kept /kept-php /kept-grpc", want: "502 Bad Gateway, body nginx, log [premature-close]"},
	{fault: "stale-keepalive", want: "200 OK, body intact, log []: nginx opens a new connection for each request"},
	{fault: "tls-handshake-failure", locations: "/suwsgi", want: "502 Bad Gateway, body nginx, log [tls-closed]"},
	{fault: "tls-handshake-failure", want: "502 Bad Gateway, body nginx, log [tls-wrong-version]"},
	{fault: "tls-expired", locations: "/wss", want: "200 OK, body intact, log []"}, // not verified
	{fault: "tls-expired", want: "502 Bad Gateway, body nginx, log [tls-expired]"},
	{fault: "tls-self-signed", locations: "/wss", want: "200 OK, body intact, log []"},
	{fault: "tls-self-signed", want: "502 Bad Gateway, body nginx, log [tls-self-signed]"},
	{fault: "slow-upload", want: "200 OK, body intact, log []"},
	// gRPC is never buffered: as long as its upstream takes nothing nginx takes
	// nothing from the client, and client_body_timeout runs beside
	// grpc_send_timeout, which it ends (ngx_http_v2.c,
	// ngx_http_v2_read_unbuffered_request_body).
	{fault: "upload-unread", locations: "/grpc /grpcs", want: "closed without answer, body none, log []"},
	{fault: "upload-unread", want: "504 Gateway Timeout, body nginx, log [send-timed-out]"},
	{fault: "early-answer", locations: byGRPC, want: "truncated body, body truncated, log [h2-closed-stream]", until: "1.19.5"},
	{fault: "early-answer", want: "413 Request Entity Too Large, body backend, log []"},
	{fault: "early-reset", locations: byTLS, want: "502 Bad Gateway, body nginx, log [premature-close]"},
	{fault: "early-reset", want: "502 Bad Gateway, body nginx, log [read-reset]"},
	{fault: "websocket-idle", want: "tunnel cut, body truncated, log []"},
}

// effectsOf are what the row for a cell allows.
func effectsOf(t *testing.T, v nginx.Version, p Planned) []string {
	t.Helper()
	for _, e := range effects {
		in, err := v.Within("", e.until)
		require.NoError(t, err)
		if in && e.fault == p.Fault.Name && (e.locations == "" || slices.Contains(strings.Fields(e.locations), p.Route.Location)) {
			return []string{e.want, cmp.Or(e.or, e.want)}
		}
	}
	t.Fatalf("no row for %s at %s", p.Fault.Name, p.Route.Location)
	return nil
}

// likes are locations that speak as another does: they play what that does not,
// and what is about their difference.
var likes = map[string]string{"/kept": "/http", "/late": "/http", "/named": "/http", "/ws": "/http", "/wss": "/https"}

// spokenPlan are the cells of spoken, one for each location and fault.
func spokenPlan(t *testing.T) (Options, []Planned) {
	t.Helper()
	o, routes := ready(t, spoken)
	has := map[string]bool{}
	for _, p := range Cells(routes, Selection{}) {
		has[p.Route.Location+p.Fault.Name] = true
	}
	plan := slices.DeleteFunc(Cells(routes, Selection{}), func(p Planned) bool {
		again := has[likes[p.Route.Location]+p.Fault.Name] && p.Fault.Name != "stale-keepalive" && !strings.HasPrefix(p.Fault.Name, "tls-")
		return again || p.Method != cmp.Or(p.Fault.Method, "POST")
	})
	return o, plan
}

// TestProtocols plays every fault on every protocol that it is for.
func TestProtocols(t *testing.T) {
	t.Parallel()
	o, plan := spokenPlan(t)
	cells, _, err := Run(t.Context(), o, plan)
	require.NoError(t, err)
	for i, c := range cells {
		t.Run(c.ID, func(t *testing.T) {
			require.Contains(t, effectsOf(t, o.Box.About.Nginx, plan[i]), effect(c), "%s\n%s", brief(c), strings.Join(c.Lines, "\n"))
			for _, a := range c.Attempts {
				require.Contains(t, plan[i].Route.Peers, strings.TrimSuffix(a.Peer, "#new"))
			}
			for _, text := range c.Lines {
				l, err := nginx.ParseLine(text)
				if err != nil {
					l, err = nginx.ParseStderr(text)
				}
				require.NoError(t, err)
				_, known := nginx.Classify(l)
				require.True(t, known, "no signature: %s", text)
			}
			if len(plan[i].Fault.Waits) > 0 && c.Unmet == "" {
				require.Greater(t, c.Total, 29*time.Second, "nginx's own timeouts, and the client's pauses")
			}
		})
	}
}

// effect is a cell without its attempts.
func effect(c result.Cell) string {
	text := fmt.Sprintf("%s, body %s, log [%s]", c.Client, c.Body, strings.Join(c.Log, " "))
	for _, why := range []string{c.Unmet, c.Error} {
		if why != "" {
			text += ": " + why
		}
	}
	return text
}

// TestUnmet plays every fault with a request that goes another way: nginx
// answers by itself, without an error or with one. Such a cell has met nothing
// and says so.
func TestUnmet(t *testing.T) {
	t.Parallel()
	o, plan := spokenPlan(t)
	seen := map[string]bool{}
	var astray []Planned
	for _, p := range plan {
		atStart := p.Fault.Name == "name-unresolvable" && len(p.Route.Hosts) == 0 // nginx's start meets it
		if p.Fault.Evidence == Always || atStart || seen[p.Fault.Name] {
			continue
		}
		seen[p.Fault.Name] = true
		for _, path := range []string{"/elsewhere", "/broken"} {
			p := p
			p.Route.Request.URL = strings.Replace(p.Route.Request.URL, p.Route.Location, path, 1)
			require.Contains(t, p.Route.Request.URL, path)
			astray = append(astray, p)
		}
	}
	for _, f := range Faults() {
		require.True(t, seen[f.Name] || f.Evidence == Always, "%s is on no protocol", f.Name)
	}
	cells, _, err := Run(t.Context(), o, astray)
	require.NoError(t, err)
	for i, c := range cells {
		require.Empty(t, c.Error, c.ID)
		require.NotEmpty(t, c.Unmet, "%s at %s: %s", c.ID, astray[i].Route.Request.URL, brief(c))
		require.Nil(t, c.Recovery, c.ID)
	}
}

// TestOnePort has servers that speak HTTP and HTTPS: a request goes where its
// scheme leads, and meets faults of what is spoken there.
func TestOnePort(t *testing.T) {
	t.Parallel()
	o, routes := ready(t, `
error_log /var/log/nginx/error.log;
events { }
http {
    ssl_certificate /etc/ssl/shop.pem;
    ssl_certificate_key /etc/ssl/shop.key;
    map $https $pool { on https://127.0.0.1:4001; default http://127.0.0.1:4002; }
    server {
        listen 80; listen 443 ssl;
        server_name shop.example;
        location /scheme { proxy_pass $scheme://127.0.0.1:4000; }
        location /pool { proxy_pass $pool; }
        location /secure { if ($scheme = http) { return 301 https://$host$request_uri; } proxy_pass http://127.0.0.1:4003; }
    }
    server {
        listen 8443 ssl;
        server_name shop.example;
        error_page 497 =200 /plain;
        location / { proxy_pass https://127.0.0.1:4004; }
        location /plain { proxy_pass http://127.0.0.1:4005; }
    }
}
`)
	var spoken []string
	for _, r := range routes {
		scheme, _, _ := strings.Cut(r.Request.URL, ":")
		spoken = append(spoken, fmt.Sprint(r.Location, " ", scheme, " ", r.Protocol, " ", r.Peers))
	}
	require.Equal(t, []string{"/scheme https https [127.0.0.1:4000]", "/pool http http [127.0.0.1:4002]", "/secure https http [127.0.0.1:4003]",
		"/ https https [127.0.0.1:4004]", "/plain https http [127.0.0.1:4005]"}, spoken)
	cells, _, err := Run(t.Context(), o, Cells(routes, Selection{Faults: []string{None, "tls-handshake-failure", "refused"}, Methods: []string{"GET"}}))
	require.NoError(t, err)
	require.Len(t, cells, 12)
	for _, c := range cells {
		require.Equal(t, map[string]string{
			None:                    "200 OK, body intact, log []",
			"refused":               "502 Bad Gateway, body nginx, log [connect-refused]",
			"tls-handshake-failure": "502 Bad Gateway, body nginx, log [tls-wrong-version]",
		}[c.Fault], effect(c), c.ID)
	}
}
