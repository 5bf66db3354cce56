package backends

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"time"

	"github.com/coder/websocket"
	"golang.org/x/net/http/httpguts"
)

// asksForWebSocket tells a handshake from a plain request. Over HTTP/1.0 there
// is none (RFC 6455, section 4.1).
func asksForWebSocket(req *http.Request) bool {
	return req != nil && req.ProtoAtLeast(1, 1) && httpguts.HeaderValuesContainsToken(req.Header["Connection"], "upgrade") &&
		httpguts.HeaderValuesContainsToken(req.Header["Upgrade"], "websocket")
}

// tunnel switches protocols and sends every message back until the peer ends.
func (c *conn) tunnel(w *WebSocket, req *http.Request) (again bool) {
	c.wrote = true
	socket, err := websocket.Accept(&switching{c: c, header: make(http.Header)}, req, &websocket.AcceptOptions{InsecureSkipVerify: true})
	if err != nil { // and an answer that says so was written
		c.fail(err)
		return c.end()
	}
	ctx, cancel := context.WithCancel(context.Background())
	pings := make(chan struct{})
	go func() {
		defer close(pings)
		ping(ctx, socket, w.Ping)
	}()
	err = echo(ctx, socket)
	cancel()
	if websocket.CloseStatus(err) == -1 && !errors.Is(err, io.EOF) {
		c.fail(fmt.Errorf("websocket: %w", err))
	}
	c.ended()
	_ = socket.CloseNow() // closed already, or by the peer
	<-pings
	return false
}

// echo returns every message until there are no more.
func echo(ctx context.Context, socket *websocket.Conn) error {
	for {
		kind, data, err := socket.Read(ctx)
		if err != nil {
			return err
		}
		if err := socket.Write(ctx, kind, data); err != nil {
			return err
		}
	}
}

// ping sends a ping each time that every has passed; 0: never.
func ping(ctx context.Context, socket *websocket.Conn, every time.Duration) {
	if every == 0 {
		return
	}
	tick := time.NewTicker(every)
	defer tick.Stop()
	for {
		select {
		case <-tick.C:
			if socket.Ping(ctx) != nil {
				return // echo meets the reason too
			}
		case <-ctx.Done():
			return
		}
	}
}

// switching is the answer to a handshake, as net/http would give it to a handler.
type switching struct {
	c      *conn
	header http.Header
}

func (s *switching) Header() http.Header { return s.header }

func (s *switching) WriteHeader(status int) {
	if _, err := fmt.Fprintf(s.c.rw, "%s %d %s\r\n", http11, status, http.StatusText(status)); err == nil {
		if s.header.Write(s.c.rw) == nil {
			_, _ = io.WriteString(s.c.rw, "\r\n") // the next read meets what is wrong
		}
	}
}

func (s *switching) Write(p []byte) (int, error) { return s.c.rw.Write(p) }

func (s *switching) Hijack() (net.Conn, *bufio.ReadWriter, error) {
	return s.c.rw, bufio.NewReadWriter(s.c.in, bufio.NewWriter(s.c.rw)), nil
}
