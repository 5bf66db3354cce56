package backends

import (
	"io"
	"net"
	"net/http"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

func TestRespond(t *testing.T) {
	t.Parallel()
	b := serve(t, Script{Status: 503, Header: http.Header{"Retry-After": {"7"}}})
	p := b.dial().send(get)
	resp, body := p.response("GET")
	require.Equal(t, 503, resp.StatusCode)
	require.Equal(t, "7", resp.Header.Get("Retry-After"))
	require.Equal(t, "ok from app\n", body)

	a := b.attempt(1)
	require.Positive(t, a.At)
	a.At = 0
	require.Equal(t, Attempt{
		ID: "r1", Backend: "app", Conn: 1, Method: "GET", Target: "/x?a=1", Proto: "HTTP/1.1", Complete: true, Action: Respond,
		Header: http.Header{"Host": {"app.internal"}, IDHeader: {"r1"}},
	}, a)
}

func TestRespondBytesOnTheWire(t *testing.T) {
	t.Parallel()
	p := serve(t, Healthy()).dial().send(get10)
	raw, err := p.rest()
	require.NoError(t, err)
	require.Equal(t, "HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 12\r\n"+
		"Content-Type: text/plain; charset=utf-8\r\n\r\nok from app\n", raw)
}

func TestKeepAlive(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		name, request string
		connection    string // of the answer
		open          bool
	}{
		{"HTTP/1.1", "GET / HTTP/1.1\r\nHost: a\r\n\r\n", "", true},
		{"HTTP/1.1 close", "GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n", "close", false},
		{"HTTP/1.0", "GET / HTTP/1.0\r\n\r\n", "close", false},
		{"HTTP/1.0 keep-alive", "GET / HTTP/1.0\r\nConnection: keep-alive\r\n\r\n", "keep-alive", true},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			b := serve(t, Healthy())
			p := b.dial().send(tt.request)
			// http.ReadResponse takes a lone "close" away from the header.
			require.Equal(t, tt.connection != "", strings.Contains(p.head(), "Connection: "+tt.connection+"\r\n"))
			_, err := io.CopyN(io.Discard, p.in, int64(len("ok from app\n")))
			require.NoError(t, err)
			if !tt.open {
				rest, err := p.rest()
				require.NoError(t, err)
				require.Empty(t, rest)
				require.NotZero(t, b.closed(1).Closed)
				return
			}
			p.send(post)
			resp, _ := p.response("POST")
			require.Equal(t, 200, resp.StatusCode)
			a := b.attempt(2)
			require.Equal(t, 1, a.Conn)
			require.EqualValues(t, 5, a.Body)
			conns, _ := b.rec.Snapshot()
			require.Zero(t, conns[0].Closed)
		})
	}
}

func TestPipelinedRequestsAreAnsweredInOrder(t *testing.T) {
	t.Parallel()
	b := serve(t, Healthy())
	p := b.dial().send(get + post + get)
	for range 3 {
		resp, _ := p.response("GET")
		require.Equal(t, 200, resp.StatusCode)
	}
	_, attempts := b.rec.Snapshot()
	require.Len(t, attempts, 3)
	require.Equal(t, "POST", attempts[1].Method)
}

func TestDelayBeforeTheFirstByte(t *testing.T) {
	t.Parallel()
	const d = 80 * time.Millisecond
	for _, script := range []Script{Slow(d), {Action: CloseNoAnswer, Delay: d}, {Action: NotHTTP, Delay: d}} {
		b := serve(t, script)
		p := b.dial().send(get10)
		_, err := p.rest()
		require.NoError(t, err)
		require.GreaterOrEqual(t, b.closed(1).Closed-b.attempt(1).At, d)
	}
}

func TestDelayGivenUpByThePeer(t *testing.T) {
	t.Parallel()
	b := serve(t, Slow(time.Hour))
	p := b.dial().send(get)
	b.attempt(1)
	require.NoError(t, p.Close())
	require.NotZero(t, b.closed(1).Closed, "the record tells when the peer gave up")
}

