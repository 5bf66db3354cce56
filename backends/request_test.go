package backends

import (
	"bufio"
	"net/http"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

func newReader(s string) *bufio.Reader { return bufio.NewReader(strings.NewReader(s)) }

func TestChunkedBodyWithTrailer(t *testing.T) {
	t.Parallel()
	b := serve(t, Healthy())
	p := b.dial().send("POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n" +
		"5\r\nhello\r\n6;x=y\r\n world\r\n0\r\nX-Sum: 1\r\n\r\n" + get)
	for range 2 {
		resp, _ := p.response("GET")
		require.Equal(t, 200, resp.StatusCode)
	}
	a := b.attempt(1)
	require.EqualValues(t, 11, a.Body)
	require.Equal(t, []string{"chunked"}, a.Header["Transfer-Encoding"])
	require.Equal(t, "r1", b.attempt(2).ID)
}

func TestHeaderIsRecordedAsReceived(t *testing.T) {
	t.Parallel()
	b := serve(t, Healthy())
	b.dial().send("\r\nGET http://abs.test/ HTTP/1.1\r\nHost: app.internal:81\r\nPragma: no-cache\r\nx-multi: a\r\nX-Multi:  b \r\nConnection: upgrade\r\n\r\n").response("GET")
	require.Equal(t, http.Header{
		"Host": {"app.internal:81"}, "Pragma": {"no-cache"}, "X-Multi": {"a", "b"}, "Connection": {"upgrade"},
	}, b.attempt(1).Header)
	require.Equal(t, "http://abs.test/", b.attempt(1).Target)
}

func TestIncompleteRequestsAreRecorded(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		name, raw string
		want      Attempt
	}{
		{"half a line", "GET /x", Attempt{Method: "GET", Target: "/x", Error: "EOF"}},
		{"half a header", "GET /x HTTP/1.1\r\nBadgateway-Id: r9\r\nHost: ap", Attempt{Method: "GET", Target: "/x", Proto: "HTTP/1.1", ID: "r9", Error: "EOF"}},
		{"half a body", post[:len(post)-2], Attempt{Method: "POST", Target: "/p", Proto: "HTTP/1.1", ID: "r2", Body: 3, Error: "read body: 3 of 5 bytes: EOF"}},
		{"half a chunk", "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhel", Attempt{
			Method: "POST", Target: "/", Proto: "HTTP/1.1", Body: 3, Error: "read body: chunks end after 3 bytes: unexpected EOF"}},
	} {
		for _, script := range []Script{Healthy(), Resetting()} {
			t.Run(tt.name+" "+string(script.Action), func(t *testing.T) {
				t.Parallel()
				b := serve(t, script)
				require.NoError(t, b.dial().send(tt.raw).Close())
				a := b.attempt(1)
				require.NotNil(t, a.Header)
				tt.want.Backend, tt.want.Conn, tt.want.At, tt.want.Header = "app", 1, a.At, a.Header
				require.Equal(t, tt.want, a)
				require.NotZero(t, b.closed(1).Closed)
			})
		}
	}
}

func TestConnectionWithoutARequestIsNoAttempt(t *testing.T) {
	t.Parallel()
	for _, raw := range []string{"", "\r\n"} {
		b := serve(t, Healthy())
		require.NoError(t, b.dial().send(raw).Close())
		require.Empty(t, b.closed(1).Error)
		_, attempts := b.rec.Snapshot()
		require.Empty(t, attempts)
	}
}

var malformedRequests = []struct {
	name, raw string
	status    int
}{
	{"words", "hello\r\n", 400},
	{"HTTP/0.9", "GET /\r\n", 400},
	{"ssh", "SSH-2.0-OpenSSH_9.2\r\n", 400},
	{"binary", "\x00\x01\x02", 400},
	{"no host", "GET / HTTP/1.1\r\n\r\n", 400},
	{"two hosts", "GET / HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n", 400},
	{"bad field", "GET / HTTP/1.1\r\nHost: a\r\nno colon\r\n\r\n", 400},
	{"HTTP/2", "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", 505},
	{"huge header", "GET / HTTP/1.1\r\nHost: a\r\nX: " + strings.Repeat("x", maxHead) + "\r\n\r\n", 431},
	{"bad chunk", "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n", 400},
	{"bad length", "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: -1\r\n\r\n", 400},
}

func TestMalformedRequestsAreRefused(t *testing.T) {
	t.Parallel()
	for _, tt := range malformedRequests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			b := serve(t, Healthy())
			p := b.dial().send(tt.raw)
			resp, _ := p.response("GET")
			require.Equal(t, tt.status, resp.StatusCode)
			rest, err := p.rest()
			require.NoError(t, err)
			require.Empty(t, rest)
			a := b.attempt(1)
			require.False(t, a.Complete)
			require.NotEmpty(t, a.Error)
			require.Equal(t, Respond, a.Action)
		})
	}
}

func TestMalformedRequestsMeetTheScriptedMisbehaviour(t *testing.T) {
	t.Parallel()
	b := serve(t, Speaking("220 mail ESMTP\r\n"))
	rest, err := b.dial().send("hello\r\n").rest()
	require.NoError(t, err)
	require.Equal(t, "220 mail ESMTP\r\n", rest)
	require.Equal(t, NotHTTP, b.attempt(1).Action)
}

// FuzzRequest reads arbitrary bytes as requests, as a connection does.
func FuzzRequest(f *testing.F) {
	for _, tt := range malformedRequests {
		f.Add([]byte(tt.raw[:min(len(tt.raw), 200)]))
	}
	for _, raw := range []string{get, get10, post, post + get, "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n1\r\na\r\n0\r\n\r\n"} {
		f.Add([]byte(raw))
	}
	f.Fuzz(func(t *testing.T, raw []byte) {
		in := newReader(string(raw))
		for consumed := 0; ; {
			if skipEmptyLines(in) != nil {
				return
			}
			head, err := readHead(in)
			a := describe(head)
			require.LessOrEqual(t, len(head), len(raw))
			require.Contains(t, string(raw), string(head), "the head is what was received")
			require.Contains(t, string(head), a.Method)
			require.Contains(t, string(head), a.ID)
			if err != nil {
				return
			}
			req, err := parseHead(head)
			if err != nil {
				return
			}
			require.Equal(t, req.Method, a.Method)
			require.Equal(t, req.RequestURI, a.Target)
			require.Equal(t, req.Header.Get(IDHeader), a.ID)
			n, err := readBody(req, in)
			require.GreaterOrEqual(t, n, int64(0))
			require.LessOrEqual(t, n, int64(len(raw)))
			if err != nil {
				return
			}
			if req.ContentLength >= 0 {
				require.Equal(t, req.ContentLength, n)
			}
			consumed += len(head) + int(n)
			require.LessOrEqual(t, consumed, len(raw))
		}
	})
}
