package backends

import (
	"net/http"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// Every size from the least on is met to the byte, for each way the client may
// ask for the connection's end.
func TestHeaderBytesIsExact(t *testing.T) {
	t.Parallel()
	requests := []string{
		"GET / HTTP/1.1\r\nHost: a\r\n\r\n",
		"GET / HTTP/1.0\r\nConnection: keep-alive\r\n\r\n",
		"HEAD / HTTP/1.1\r\nHost: a\r\n\r\n",
		"GET / HTTP/1.0\r\n\r\n",
	}
	script := BigHeaders(1)
	script.Header = http.Header{"Set-Cookie": {"a=1", "b=2"}}
	least := least(t, script)
	b := serve(t, Healthy())
	sizes := []int{4095, 4096, 4097, 8192, 1 << 20}
	for n := least; n < least+2*len(padding); n++ {
		sizes = append(sizes, n)
	}
	for _, n := range sizes {
		script.HeaderBytes = n
		require.NoError(t, b.srv.SetScript(script))
		for _, request := range requests {
			p := b.dial().send(request)
			head := p.head()
			require.Len(t, head, n, "%q", request)
			method, _, _ := strings.Cut(request, " ")
			resp, err := http.ReadResponse(newReader(head), &http.Request{Method: method})
			require.NoError(t, err)
			require.Equal(t, 200, resp.StatusCode)
			require.Equal(t, []string{"a=1", "b=2"}, resp.Header["Set-Cookie"])
			require.NoError(t, p.Close())
		}
	}
}

// least finds the smallest HeaderBytes that the script may have.
func least(t *testing.T, script Script) int {
	for n := 1; n < 1000; n++ {
		if script.HeaderBytes = n; script.Validate("app") == nil {
			return n
		}
	}
	require.Fail(t, "no size is valid")
	return 0
}

func TestHeaderBytesOfAResponseWithoutFields(t *testing.T) {
	t.Parallel()
	for _, n := range []int{51, 52, 63, 64, 65, 100} {
		b := compile(Script{Status: 204, HeaderBytes: n}, "app", HTTP)
		for _, connection := range connectionOptions {
			require.Len(t, b.heads[connection], n, "%s", b.heads[connection])
		}
	}
}

func TestOwnHeadersAreReplaced(t *testing.T) {
	t.Parallel()
	script := Script{Header: http.Header{
		"content-type": {"text/html"}, "Content-Length": {"3", "4"}, "Connection": {"close"},
	}}
	b := serve(t, script)
	p := b.dial().send(get)
	require.Equal(t, "HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 3\r\nContent-Length: 4\r\ncontent-type: text/html\r\n\r\n", p.head())
	rest, err := p.rest()
	require.NoError(t, err, "Connection: close given by the script ends the connection")
	require.Equal(t, "ok from app\n", rest)
}

func TestTransferEncodingLeavesTheBodyToTheScript(t *testing.T) {
	t.Parallel()
	b := serve(t, Script{Header: http.Header{"Transfer-Encoding": {"chunked"}}, Body: "2\r\nhi\r\n0\r\n\r\n"})
	resp, body := b.dial().send(get).response("GET")
	require.Equal(t, "hi", body)
	require.EqualValues(t, -1, resp.ContentLength)
}

func TestBodyBytesIsExact(t *testing.T) {
	t.Parallel()
	b := serve(t, Healthy())
	for _, unit := range []string{"", "x", "abc\n", strings.Repeat("long ", 20_000)} {
		for _, n := range []int{1, 5, 4096, chunkBytes - 1, chunkBytes, chunkBytes + 1, 300_001} {
			require.NoError(t, b.srv.SetScript(Script{Body: unit, BodyBytes: n}))
			p := b.dial().send(get)
			resp, body := p.response("GET")
			require.EqualValues(t, n, resp.ContentLength)
			want := unit
			if want == "" {
				want = "ok from app\n"
			}
			require.True(t, strings.Repeat(want, n/len(want)+1)[:n] == body, "unit %.10q, %d bytes", unit, n)
			require.NoError(t, p.Close())
		}
	}
}
