package backends

import (
	"bytes"
	"encoding/binary"
	"io"
	"net"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// begun are requests of a POST of 1000 bytes, up to within their body.
var begun = map[Protocol]string{
	HTTP: "POST /p HTTP/1.1\r\nHost: app.internal\r\nContent-Length: 1000\r\n\r\nonly this",
	FastCGI: string(appendRecord(nil, fcgiBegin, 1, []byte{0, fcgiResponder, 0, 0, 0, 0, 0, 0})) +
		string(appendRecord(nil, fcgiParams, 1, []byte("\x0e\x04REQUEST_METHODPOST\x0b\x02REQUEST_URI/p\x0f\x08SERVER_PROTOCOLHTTP/1.1"))) +
		string(appendRecord(nil, fcgiParams, 1, nil)) + string(appendRecord(nil, fcgiStdin, 1, []byte("only this"))),
	UWSGI: packet("REQUEST_METHOD", "POST", "REQUEST_URI", "/p", "SERVER_PROTOCOL", "HTTP/1.1", "CONTENT_LENGTH", "1000") + "only this",
	SCGI:  "87:CONTENT_LENGTH\x001000\x00SCGI\x001\x00REQUEST_METHOD\x00POST\x00REQUEST_URI\x00/p\x00SERVER_PROTOCOL\x00HTTP/1.1\x00,only this",
}

// packet is a uwsgi packet of variables.
func packet(pairs ...string) string {
	var vars bytes.Buffer
	for _, text := range pairs {
		vars.Write(binary.LittleEndian.AppendUint16(nil, uint16(len(text))))
		vars.WriteString(text)
	}
	return "\x00" + string(binary.LittleEndian.AppendUint16(nil, uint16(vars.Len()))) + "\x00" + vars.String()
}

// TestEarly holds what a backend does within an upload, in each protocol.
func TestEarly(t *testing.T) {
	t.Parallel()
	for protocol, request := range begun {
		early := func(script Script) (*bench, *peer) {
			b := serveSpec(t, "tcp", Spec{Name: "app", Listen: "127.0.0.1:3000", Protocol: protocol, Script: script})
			return b, b.dial().send(request)
		}
		b, p := early(Script{Action: AnswerEarly, Status: 413})
		answer := make([]byte, 1)
		_, err := io.ReadFull(p.in, answer)
		require.NoError(t, err, protocol)
		p.send("and then more")
		require.NoError(t, p.Conn.(*net.TCPConn).CloseWrite())
		rest, err := p.rest()
		require.NoError(t, err, protocol)
		require.Contains(t, rest, "413 Request Entity Too Large\r\n", protocol)
		require.Contains(t, rest, "ok from app\n", protocol)
		unfinished(t, b, AnswerEarly)

		b, p = early(ResettingEarly())
		_, err = p.rest()
		requireReset(t, err)
		unfinished(t, b, ResetEarly)

		b, p = early(Unread())
		unfinished(t, b, StopReading)
		p.quiet()
	}
}

// unfinished demands that the one request arrived, its body apart.
func unfinished(t *testing.T, b *bench, action Action) {
	t.Helper()
	require.NoError(t, b.rec.Wait(t.Context(), func(_ []Conn, attempts []Attempt) bool { return len(attempts) > 0 }))
	_, attempts := b.rec.Snapshot()
	require.Len(t, attempts, 1)
	a := attempts[0]
	require.Equal(t, []any{"/p", action, "", false}, []any{a.Target, a.Action, a.Error, a.Complete}, b.srv.spec.Protocol)
}

// pieces is an upload without an end that counts what was taken of it.
type pieces struct {
	taken chan int
	stop  <-chan struct{}
}

func (p *pieces) Read(b []byte) (int, error) {
	select {
	case p.taken <- min(len(b), 1<<10):
		return min(len(b), 1<<10), nil
	case <-p.stop:
		return 0, io.EOF
	}
}

// TestH2Early does the same on a stream, whose window a backend closes that
// does not read.
func TestH2Early(t *testing.T) {
	t.Parallel()
	for _, script := range []Script{{Action: AnswerEarly, Status: 413}, ResettingEarly(), Unread()} {
		b := serveSpec(t, "tcp", Spec{Name: "app", Listen: "127.0.0.1:3000", Protocol: H2, Script: script})
		session := h2Client(t, b)
		body := &pieces{taken: make(chan int), stop: t.Context().Done()}
		req, err := http.NewRequestWithContext(t.Context(), "POST", "http://app.internal/p", body)
		require.NoError(t, err)
		type answer struct {
			resp *http.Response
			err  error
		}
		answered := make(chan answer, 1)
		go func() {
			resp, err := session.RoundTrip(req)
			answered <- answer{resp, err}
		}()
		sent := 0
		var got *answer
		for stuck := false; !stuck && got == nil; {
			select {
			case n := <-body.taken:
				sent += n
			case a := <-answered:
				got = &a
			case <-time.After(500 * time.Millisecond):
				stuck = true
			}
		}
		switch script.Action {
		case AnswerEarly:
			require.NotNil(t, got)
			require.NoError(t, got.err)
			require.Equal(t, 413, got.resp.StatusCode)
			text, err := io.ReadAll(got.resp.Body)
			require.NoError(t, err)
			require.Equal(t, "ok from app\n", string(text))
		case ResetEarly:
			require.NotNil(t, got)
			require.Error(t, got.err) // RST or, where writing met it first, what reading finds then: the end
		case StopReading:
			require.Nil(t, got, "nothing is answered")
			require.GreaterOrEqual(t, sent, initialWindow)
			require.Less(t, sent, 4*initialWindow)
		}
		unfinished(t, b, script.Action)
		_ = session.Close() // reset already, or within a stream
	}
}

// TestH2Stale ends a connection as its second stream begins.
func TestH2Stale(t *testing.T) {
	t.Parallel()
	b := serveSpec(t, "tcp", Spec{Name: "app", Listen: "127.0.0.1:3000", Protocol: H2, Script: StaleAfter(1)})
	session := h2Client(t, b)
	for _, want := range []int{200, 0} {
		req, err := http.NewRequest("POST", "http://app.internal/p", nil)
		require.NoError(t, err)
		resp, err := session.RoundTrip(req)
		if want == 0 {
			require.Error(t, err)
			break
		}
		require.NoError(t, err)
		_, err = io.Copy(io.Discard, resp.Body)
		require.NoError(t, err)
	}
	require.True(t, b.closed(1).Unread)
	_, attempts := b.rec.Snapshot()
	require.Len(t, attempts, 1, "the second was not read")
	_ = session.Close() // ended already
}

// TestFrames finds the acknowledgement, and the end of what a stream may send,
// however the bytes are cut.
func TestFrames(t *testing.T) {
	t.Parallel()
	head := func(length int, kind, flags, stream byte) string {
		return string([]byte{byte(length >> 16), byte(length >> 8), byte(length), kind, flags, 0, 0, 0, stream})
	}
	before := "0123456" + head(6, h2Settings, 0, 0) + "\x00\x04\x01\x00\x00\x00" + head(1, h2Data, 1, 9) + "x"
	acknowledged := before + head(0, h2Settings, h2Acknowledge, 0)
	half := acknowledged + head(1, h2Headers, 4, 1) + "h" + head(initialWindow-1, h2Data, 0, 1) + strings.Repeat("d", initialWindow-1)
	full := half + head(1, h2Data, 0, 1) + "d"
	second := full + head(1, h2Headers, 4, 3) + "h"
	short := second + head(2, h2Data, h2EndStream, 3) + "dd"
	empty := short + head(1, h2Headers, 4|h2EndStream, 5) + "h"
	for _, size := range []int{1, 2, 3, 5, 8, 9, 10, 4096, 1 << 20} {
		for _, c := range []struct {
			text       string
			known, all bool
		}{{before, false, false}, {acknowledged, true, false}, {half, true, false}, {full, true, true}, {second, true, false}, {short, true, true}, {empty, true, true}} {
			f := newFrames(7)
			for at := 0; at < len(c.text); at += size {
				f.next()
				f.see([]byte(c.text[at:min(at+size, len(c.text))]))
			}
			f.next()
			require.Equal(t, c.known, f.known)
			require.Equal(t, c.known, closed(f.settled))
			require.Equal(t, c.all, closed(f.all()), "%d bytes in pieces of %d", len(c.text), size)
		}
	}
}

func closed(c <-chan struct{}) bool {
	select {
	case <-c:
		return true
	default:
		return false
	}
}
