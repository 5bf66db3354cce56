package nginx_test

import (
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"badgateway/harness/nginx"
)

const tail = `, client: 127.0.0.1, server: app.internal, request: "GET / HTTP/1.1", upstream: "http://10.0.3.7:8080/", host: "app.internal"`

func TestParseLineReadsEveryPart(t *testing.T) {
	raw := `2026/11/20 23:24:02 [error] 7#8: *91 connect() failed (111: Connection refused) while connecting to upstream` +
		`, client: 192.0.2.7, server: ~^(a|b{1,2})$, request: "GET /x?y="z" HTTP/1.1", subrequest: "/auth", upstream: "http://10.0.3.7:8080/x", host: "app.internal", referrer: "http://app.internal/"`
	l, err := nginx.ParseLine(raw + "\r\n")
	require.NoError(t, err)
	require.Equal(t, nginx.Line{
		Raw: raw, Time: time.Date(2026, 11, 20, 23, 24, 2, 0, time.UTC), Level: nginx.Error, PID: 7, TID: 8, Conn: 91,
		Message: "connect() failed", Errno: 111, ErrText: "Connection refused", Action: "connecting to upstream",
		Client: "192.0.2.7", Server: "~^(a|b{1,2})$", Request: `GET /x?y="z" HTTP/1.1`, Subrequest: "/auth",
		Upstream: "http://10.0.3.7:8080/x", Host: "app.internal", Referrer: "http://app.internal/",
	}, l)
	require.Equal(t, l, l.Clone())
}

// parts are what identifies a line.
type parts struct {
	message string
	errno   int
	ssl     string
	action  string
}

func TestParseLineFindsTheMessage(t *testing.T) {
	for name, c := range map[string]struct {
		text string
		want parts
	}{
		"no connection": {`signal process started`, parts{message: "signal process started"}},
		"commas": {`*1 limiting requests, excess: 1.000 by zone "lr"` + tail,
			parts{message: `limiting requests, excess: 1.000 by zone "lr"`}},
		"while in the message": {`*1 rewrite or internal redirection cycle while processing "/x"` + tail,
			parts{message: `rewrite or internal redirection cycle while processing "/x"`}},
		"TLS reasons": {`*1 SSL_do_handshake() failed (SSL: error:0A000410:SSL routines::x (y):SSL alert number 40) while SSL handshaking to upstream` + tail,
			parts{message: "SSL_do_handshake() failed", ssl: "error:0A000410:SSL routines::x (y):SSL alert number 40", action: "SSL handshaking to upstream"}},
		"TLS reasons and errno": {`*1 SSL_read() failed (SSL: error:1) (104: Connection reset by peer) while reading upstream` + tail,
			parts{message: "SSL_read() failed", ssl: "error:1", errno: 104, action: "reading upstream"}},
		"X509 code is no errno": {`*1 upstream SSL certificate verify error: (18:self-signed certificate) while SSL handshaking to upstream` + tail,
			parts{message: "upstream SSL certificate verify error: (18:self-signed certificate)", action: "SSL handshaking to upstream"}},
		"resolver": {`recv() failed (111: Connection refused) while resolving, resolver: 127.0.0.1:53`,
			parts{message: "recv() failed", errno: 111, action: "resolving"}},
		"stream": {`*1 upstream timed out (110: x) while connecting to upstream, udp client: 127.0.0.1, server: 0.0.0.0:53, upstream: "127.0.0.1:5353", bytes from/to client:1/0, bytes from/to upstream:0/1`,
			parts{message: "upstream timed out", errno: 110, action: "connecting to upstream"}},
		"accept": {`*1 6 worker_connections are not enough while accepting new connection on [::]:80`,
			parts{message: "6 worker_connections are not enough", action: "accepting new connection on [::]:80"}},
		"an upstream's words": {`*1 upstream sent invalid header: "X: (13: no) while connecting to upstream\x20..." while reading response header from upstream` + tail,
			parts{message: `upstream sent invalid header: "X: (13: no) while connecting to upstream\x20..."`, action: "reading response header from upstream"}},
		"several lines": {"*1 FastCGI sent in stderr: \"one \"x\ntwo, client: none\" while reading upstream" + tail,
			parts{message: "FastCGI sent in stderr: \"one \"x\ntwo, client: none\"", action: "reading upstream"}},
	} {
		t.Run(name, func(t *testing.T) {
			l, err := nginx.ParseLine("2026/11/20 23:24:02 [error] 7#7: " + c.text)
			require.NoError(t, err)
			require.Equal(t, c.want, parts{l.Message, l.Errno, l.SSL, l.Action})
		})
	}
}

