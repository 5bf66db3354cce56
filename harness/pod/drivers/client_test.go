package drivers

import (
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"badgateway/backends"
	"badgateway/harness/nginx"
	"badgateway/harness/pod"
)

// edge is a gateway that is spoken to in every way: TLS with one certificate
// per name, HTTP/2 with and without TLS, PROXY, a unix socket.
const edge = `
error_log /var/log/nginx/error.log notice;
pid /run/nginx.pid;
worker_processes 1;
events { worker_connections 64; }
http {
    ssl_certificate /etc/nginx/edge.pem;
    ssl_certificate_key /etc/nginx/edge.key;
    proxy_read_timeout 2s;
    server {
        listen 80;
        listen unix:/run/edge.sock;
        listen 443 ssl;
        listen 8443 ssl http2;
        listen 8080 http2;
        listen 8081 proxy_protocol;
        server_name plain.test;
        client_max_body_size 64k;
        location / {
            proxy_pass http://127.0.0.1:3000;
            proxy_set_header X-Proxy "$proxy_protocol_addr $server_protocol";
            proxy_set_header X-Host "host $http_host";
            client_max_body_size 0;
        }
        location /small { proxy_pass http://127.0.0.1:3000; }
        location /cut { proxy_pass http://127.0.0.1:3001; }
        location /silent { proxy_pass http://127.0.0.1:3002; proxy_buffering off; }
        location /garbage { proxy_pass http://127.0.0.1:3003; }
        location /drop { return 444; }
    }
    server {
        listen 443 ssl;
        server_name who.test;
        ssl_verify_client on;
        ssl_client_certificate /etc/nginx/ca.pem;
        location / { return 200 "$ssl_server_name $ssl_client_s_dn"; }
    }
    server {
        listen 80;
        listen 443 ssl;
        server_name socket.test;
        location /live { proxy_pass http://127.0.0.1:3004; include /etc/nginx/upgrade; }
        location /idle { proxy_pass http://127.0.0.1:3004; include /etc/nginx/upgrade; proxy_read_timeout 1s; }
        location / {
            proxy_pass http://127.0.0.1:3000;
            include /etc/nginx/upgrade;
        }
    }
}
`

var edgeBackends = []backends.Spec{
	{Name: "app", Listen: "127.0.0.1:3000", Script: backends.BigBody(100_000)},
	{Name: "cut", Listen: "127.0.0.1:3001", Script: backends.ResetAfter(90_000, 50_000)},
	{Name: "silent", Listen: "127.0.0.1:3002", Script: backends.Stalled(90_000, 50_000)},
	{Name: "garbage", Listen: "127.0.0.1:3003", Script: backends.Speaking("")},
	{Name: "live", Listen: "127.0.0.1:3004", Script: backends.Script{WebSocket: &backends.WebSocket{}}},
}

func startEdge(t *testing.T, d pod.Driver, b nginx.Build) *pod.Pod {
	certificate, key, err := backends.Issue("plain.test", "who.test")
	require.NoError(t, err)
	ca, err := backends.CA()
	require.NoError(t, err)
	return start(t, d, pod.Spec{Name: t.Name(), Nginx: b, Conf: edge, Backends: edgeBackends, Files: []pod.File{
		{Path: "/etc/nginx/upgrade", Data: []byte("proxy_http_version 1.1; proxy_set_header Upgrade $http_upgrade; proxy_set_header Connection upgrade;")},
		{Path: "/etc/nginx/edge.pem", Data: certificate}, {Path: "/etc/nginx/edge.key", Data: key}, {Path: "/etc/nginx/ca.pem", Data: ca}}})
}

// whole is the hash of app's answer.
var whole = edgeBackends[0].Script.BodySHA256("app")

