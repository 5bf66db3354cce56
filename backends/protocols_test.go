package backends

import (
	"fmt"
	"io"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

const (
	early   = "upstream prematurely closed connection while reading response header from upstream"
	noTime  = "upstream timed out (110: Connection timed out) while reading response header from upstream"
	reset   = "(104: Connection reset by peer) while reading response header from upstream"
	tooBig  = "upstream sent too big header while reading response header from upstream"
	cgiVars = "%[1]s_param REQUEST_METHOD $request_method; %[1]s_param REQUEST_URI $request_uri; %[1]s_param SERVER_PROTOCOL $server_protocol; " +
		"%[1]s_param CONTENT_LENGTH $content_length; %[1]s_read_timeout 300ms; %[1]s_pass %[2]s;"
	grpcPass = "grpc_read_timeout 300ms; grpc_pass %[2]s;"
)

// forbidden answers by the path, and by a header that HTTP has.
var forbidden = Script{Rules: []Rule{{Target: "-rule$", Field: "Host", Value: "^app.internal$", Status: 403}}}

// spoken are what a real nginx makes of a backend in each protocol.
var spoken = []struct {
	name   string
	spec   Spec
	pass   string // settings, with the directive's prefix and the backend's address
	status int
	log    string // in the error log; empty: nothing
}{
	{"h2-healthy", Spec{Protocol: H2}, grpcPass, 200, ""},
	{"h2-tls", Spec{Protocol: H2, TLS: &TLS{}}, "grpc_read_timeout 300ms; grpc_pass grpcs://%[2]s;", 200, ""},
	{"h2-body", Spec{Protocol: H2, Script: BigBody(300000)}, grpcPass, 200, ""},
	{"h2-failing", Spec{Protocol: H2, Script: Failing(503)}, grpcPass, 503, ""},
	{"h2-two-parts", Spec{Protocol: H2, Script: Script{SendBytes: 3, Pause: 20 * time.Millisecond}}, grpcPass, 200, ""},
	{"h2-fits", Spec{Protocol: H2, Script: BigHeaders(3000)}, grpcPass, 200, ""},
	{"h2-too-big", Spec{Protocol: H2, Script: BigHeaders(30000)}, grpcPass, 502, tooBig},
	{"h2-close-at-accept", Spec{Protocol: H2, Script: ClosingAtAccept()}, grpcPass, 502, early},
	{"h2-reset-at-accept", Spec{Protocol: H2, Script: ResettingAtAccept()}, grpcPass, 502, "(104: Connection reset by peer) while "},
	{"h2-closing", Spec{Protocol: H2, Script: Closing()}, grpcPass, 502, early},
	{"h2-resetting", Spec{Protocol: H2, Script: Resetting()}, grpcPass, 502, "(104: Connection reset by peer) while "}, // recv(), or writev() of an acknowledgement
	{"h2-silent", Spec{Protocol: H2, Script: Mute()}, grpcPass, 504, noTime},
	{"h2-slow", Spec{Protocol: H2, Script: Slow(time.Hour)}, grpcPass, 504, noTime},
	{"h2-truncated", Spec{Protocol: H2, Script: Truncated(9000, 5000)}, grpcPass, 200, "upstream prematurely closed connection while "},
	{"h2-reset-in-body", Spec{Protocol: H2, Script: ResetAfter(9000, 5000)}, grpcPass, 200, "recv() failed (104: Connection reset by peer) while "},
	{"h2-stalled", Spec{Protocol: H2, Script: Stalled(9000, 5000)}, grpcPass, 200, "upstream timed out (110: Connection timed out) while "},
	{"h2-not-http", Spec{Protocol: H2, Script: Speaking("")}, grpcPass, 502, "upstream sent too large http2 frame"},
	{"h2-by-http1", Spec{Protocol: H2}, "proxy_pass http://%[2]s;", 0, "upstream sent no valid HTTP/1.0 header"},
	{"h2-of-http1", Spec{}, grpcPass, 502, "upstream sent too large http2 frame"},

	{"uwsgi-healthy", Spec{Protocol: UWSGI}, cgiVars, 200, ""},
	{"uwsgi-tls", Spec{Protocol: UWSGI, TLS: &TLS{}}, strings.ReplaceAll(cgiVars, "%[2]s", "suwsgi://%[2]s"), 200, ""},
	{"uwsgi-body", Spec{Protocol: UWSGI, Script: BigBody(300000)}, cgiVars, 200, ""},
	{"uwsgi-failing", Spec{Protocol: UWSGI, Script: Failing(503)}, cgiVars, 503, ""},
	{"uwsgi-too-big", Spec{Protocol: UWSGI, Script: BigHeaders(4097)}, cgiVars, 502, tooBig},
	{"uwsgi-closing", Spec{Protocol: UWSGI, Script: Closing()}, cgiVars, 502, early},
	{"uwsgi-resetting", Spec{Protocol: UWSGI, Script: Resetting()}, cgiVars, 502, reset},
	{"uwsgi-silent", Spec{Protocol: UWSGI, Script: Mute()}, cgiVars, 504, noTime},
	{"uwsgi-stalled", Spec{Protocol: UWSGI, Script: Stalled(9000, 5000)}, cgiVars, 200, "upstream timed out (110: Connection timed out) while reading upstream"},
	{"uwsgi-truncated", Spec{Protocol: UWSGI, Script: Truncated(9000, 5000)}, cgiVars, 200, "upstream prematurely closed connection while reading upstream"},
	{"uwsgi-unread", Spec{Protocol: UWSGI, Script: Script{MostHead: 40}}, cgiVars, 502, reset},
	{"uwsgi-most-head-fits", Spec{Protocol: UWSGI, Script: Script{MostHead: 4096}}, cgiVars, 200, ""},
	{"uwsgi-by-http1", Spec{Protocol: UWSGI}, "proxy_pass http://%[2]s;", 502, early},

	{"dual-plain", Spec{Protocol: Dual}, "proxy_pass http://%[2]s;", 200, ""},
	{"dual-grpc", Spec{Protocol: Dual}, "grpc_pass grpc://%[2]s;", 200, ""},
	{"uwsgi-rule", Spec{Protocol: UWSGI, Script: forbidden}, cgiVars, 403, ""},
	{"fastcgi-rule", Spec{Protocol: FastCGI, Script: forbidden}, cgiVars, 403, ""},

	{"scgi-healthy", Spec{Protocol: SCGI}, cgiVars, 200, ""},
	{"scgi-body", Spec{Protocol: SCGI, Script: BigBody(300000)}, cgiVars, 200, ""},
	{"scgi-failing", Spec{Protocol: SCGI, Script: Failing(503)}, cgiVars, 503, ""},
	{"scgi-too-big", Spec{Protocol: SCGI, Script: BigHeaders(4097)}, cgiVars, 502, tooBig},
	{"scgi-closing", Spec{Protocol: SCGI, Script: Closing()}, cgiVars, 502, early},
	{"scgi-silent", Spec{Protocol: SCGI, Script: Mute()}, cgiVars, 504, noTime},
	{"scgi-not-http", Spec{Protocol: SCGI, Script: Speaking("")}, cgiVars, 502, "upstream sent invalid header"},
	{"scgi-by-http1", Spec{Protocol: SCGI}, "proxy_pass http://%[2]s;", 502, early},
}

func TestNginxSpeaksEachProtocol(t *testing.T) {
	t.Parallel()
	path := nginxPath(t)
	var locations strings.Builder
	benches := map[string]*bench{}
	for _, c := range spoken {
		c.spec.Name, c.spec.Listen = c.name, "127.0.0.1:3000"
		b := serveSpec(t, "tcp", c.spec)
		benches[c.name] = b
		prefix, _, _ := strings.Cut(c.name, "-")
		settings := strings.ReplaceAll(strings.ReplaceAll(c.pass, "%[1]s", prefix), "%[2]s", b.addr.String())
		fmt.Fprintf(&locations, "location = /%s { %s }\n", c.name, settings)
	}
	address, quit := startNginx(t, path, t.TempDir(), locations.String())
	for _, c := range spoken {
		require.Equal(t, c.status, ask(t, address, "/"+c.name), c.name)
	}
	log := quit()
	for _, c := range spoken {
		var about []string
		for line := range strings.SplitSeq(log, "\n") {
			if strings.Contains(line, `request: "GET /`+c.name+" HTTP/1.1\"") {
				about = append(about, line)
			}
		}
		if c.log == "" {
			require.Empty(t, about, c.name)
		} else {
			require.Contains(t, strings.Join(about, "\n"), c.log, c.name)
		}
		if c.spec.Script.action() == CloseAtAccept || c.spec.Script.action() == ResetAtAccept {
			continue
		}
		a := benches[c.name].attempt(1)
		switch {
		case c.status == 0 || strings.HasSuffix(c.name, "1") || strings.HasSuffix(c.name, "-unread"):
			require.NotEmpty(t, a.Error, c.name)
		default:
			require.Equal(t, "/"+c.name, a.Target)
			require.True(t, a.Complete)
		}
	}
	require.NotContains(t, log, "[alert]")
}

// h2Client speaks HTTP/2 with prior knowledge over one connection.
func h2Client(t *testing.T, b *bench) *http.ClientConn {
	protocols := new(http.Protocols)
	protocols.SetUnencryptedHTTP2(true)
	session, err := (&http.Transport{Protocols: protocols}).NewClientConn(t.Context(), "http", b.addr.String())
	require.NoError(t, err)
	return session
}

func TestH2RecordsAndEndsWithATrailer(t *testing.T) {
	t.Parallel()
	b := serveSpec(t, "tcp", Spec{Name: "app", Listen: "127.0.0.1:3000", Protocol: H2, Script: Script{
		Rules: []Rule{{Target: "^/secret", Status: 403}}}})
	session := h2Client(t, b)
	ask := func(target string) (*http.Response, string) {
		req, err := http.NewRequest("POST", "http://app.internal"+target, strings.NewReader("hello"))
		require.NoError(t, err)
		req.Header.Set(IDHeader, "r1")
		resp, err := session.RoundTrip(req)
		require.NoError(t, err)
		body, err := io.ReadAll(resp.Body)
		require.NoError(t, err)
		return resp, string(body)
	}
	resp, body := ask("/x?a=1")
	require.Equal(t, "ok from app\n", body)
	require.Equal(t, http.Header{"Grpc-Status": {"0"}}, resp.Trailer)
	require.Equal(t, http.Header{"Content-Type": {"text/plain; charset=utf-8"}, "Content-Length": {"12"}}, resp.Header)
	a := b.attempt(1)
	require.Equal(t, []string{"r1", "POST", "/x?a=1", "HTTP/2.0", "app.internal"}, []string{a.ID, a.Method, a.Target, a.Proto, a.Header.Get("Host")})
	require.EqualValues(t, 5, a.Body)
	require.True(t, a.Complete)

	resp, _ = ask("/secret")
	require.Equal(t, 403, resp.StatusCode)
	require.Empty(t, resp.Trailer)

	require.NoError(t, b.srv.SetScript(Failing(500)))
	resp, _ = ask("/")
	require.Equal(t, 500, resp.StatusCode, "the connection stays, its next request meets the new script")
	require.Equal(t, 1, b.attempt(3).Conn)
	require.NoError(t, session.Close())
	b.closed(1)
}

func TestH2EndsWithItsServer(t *testing.T) {
	t.Parallel()
	b := serveSpec(t, "tcp", Spec{Name: "app", Listen: "127.0.0.1:3000", Protocol: H2, Script: Mute()})
	session := h2Client(t, b)
	failed := make(chan error, 1)
	go func() {
		req, err := http.NewRequest("GET", "http://app.internal/", nil)
		if err == nil {
			_, err = session.RoundTrip(req)
		}
		failed <- err
	}()
	require.True(t, b.attempt(1).Complete)
	require.NoError(t, b.srv.Close())
	require.Error(t, <-failed)
}

func TestH2RefusesWhatIsNone(t *testing.T) {
	t.Parallel()
	b := serveSpec(t, "tcp", Spec{Name: "app", Listen: "127.0.0.1:3000", Protocol: H2})
	rest, err := b.dial().send(get).rest()
	require.NoError(t, err)
	require.Equal(t, "\x00\x00\x00\x04\x00\x00\x00\x00\x00", rest, "an empty SETTINGS frame")
	a := b.attempt(1)
	require.Equal(t, []string{"r1", "GET", "/x?a=1"}, []string{a.ID, a.Method, a.Target})
	require.Contains(t, a.Error, "byte 0x47 where HTTP/2 has 'P'")
}

// What breaks a protocol is recorded with its reason and ends the connection.
func TestPlainProtocolsRefuseOthers(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		protocol   Protocol
		sent, want string
	}{
		{UWSGI, get, "byte 0x47 where a uwsgi request"},
		{UWSGI, "\x00\x02\x00\x00\x05\x00", "they end within a pair"},
		{UWSGI, "\x00\x00\x00\x00", "REQUEST_METHOD"},
		{SCGI, get, "byte 0x47 within the length"},
		{SCGI, "99999999:", "above 1048576 bytes"},
		{SCGI, "2:ab;", "byte 0x3b behind it"},
		{SCGI, "3:a\x00b,", "they end within a pair"},
		{SCGI, "0:,", "REQUEST_METHOD"},
		{SCGI, "61:CONTENT_LENGTH\x00x\x00REQUEST_METHOD\x00GET\x00SERVER_PROTOCOL\x00HTTP/1.1\x00,", "bad CONTENT_LENGTH"},
	} {
		b := serveSpec(t, "tcp", Spec{Name: "app", Listen: "127.0.0.1:3000", Protocol: tt.protocol})
		rest, err := b.dial().send(tt.sent).rest()
		require.NoError(t, err)
		require.Empty(t, rest)
		a := b.attempt(1)
		require.Contains(t, a.Error, tt.want)
		require.Empty(t, a.Action)
	}
}

func TestPlainProtocolsBrokenOff(t *testing.T) {
	t.Parallel()
	for protocol, sent := range map[Protocol]string{UWSGI: "\x00\x09\x00\x00\x05\x00abc", SCGI: "70:CONTENT_LENGTH"} {
		for _, n := range []int{1, 3, len(sent)} {
			b := serveSpec(t, "tcp", Spec{Name: "app", Listen: "127.0.0.1:3000", Protocol: protocol})
			require.NoError(t, b.dial().send(sent[:n]).Close())
			require.NotEmpty(t, b.attempt(1).Error, "%s after %d bytes", protocol, n)
		}
	}
}
