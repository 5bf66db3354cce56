package backends

import (
	"context"
	"fmt"
	"net"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

func TestSetScriptEndsIdleConnections(t *testing.T) {
	t.Parallel()
	b := serve(t, Healthy())
	p := b.dial().send(get)
	p.response("GET")

	switched := make(chan error, 1)
	go func() { switched <- b.srv.SetScript(ResettingAtAccept()) }()
	rest, err := p.rest()
	require.NoError(t, err, "idle connections end with FIN")
	require.Empty(t, rest)
	require.NotZero(t, b.closed(1).Closed)
	require.NoError(t, p.Close())
	require.NoError(t, <-switched)

	conn, err := net.Dial("tcp", b.addr.String())
	if err == nil {
		_, err = b.peer(conn).rest()
	}
	requireReset(t, err)
	b.closed(2)
	require.NoError(t, b.srv.SetScript(Healthy()))
	resp, _ := b.dial().send(get).response("GET")
	require.Equal(t, 200, resp.StatusCode)
	require.Equal(t, 3, b.attempt(2).Conn)
}

func TestSetScriptDoesNotWaitForeverForAPeer(t *testing.T) {
	t.Parallel()
	b := serve(t, Healthy())
	for range 3 {
		b.dial().send(get).response("GET") // and stays open
	}
	require.NoError(t, b.srv.SetScript(Failing(500)))
	conns, _ := b.rec.Snapshot()
	for _, c := range conns {
		require.NotZero(t, c.Closed)
	}
}

// The request under way is finished as it began; its connection then ends, so
// that the next request meets the new behaviour at accept.
func TestSetScriptLeavesRequestsUnderWay(t *testing.T) {
	t.Parallel()
	b := serve(t, Slow(100*time.Millisecond))
	p := b.dial().send(get)
	b.attempt(1)
	require.NoError(t, b.srv.SetScript(Closing()))
	resp, _ := p.response("GET")
	require.Equal(t, 200, resp.StatusCode)
	rest, err := p.rest()
	require.NoError(t, err)
	require.Empty(t, rest)
}

// A connection that has brought no request yet is not idle: it meets the new
// script when its request comes.
func TestSetScriptLeavesNewConnections(t *testing.T) {
	t.Parallel()
	b := serve(t, Healthy())
	p := b.dial()
	require.NoError(t, b.srv.SetScript(Failing(500)))
	resp, _ := p.send(get).response("GET")
	require.Equal(t, 500, resp.StatusCode)
}

func TestSetScriptRefusesNonsense(t *testing.T) {
	t.Parallel()
	b := serve(t, Failing(500))
	err := b.srv.SetScript(Script{Action: "explode"})
	require.ErrorContains(t, err, `backend "app": action "explode": unknown; write one of respond, `)
	resp, _ := b.dial().send(get).response("GET")
	require.Equal(t, 500, resp.StatusCode, "the old script stays")
	require.NoError(t, b.srv.Close())
	require.ErrorIs(t, b.srv.SetScript(Healthy()), net.ErrClosed)
}

// Each response is of one script, whole, while scripts change under load.
func TestSetScriptIsAtomic(t *testing.T) {
	t.Parallel()
	b := serve(t, Script{Status: 200, Body: "200\n", BodyBytes: 100_000})
	var clients sync.WaitGroup
	stop := make(chan struct{})
	for range 4 {
		clients.Go(func() {
			for {
				select {
				case <-stop:
					return
				default:
				}
				conn, err := net.Dial("tcp", b.addr.String())
				if err != nil {
					t.Errorf("dial: %v", err)
					return
				}
				p := &peer{Conn: conn, t: t, in: newReader("")}
				p.in.Reset(conn)
				if _, err := conn.Write([]byte(get10)); err != nil {
					t.Errorf("write: %v", err)
				}
				raw, err := p.rest()
				if err != nil || len(raw) < 100_000 || raw[9:13] != raw[len(raw)-100_000:][:3]+" " {
					t.Errorf("mixed response %.20q ... %.5q (%d bytes): %v", raw, raw[max(0, len(raw)-100_000):], len(raw), err)
				}
				_ = conn.Close()
			}
		})
	}
	for i := range 60 {
		status := 200 + i%2*303
		err := b.srv.SetScript(Script{Status: status, Body: fmt.Sprintf("%d\n", status), BodyBytes: 100_000})
		require.NoError(t, err)
		ctx, cancel := context.WithTimeout(context.Background(), limit)
		_, before := b.rec.Snapshot()
		require.NoError(t, b.rec.Wait(ctx, func(_ []Conn, a []Attempt) bool { return len(a) > len(before) }))
		cancel()
	}
	close(stop)
	clients.Wait()
}

func TestClose(t *testing.T) {
	t.Parallel()
	var none *Server
	require.NoError(t, none.Close())
	for _, script := range []Script{Healthy(), Mute(), Slow(time.Hour), Stalled(9, 1), Closing(), BigBody(1 << 30)} {
		b := serve(t, script)
		b.dial()                                        // nothing sent
		b.dial().send("POST / HTTP/1.1\r\nHost: a\r\n") // half a head
		p := b.dial().send(get)                         // served, in its own way
		ctx, cancel := context.WithTimeout(context.Background(), limit)
		require.NoError(t, b.rec.Wait(ctx, func(c []Conn, a []Attempt) bool { return len(c) == 3 && len(a) >= 1 }))
		cancel()
		require.NoError(t, b.srv.Close())
		require.NoError(t, b.srv.Close())
		_, err := p.rest() // ends, one way or other
		if err != nil {
			requireReset(t, err)
		}
		conns, _ := b.rec.Snapshot()
		for _, c := range conns {
			require.NotZero(t, c.Closed)
		}
		_, err = net.Dial("tcp", b.addr.String())
		require.Error(t, err)
	}
}

func TestClosingTheListenerEndsAcceptingOnly(t *testing.T) {
	t.Parallel()
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	srv, err := Start(ln, Spec{Name: "app", Listen: "127.0.0.1:1"}, NewRecorder(time.Now()))
	require.NoError(t, err)
	require.NoError(t, ln.Close())
	require.NoError(t, srv.Close())
}