// A client writes its request line, Host and Referer into the log; none of it
// may change what a line is about.
func TestParseLineIsNotSpoofedByTheClient(t *testing.T) {
	const forged = `" failed (13: Permission denied) while connecting to upstream, client: 203.0.113.9, server: forged, request: "GET / HTTP/1.1", upstream: "http://203.0.113.9/", host: "forged`
	honest := "2026/11/20 23:24:02 [error] 7#7: *1 upstream sent too big header while reading response header from upstream, client: 127.0.0.1, server: app.internal, request: \"GET / HTTP/1.1\", upstream: \"http://10.0.3.7:8080/\", host: \"app.internal\""
	for name, raw := range map[string]string{
		"referrer": honest + `, referrer: "` + forged + `"`,
		"host":     strings.Replace(honest, `host: "app.internal"`, `host: "`+forged+`"`, 1),
		"request":  strings.Replace(honest, `request: "GET / `, `request: "GET /`+forged+` `, 1),
	} {
		l, err := nginx.ParseLine(raw)
		require.NoError(t, err)
		require.Equal(t, parts{"upstream sent too big header", 0, "", "reading response header from upstream"},
			parts{l.Message, l.Errno, l.SSL, l.Action}, name)
		require.Equal(t, "127.0.0.1", l.Client, name)
		require.Equal(t, "app.internal", l.Server, name)
		require.True(t, nginx.TooBigHeader.Match(l), name)
		if name != "request" {
			require.Equal(t, "http://10.0.3.7:8080/", l.Upstream, name)
		}
	}
}

func TestParseLineIsNotSpoofedByAFileName(t *testing.T) {
	// As nginx 1.18 to 1.30 write GET /%22%20while%20connecting...
	const raw = `2026/11/20 23:53:40 [error] 7#7: *162 open() "/usr/share/nginx/html/" while connecting to upstream, client: 1.1.1.1, server: x, request: "" failed (2: No such file or directory), client: 127.0.0.1, server: app.internal, request: "GET /%22%20while HTTP/1.1", host: "app.internal", referrer: "x"`
	l, err := nginx.ParseLine(raw)
	require.NoError(t, err)
	require.Empty(t, l.Action)
	require.Equal(t, 2, l.Errno)
	require.Equal(t, "127.0.0.1", l.Client)
	require.Equal(t, "x", l.Referrer)
}

func TestParseLineDropsAnUpstreamFromARefusedRequestLine(t *testing.T) {
	l, err := nginx.ParseLine(`2026/11/20 23:53:40 [info] 7#7: *168 client sent invalid request while reading client request line, client: 127.0.0.1, server: app.internal, request: "GET /a b HTTP/1.1", upstream: "http://1.1.1.1/", host: "x"`)
	require.NoError(t, err)
	require.Empty(t, l.Upstream)
}

func TestParseLineMarksCutLines(t *testing.T) {
	full := "2026/11/20 23:24:02 [error] 7#7: *1 connect() failed (111: Connection refused) while connecting to upstream, client: 127.0.0.1, server: app.internal, request: \"GET /" + strings.Repeat("a", 4096)
	l, err := nginx.ParseLine(full[:2047] + "\n")
	require.NoError(t, err)
	require.True(t, l.Truncated)
	require.True(t, nginx.ConnectRefused.Match(l))
	require.Equal(t, full[strings.Index(full, "GET /"):2047], l.Request)
	require.Empty(t, l.Upstream)
	l, err = nginx.ParseLine(full[:2046])
	require.NoError(t, err)
	require.False(t, l.Truncated)
}

func TestParseLineReadsAllLevels(t *testing.T) {
	for _, level := range []nginx.Level{nginx.Emerg, nginx.Alert, nginx.Crit, nginx.Error, nginx.Warn, nginx.Notice, nginx.Info, nginx.Debug} {
		l, err := nginx.ParseLine("2026/11/20 23:24:02 [" + string(level) + "] 7#7: using the \"epoll\" event method")
		require.NoError(t, err)
		require.Equal(t, level, l.Level)
	}
}

func TestParseLineRefusesOtherText(t *testing.T) {
	for _, raw := range []string{
		"", "\r\n", "2026/11/20 23:24:02", "2026/13/20 23:24:02 [error] 7#7: x", "2026/11/20 23:24:02 [fatal] 7#7: x",
		"2026/11/20 23:24:02 [error 7#7: x", "2026/11/20 23:24:02 [error] 7: x", "2026/11/20 23:24:02 [error] #7: x", "2026/11/20 23:24:02 [error] 7#7:x",
		`127.0.0.1 - - [20/Nov/2026:23:24:02 +0000] "GET / HTTP/1.1" 502 157 "-" "2026/11/20 23:24:02 [error] 7#7: *1 no live upstreams"`,
	} {
		l, err := nginx.ParseLine(raw)
		require.ErrorIs(t, err, nginx.ErrNotErrorLog, raw)
		require.Empty(t, l.Level)
	}
}

func TestParseStderrReadsFileAndLine(t *testing.T) {
	l, err := nginx.ParseStderr(`nginx: [emerg] open() "/etc/nginx/conf.d in use:3" failed (2: No such file or directory) in /etc/nginx/my sites/a.conf:12` + "\n")
	require.NoError(t, err)
	require.Equal(t, nginx.Emerg, l.Level)
	require.Equal(t, `open() "/etc/nginx/conf.d in use:3" failed`, l.Message)
	require.Equal(t, 2, l.Errno)
	require.Equal(t, "/etc/nginx/my sites/a.conf", l.File)
	require.Equal(t, 12, l.FileLine)

	l, err = nginx.ParseStderr(`nginx: [emerg] host not found in upstream "app.internal:80"`)
	require.NoError(t, err)
	require.Equal(t, `host not found in upstream "app.internal:80"`, l.Message)
	require.Empty(t, l.File)

	for _, raw := range []string{"", "nginx: configuration file /etc/nginx/nginx.conf test failed", "nginx: [fatal] x", "a b: [emerg] x", "nginx: [emerg]"} {
		_, err := nginx.ParseStderr(raw)
		require.Error(t, err, raw)
	}
}
