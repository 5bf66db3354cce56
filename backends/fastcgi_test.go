package backends

import (
	"fmt"
	"io"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// fcgiRequestBytes is a request as nginx writes it, with a body in two records.
func fcgiRequestBytes(flags byte, body string) string {
	var pairs []byte
	for _, pair := range [][2]string{
		{"REQUEST_METHOD", "POST"}, {"REQUEST_URI", "/x?a=1"}, {"SERVER_PROTOCOL", "HTTP/1.1"}, {"HTTP_HOST", "app.internal"},
		{"HTTP_BADGATEWAY_ID", "r1"}, {"CONTENT_LENGTH", fmt.Sprint(len(body))}, {"HTTP_LONG", strings.Repeat("l", 300)},
	} {
		pairs = append(pairs, byte(len(pair[0])))
		if n := len(pair[1]); n < 0x80 {
			pairs = append(pairs, byte(n))
		} else {
			pairs = append(pairs, 0x80, 0, byte(n>>8), byte(n))
		}
		pairs = append(append(pairs, pair[0]...), pair[1]...)
	}
	raw := appendRecord(nil, fcgiBegin, 1, []byte{0, fcgiResponder, flags, 0, 0, 0, 0, 0})
	raw = appendRecord(appendRecord(raw, fcgiParams, 1, pairs), fcgiParams, 1, nil)
	for _, part := range []string{body[:1], body[1:], ""} {
		raw = appendRecord(raw, fcgiStdin, 1, []byte(part))
	}
	return string(raw)
}

func serveFastCGI(t testing.TB, script Script) *bench {
	return serveSpec(t, "tcp", Spec{Name: "app", Listen: "127.0.0.1:9000", Protocol: FastCGI, Script: script})
}

func TestFastCGIBytesOnTheWire(t *testing.T) {
	t.Parallel()
	b := serveFastCGI(t, Script{})
	p := b.dial().send(fcgiRequestBytes(0, "hello"))
	raw, err := p.rest()
	require.NoError(t, err)
	const answer = "Status: 200 OK\r\nContent-Length: 12\r\nContent-Type: text/plain; charset=utf-8\r\n\r\nok from app\n"
	require.Equal(t, "\x01\x06\x00\x01\x00\x5b\x05\x00"+answer+"\x00\x00\x00\x00\x00"+
		"\x01\x06\x00\x01\x00\x00\x00\x00"+"\x01\x03\x00\x01\x00\x08\x00\x00"+"\x00\x00\x00\x00\x00\x00\x00\x00", raw)
	a := b.attempt(1)
	require.Equal(t, "r1", a.ID)
	require.Equal(t, []string{"POST", "/x?a=1", "FastCGI/1.0", "app.internal"}, []string{a.Method, a.Target, a.Proto, a.Header.Get("Host")})
	require.Len(t, a.Header.Get("Long"), 300)
	require.True(t, a.Complete)
	require.EqualValues(t, 5, a.Body)
	require.Equal(t, Respond, a.Action)
}

func TestFastCGIKeepsTheConnectionWhenAsked(t *testing.T) {
	t.Parallel()
	b := serveFastCGI(t, Script{})
	p := b.dial()
	for range 2 {
		p.send(fcgiRequestBytes(fcgiKeepConn, "hello"))
		_, err := io.CopyN(io.Discard, p.in, 8+91+5+8+16)
		require.NoError(t, err)
	}
	require.Equal(t, 1, b.attempt(2).Conn)
	require.NoError(t, b.srv.SetScript(Failing(500)))
	_, err := p.rest()
	require.NoError(t, err, "an idle connection ends when the script changes")
}

// What breaks the protocol is recorded with its reason and ends the connection.
func TestFastCGIRefusesOtherProtocols(t *testing.T) {
	t.Parallel()
	good := fcgiRequestBytes(0, "hello")
	for _, tt := range []struct{ sent, want string }{
		{get, "byte 0x47 where FastCGI has its version, 1"},
		{"\x01\x09" + good[2:], "type 9, expected 1"},
		{"\x01\x01\x00\x00" + good[4:], "for request 0"},
		{good[:9] + "\x02" + good[10:], "role 2, this backend is a responder"},
		{good[:16] + "\x01\x04\x00\x02" + good[20:], "a record of request 2 within request 1"},
		{good[:16] + "\x01\x04\x00\x01\x00\x02\x00\x00\x05\x05" + "\x01\x04\x00\x01\x00\x00\x00\x00", "they end within a pair"},
		{good[:16] + "\x01\x04\x00\x01\x00\x00\x00\x00", "REQUEST_METHOD"},
	} {
		b := serveFastCGI(t, Script{})
		rest, err := b.dial().send(tt.sent).rest()
		require.NoError(t, err)
		require.Empty(t, rest)
		a := b.attempt(1)
		require.Contains(t, a.Error, tt.want)
		require.Empty(t, a.Action)
		require.False(t, a.Complete)
	}
}

func TestFastCGIBrokenOff(t *testing.T) {
	t.Parallel()
	good := fcgiRequestBytes(0, "hello")
	for _, n := range []int{1, 20, len(good) - 3} {
		b := serveFastCGI(t, Script{})
		p := b.dial().send(good[:n])
		require.NoError(t, p.Close())
		require.NotEmpty(t, b.attempt(1).Error, "after %d bytes", n)
	}
}

// An answer in two parts: the rest is not there before the pause is over.
func TestPause(t *testing.T) {
	t.Parallel()
	const pause = 80 * time.Millisecond
	for network, script := range map[string]Script{
		"cut":    {BodyBytes: 30, SendBytes: 5, Pause: pause},
		"header": {BodyBytes: 30, Pause: pause},
	} {
		t.Run(network, func(t *testing.T) {
			t.Parallel()
			p := serve(t, script).dial().send(get10)
			p.head()
			first := make([]byte, script.SendBytes)
			_, err := io.ReadFull(p.in, first)
			require.NoError(t, err)
			require.Zero(t, p.in.Buffered())
			began := time.Now()
			rest, err := p.rest()
			require.NoError(t, err)
			require.Equal(t, "ok from app\nok from app\nok fro", string(first)+rest)
			// The backend's pause began before the client saw the first part.
			require.Greater(t, time.Since(began), pause/2)
		})
	}
}

const cgiParams = "fastcgi_param REQUEST_METHOD $request_method; fastcgi_param REQUEST_URI $request_uri; " +
	"fastcgi_param SERVER_PROTOCOL $server_protocol; fastcgi_param CONTENT_LENGTH $content_length;"

// A real nginx must take the responder for one, and its misbehaviour for what
// it is.
func TestNginxSpeaksFastCGI(t *testing.T) {
	t.Parallel()
	path := nginxPath(t)
	cases := []struct {
		name   string
		script Script
		status int
		log    string
	}{
		{"healthy", Script{}, 200, ""},
		{"body", BigBody(200000), 200, ""},
		{"failing", Failing(503), 503, ""},
		{"fits", BigHeaders(4000), 200, ""},
		{"too-big", BigHeaders(4097), 502, "upstream sent too big header while reading response header from upstream"},
		{"two-parts", Script{SendBytes: 3, Pause: 20 * time.Millisecond}, 200, ""},
		{"truncated", Truncated(9000, 5000), 200, ""}, // nginx does not miss the end of the request
		{"closing", Closing(), 502, "upstream prematurely closed connection while reading response header from upstream"},
		{"silent", Mute(), 504, "upstream timed out (110: Connection timed out) while reading response header from upstream"},
		{"http", Speaking("HTTP/1.1 200 OK\r\n\r\n"), 502, "upstream sent unsupported FastCGI protocol version: 72 while reading response header from upstream"},
	}
	var locations strings.Builder
	benches := map[string]*bench{}
	for _, c := range cases {
		benches[c.name] = serveFastCGI(t, c.script)
		fmt.Fprintf(&locations, "location = /%s { %s fastcgi_read_timeout 300ms; fastcgi_pass %s; }\n", c.name, cgiParams, benches[c.name].addr)
	}
	address, quit := startNginx(t, path, t.TempDir(), locations.String())
	for _, c := range cases {
		require.Equal(t, c.status, ask(t, address, "/"+c.name), c.name)
		require.Equal(t, "/"+c.name, benches[c.name].attempt(1).Target)
	}
	lines := strings.Split(quit(), "\n")
	for _, c := range cases {
		var about []string
		for _, line := range lines {
			if strings.Contains(line, `request: "GET /`+c.name+" HTTP/1.1\"") {
				about = append(about, line)
			}
		}
		if c.log == "" {
			require.Empty(t, about, c.name)
			continue
		}
		require.Contains(t, strings.Join(about, "\n"), c.log, c.name)
	}
}