func TestDelayAnswersAPeerThatClosedItsSendingHalf(t *testing.T) {
	t.Parallel()
	b := serve(t, Slow(50*time.Millisecond))
	p := b.dial().send(get10)
	require.NoError(t, p.Conn.(interface{ CloseWrite() error }).CloseWrite())
	raw, err := p.rest()
	require.NoError(t, err)
	require.Contains(t, raw, "ok from app\n")
}

func TestFIN(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		name   string
		script Script
		sent   string // what arrives before FIN
		tried  bool   // whether there is an attempt
	}{
		{"at accept", ClosingAtAccept(), "", false},
		{"no answer", Closing(), "", true},
		{"truncated", Truncated(100, 5), "ok fr", true},
		{"truncated at once", Truncated(100, 0), "", true},
		{"not http", Speaking(""), sshBanner, true},
		{"raw bytes", Speaking("HTTP/1.1 200 OK\r\nbad header\r\n\r\n"), "HTTP/1.1 200 OK\r\nbad header\r\n\r\n", true},
	} {
		for network, start := range map[string]func(testing.TB, Script) *bench{"tcp": serve, "unix": serveUnix} {
			t.Run(tt.name+" "+network, func(t *testing.T) {
				t.Parallel()
				b := start(t, tt.script)
				p := b.dial()
				if tt.tried {
					p.send(post)
				}
				if tt.script.Action == TruncateBody {
					require.Contains(t, p.head(), "Content-Length: 100\r\n")
				}
				rest, err := p.rest()
				require.NoError(t, err, "want FIN")
				require.Equal(t, tt.sent, rest)
				_, attempts := b.rec.Snapshot()
				require.Equal(t, tt.tried, len(attempts) == 1)
				if tt.tried {
					require.Equal(t, tt.script.Action, attempts[0].Action)
					require.EqualValues(t, 5, attempts[0].Body)
				}
				require.Empty(t, b.closed(1).Error)
			})
		}
	}
}

// A request that arrives after the backend's FIN must not turn it into RST.
func TestCloseAtAcceptStaysFINWithARequestUnderWay(t *testing.T) {
	t.Parallel()
	b := serve(t, ClosingAtAccept())
	p := b.dial()
	b.closed(1)
	p.send(get).send(get)
	rest, err := p.rest()
	require.NoError(t, err)
	require.Empty(t, rest)
}

func TestRST(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		name   string
		script Script
		body   string
	}{
		{"no answer", Resetting(), ""},
		{"in body", ResetAfter(100, 5), "ok fr"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			b := serve(t, tt.script)
			p := b.dial().send(post)
			if tt.body != "" {
				require.Contains(t, p.head(), "Content-Length: 100\r\n")
			}
			rest, err := p.rest()
			requireReset(t, err)
			require.Equal(t, tt.body, rest)
			require.Empty(t, b.closed(1).Error)
		})
	}
}

// The RST may come before connect() has returned, so it may be its error.
func TestResetAtAccept(t *testing.T) {
	t.Parallel()
	b := serve(t, ResettingAtAccept())
	conn, err := net.Dial("tcp", b.addr.String())
	if err == nil {
		_, err = b.peer(conn).rest()
	}
	requireReset(t, err)
	require.Empty(t, b.closed(1).Error)
	_, attempts := b.rec.Snapshot()
	require.Empty(t, attempts)
}

// The body fits into the backend's socket buffer but not into the peer's:
// every promised byte must come before the RST.
func TestResetInBodySendsAllBeforeTheRST(t *testing.T) {
	t.Parallel()
	const sent = 1 << 20
	b := serve(t, ResetAfter(sent+1, sent))
	p := b.dial()
	require.NoError(t, p.Conn.(*net.TCPConn).SetReadBuffer(128<<10))
	p.send(get)
	b.attempt(1)
	p.head()
	rest, err := p.rest()
	requireReset(t, err)
	require.Equal(t, sent, len(rest))
	require.True(t, strings.Repeat("ok from app\n", sent/12+1)[:sent] == rest)
}

