package backends

import (
	"bufio"
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"io"
	"net"
	"net/http"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// limit bounds every wait of these tests; none takes that long.
const limit = 20 * time.Second

// bench is one backend on a real socket.
type bench struct {
	t    testing.TB
	srv  *Server
	rec  *Recorder
	addr net.Addr
}

// serve starts a backend named app on a free TCP port.
func serve(t testing.TB, script Script) *bench {
	return serveSpec(t, "tcp", Spec{Name: "app", Listen: "127.0.0.1:3000", Script: script})
}

// serveUnix starts a backend named app on a unix socket.
func serveUnix(t testing.TB, script Script) *bench {
	return serveSpec(t, "unix", Spec{Name: "app", Listen: "unix:/run/app.sock", Script: script})
}

func serveSpec(t testing.TB, network string, spec Spec) *bench {
	t.Helper()
	address := "127.0.0.1:0"
	if network == "unix" {
		address = filepath.Join(t.TempDir(), "app.sock")
	}
	ln, err := net.Listen(network, address)
	require.NoError(t, err)
	rec := NewRecorder(time.Now())
	srv, err := Start(ln, spec, rec)
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, srv.Close()) })
	return &bench{t: t, srv: srv, rec: rec, addr: ln.Addr()}
}

// peer is the other end of a connection to a backend.
type peer struct {
	net.Conn
	t  testing.TB
	in *bufio.Reader
}

func (b *bench) dial() *peer {
	b.t.Helper()
	conn, err := net.Dial(b.addr.Network(), b.addr.String())
	require.NoError(b.t, err)
	return b.peer(conn)
}

func (b *bench) dialTLS(names ...string) *peer {
	b.t.Helper()
	pool := x509.NewCertPool()
	require.True(b.t, pool.AppendCertsFromPEM(b.srv.CertPEM()))
	config := &tls.Config{RootCAs: pool, ServerName: "app.internal"}
	if len(names) > 0 {
		config.ServerName = names[0]
	}
	conn, err := tls.Dial(b.addr.Network(), b.addr.String(), config)
	require.NoError(b.t, err)
	return b.peer(conn)
}

func (b *bench) peer(conn net.Conn) *peer {
	b.t.Cleanup(func() { _ = conn.Close() }) // closed twice by some tests
	require.NoError(b.t, conn.SetDeadline(time.Now().Add(limit)))
	return &peer{Conn: conn, t: b.t, in: bufio.NewReader(conn)}
}

// send writes raw bytes.
func (p *peer) send(raw string) *peer {
	p.t.Helper()
	_, err := io.WriteString(p, raw)
	require.NoError(p.t, err)
	return p
}

// head reads the raw header block of a response.
func (p *peer) head() string {
	p.t.Helper()
	var head strings.Builder
	for {
		line, err := p.in.ReadString('\n')
		require.NoError(p.t, err, "header block so far: %q", head.String())
		head.WriteString(line)
		if line == "\r\n" {
			return head.String()
		}
	}
}

// response reads one response to a request with the method.
func (p *peer) response(method string) (*http.Response, string) {
	p.t.Helper()
	resp, err := http.ReadResponse(p.in, &http.Request{Method: method})
	require.NoError(p.t, err)
	body, err := io.ReadAll(resp.Body)
	require.NoError(p.t, err)
	return resp, string(body)
}

// rest reads to the end and returns how it ended: nil is FIN.
func (p *peer) rest() (string, error) {
	data, err := io.ReadAll(p.in)
	return string(data), err
}

// quiet asserts that the connection is open and nothing arrives: the backend
// has no more to write once its goroutine reads, which the caller has awaited.
func (p *peer) quiet() {
	p.t.Helper()
	require.NoError(p.t, p.SetReadDeadline(time.Now().Add(50*time.Millisecond)))
	data, err := io.ReadAll(p.in)
	require.Empty(p.t, data)
	var network net.Error
	require.True(p.t, errors.As(err, &network) && network.Timeout(), "ended: %v", err)
	require.NoError(p.t, p.SetReadDeadline(time.Now().Add(limit)))
}

func (b *bench) attempt(n int) Attempt {
	b.t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), limit)
	defer cancel()
	a, err := b.rec.WaitAttempt(ctx, n)
	require.NoError(b.t, err)
	return a
}

// closed waits for the end of connection n and returns it.
func (b *bench) closed(n int) Conn {
	b.t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), limit)
	defer cancel()
	require.NoError(b.t, b.rec.Wait(ctx, func(conns []Conn, _ []Attempt) bool {
		return len(conns) >= n && conns[n-1].Closed != 0
	}))
	conns, _ := b.rec.Snapshot()
	return conns[n-1]
}

const (
	get   = "GET /x?a=1 HTTP/1.1\r\nHost: app.internal\r\nBadgateway-Id: r1\r\n\r\n"
	get10 = "GET / HTTP/1.0\r\nHost: app.internal\r\nBadgateway-Id: r1\r\nConnection: close\r\n\r\n"
	post  = "POST /p HTTP/1.1\r\nHost: app.internal\r\nBadgateway-Id: r2\r\nContent-Length: 5\r\n\r\nhello"
)

func requireReset(t testing.TB, err error) {
	t.Helper()
	require.ErrorIs(t, err, syscall.ECONNRESET)
}