// spoken are the ways to speak to edge.
var spoken = []struct {
	name    string
	request pod.Request
	outcome pod.Outcome
	check   func(t *testing.T, r pod.Response, a []backends.Attempt)
}{
	{"HTTP/1.1", pod.Request{}, pod.OK, func(t *testing.T, r pod.Response, a []backends.Attempt) {
		require.Equal(t, whole, r.BodySHA256)
		require.EqualValues(t, 100_000, r.Bytes)
		require.Equal(t, []string{"HTTP/1.1", "HTTP/1.1"}, []string{r.Proto, a[0].Header.Get("X-Proxy")})
		require.False(t, r.Early)
	}},
	{"HTTP/1.0", pod.Request{Proto: pod.HTTP10}, pod.OK, func(t *testing.T, r pod.Response, a []backends.Attempt) {
		require.Equal(t, whole, r.BodySHA256)
		require.Equal(t, []string{"HTTP/1.0", "host"}, []string{a[0].Header.Get("X-Proxy"), a[0].Header.Get("X-Host")})
	}},
	{"HTTP/1.0 to a name", pod.Request{Proto: pod.HTTP10, URL: "http://plain.test/"}, pod.OK, func(t *testing.T, _ pod.Response, a []backends.Attempt) {
		require.Equal(t, "host plain.test", a[0].Header.Get("X-Host"))
	}},
	{"HTTP/2 by ALPN", pod.Request{URL: "https://plain.test:8443/", Proto: pod.HTTP2}, pod.OK, func(t *testing.T, r pod.Response, a []backends.Attempt) {
		require.Equal(t, whole, r.BodySHA256)
		require.Equal(t, []string{"HTTP/2.0", "HTTP/2.0"}, []string{r.Proto, a[0].Header.Get("X-Proxy")})
		require.Positive(t, r.FirstByte)
	}},
	{"HTTP/2 with prior knowledge", pod.Request{Method: "POST", URL: "http://plain.test:8080/", Proto: pod.HTTP2, Body: "x", BodyBytes: 200_000}, pod.OK, func(t *testing.T, r pod.Response, a []backends.Attempt) {
		require.Equal(t, "HTTP/2.0", r.Proto)
		require.EqualValues(t, 200_000, a[0].Body)
		require.False(t, r.Early)
	}},
	{"HTTP/2 not offered", pod.Request{URL: "https://who.test/", Proto: pod.HTTP2, ClientCertificate: true}, pod.NoHTTP2, nil},
	{"HTTP/2 where HTTP/1 is spoken", pod.Request{Proto: pod.HTTP2}, pod.NotHTTP, nil},
	{"TLS where there is none", pod.Request{URL: "https://plain.test:80/"}, pod.NoTLS, nil},
	{"reset within a body, HTTP/1.1", pod.Request{URL: "/cut"}, pod.TruncatedBody, partOf("cut")},
	{"reset within a body, HTTP/2", pod.Request{URL: "http://plain.test:8080/cut", Proto: pod.HTTP2}, pod.TruncatedBody, partOf("cut")},
	{"stall within a body, HTTP/2", pod.Request{URL: "http://plain.test:8080/silent", Proto: pod.HTTP2, Limit: time.Second}, pod.Hung, partOf("silent")},
	{"closed without answer", pod.Request{URL: "/drop"}, pod.NoAnswer, nil},
	{"closed without answer, HTTP/2", pod.Request{URL: "http://plain.test:8080/drop", Proto: pod.HTTP2}, pod.NoAnswer, nil},
	{"garbage", pod.Request{URL: "/garbage"}, pod.NotHTTP, func(t *testing.T, r pod.Response, _ []backends.Attempt) {
		require.True(t, strings.HasPrefix(string(r.Body), "SSH-2.0-"), "%q", r.Body)
	}},
	{"unix socket", pod.Request{URL: "http://plain.test/", Address: "unix:/run/edge.sock"}, pod.OK, nil},
	{"PROXY", pod.Request{URL: "http://plain.test/", Address: "127.0.0.1:8081", ProxyProtocol: true}, pod.OK, func(t *testing.T, _ pod.Response, a []backends.Attempt) {
		require.Equal(t, "127.0.0.1 HTTP/1.1", a[0].Header.Get("X-Proxy"))
	}},
	{"PROXY missing", pod.Request{URL: "http://plain.test:8081/"}, pod.NoAnswer, nil},
	{"client certificate", pod.Request{URL: "https://10.9.9.9/", Address: "127.0.0.1:443", ServerName: "who.test",
		Header: http.Header{"Host": {"who.test"}}, ClientCertificate: true}, pod.OK, func(t *testing.T, r pod.Response, _ []backends.Attempt) {
		require.Equal(t, "who.test CN=client", string(r.Body))
	}},
	{"no client certificate", pod.Request{URL: "https://who.test/"}, pod.StatusOutcome(400), nil},
	{"early answer", pod.Request{Method: "POST", URL: "/small", Body: "x", BodyBytes: 32 << 20}, pod.StatusOutcome(413), early(true)},
	{"early answer, HTTP/2", pod.Request{Method: "POST", URL: "http://plain.test:8080/small", Proto: pod.HTTP2, Body: "x", BodyBytes: 32 << 20}, pod.StatusOutcome(413), early(true)},
	{"slow upload", pod.Request{Method: "POST", Body: "abc", BodyBytes: 500, Pace: pod.Pace{Bytes: 100, Pause: 100 * time.Millisecond}}, pod.OK,
		func(t *testing.T, r pod.Response, a []backends.Attempt) {
			require.GreaterOrEqual(t, r.FirstByte, 400*time.Millisecond)
			require.EqualValues(t, 500, a[0].Body)
			early(false)(t, r, a)
		}},
	{"WebSocket", pod.Request{URL: "http://socket.test/live", Upgrade: &pod.Upgrade{}}, pod.Switched, func(t *testing.T, r pod.Response, a []backends.Attempt) {
		require.Equal(t, 101, r.Status)
		require.Equal(t, "13", a[0].Header.Get("Sec-Websocket-Version"))
	}},
	{"WebSocket over TLS, idle for a while", pod.Request{URL: "https://socket.test/live", Upgrade: &pod.Upgrade{Idle: 300 * time.Millisecond}}, pod.Switched, lived(300 * time.Millisecond)},
	{"WebSocket cut", pod.Request{URL: "http://socket.test/idle", Upgrade: &pod.Upgrade{Idle: time.Minute}}, pod.TunnelCut, lived(500 * time.Millisecond)},
	{"WebSocket longer than the client's limit", pod.Request{URL: "http://socket.test/live", Upgrade: &pod.Upgrade{Idle: time.Minute}, Limit: time.Second}, pod.Hung, nil},
	{"answer to an upgrade", pod.Request{URL: "http://socket.test/", Upgrade: &pod.Upgrade{}}, pod.OK, func(t *testing.T, r pod.Response, a []backends.Attempt) {
		require.Equal(t, "websocket", a[0].Header.Get("Upgrade"))
		require.Equal(t, whole, r.BodySHA256)
	}},
}