func TestResetOnAUnixSocket(t *testing.T) {
	t.Parallel()
	b := serveUnix(t, ResettingAtAccept())
	_, err := b.dial().send(get).rest()
	requireReset(t, err)

	// The request was read: Linux has nothing left to reset.
	require.NoError(t, b.srv.SetScript(Resetting()))
	rest, err := b.dial().send(get).rest()
	require.NoError(t, err)
	require.Empty(t, rest)
}

func TestSilence(t *testing.T) {
	t.Parallel()
	for _, script := range []Script{Mute(), Stalled(100, 5)} {
		b := serve(t, script)
		p := b.dial().send(post)
		require.True(t, b.attempt(1).Complete)
		if script.Action == StallInBody {
			require.Contains(t, p.head(), "Content-Length: 100\r\n")
			five := make([]byte, 5)
			_, err := io.ReadFull(p.in, five)
			require.NoError(t, err)
			require.Equal(t, "ok fr", string(five))
		}
		p.quiet()
		conns, _ := b.rec.Snapshot()
		require.Zero(t, conns[0].Closed)
		require.NoError(t, p.Close())
		require.Empty(t, b.closed(1).Error)
	}
}

func TestResponsesWithoutBody(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		method string
		status int
		length string
	}{
		{"HEAD", 200, "12"}, {"GET", 204, ""}, {"GET", 304, ""},
	} {
		b := serve(t, Script{Status: tt.status})
		p := b.dial()
		for range 2 { // the second answer would show any byte too many
			p.send(tt.method + " / HTTP/1.1\r\nHost: a\r\n\r\n")
			head := p.head()
			require.Equal(t, tt.length != "", strings.Contains(head, "Content-Length: "+tt.length+"\r\n"), head)
		}
		require.Zero(t, p.in.Buffered())
	}
}

func TestExpectContinue(t *testing.T) {
	t.Parallel()
	b := serve(t, Healthy())
	p := b.dial().send("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\nExpect: 100-continue\r\n\r\n")
	require.Equal(t, "HTTP/1.1 100 Continue\r\n\r\n", p.head())
	p.send("hello")
	resp, _ := p.response("POST")
	require.Equal(t, 200, resp.StatusCode)
	require.EqualValues(t, 5, b.attempt(1).Body)
}

// TestStopReading writes until the buffers between are full.
func TestStopReading(t *testing.T) {
	t.Parallel()
	b := serve(t, Unread())
	p := b.dial().send("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 1000000000\r\n\r\n")
	require.NoError(t, p.Conn.SetWriteDeadline(time.Now().Add(500*time.Millisecond)))
	var err error
	for part := make([]byte, 1<<20); err == nil; {
		_, err = p.Conn.Write(part)
	}
	require.ErrorIs(t, err, os.ErrDeadlineExceeded)
	_, attempts := b.rec.Snapshot()
	require.Len(t, attempts, 1)
	require.False(t, attempts[0].Complete, "its body was not read")
}

func TestAnswerEarly(t *testing.T) {
	t.Parallel()
	b := serve(t, Script{Action: AnswerEarly, Status: 413})
	p := b.dial().send("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 1000\r\n\r\nonly this")
	resp, body := p.response("POST")
	require.Equal(t, 413, resp.StatusCode)
	require.True(t, resp.Close)
	require.Equal(t, "ok from app\n", body)
	p.send("and then more")
	require.NoError(t, p.Conn.(*net.TCPConn).CloseWrite())
	_, err := p.in.ReadByte()
	require.ErrorIs(t, err, io.EOF)
	_, attempts := b.rec.Snapshot()
	require.Len(t, attempts, 1)
	require.False(t, attempts[0].Complete, "its body was not read")
}