// TestClient speaks to one gateway in every way.
func TestClient(t *testing.T) {
	eachDriver(t, func(t *testing.T, d pod.Driver, b nginx.Build) {
		p := startEdge(t, d, b)
		for _, c := range spoken {
			t.Run(c.name, func(t *testing.T) {
				c.request.ID = strings.ReplaceAll(c.name, " ", "-")
				r, err := p.Request(t.Context(), c.request)
				require.NoError(t, err)
				require.Equal(t, c.outcome, r.Outcome, "%+v", r)
				_, all, err := p.Observed(t.Context())
				require.NoError(t, err)
				var own []backends.Attempt
				for _, a := range all {
					if a.ID == c.request.ID {
						own = append(own, a)
					}
				}
				if c.check != nil {
					c.check(t, r, own)
				}
			})
		}
	})
}

// partOf is a body of which something is missing.
func partOf(name string) func(*testing.T, pod.Response, []backends.Attempt) {
	return func(t *testing.T, r pod.Response, _ []backends.Attempt) {
		require.Equal(t, http.StatusOK, r.Status)
		require.Positive(t, r.Bytes)
		require.Less(t, r.Bytes, int64(90_000))
		for _, spec := range edgeBackends {
			if spec.Name == name {
				require.NotEqual(t, spec.Script.BodySHA256(name), r.BodySHA256)
			}
		}
	}
}

func lived(least time.Duration) func(*testing.T, pod.Response, []backends.Attempt) {
	return func(t *testing.T, r pod.Response, _ []backends.Attempt) {
		require.GreaterOrEqual(t, r.Tunnel, least)
	}
}

func early(want bool) func(*testing.T, pod.Response, []backends.Attempt) {
	return func(t *testing.T, r pod.Response, _ []backends.Attempt) { require.Equal(t, want, r.Early) }
}

func TestRefusesWhatNoClientCanDo(t *testing.T) {
	for want, r := range map[string]pod.Request{
		`proto "3": unknown`:    {Proto: "3"},
		"not an absolute path":  {Address: "unix:run/x"},
		"write IP:port or unix": {Address: "app.internal:80"},
		"at least one byte":     {Pace: pod.Pace{Pause: time.Second}},
		"HTTP/2 has no such":    {Proto: pod.HTTP2, Header: http.Header{"connection": {"close"}}},
		"a GET of HTTP/1.1":     {Upgrade: &pod.Upgrade{}, Proto: pod.HTTP2},
	} {
		require.ErrorContains(t, r.Validate(), want)
	}
	require.NoError(t, pod.Request{Address: "[::1]:80", Upgrade: &pod.Upgrade{}, Method: "GET"}.Validate())
}
