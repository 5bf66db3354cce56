package backends

import (
	"bufio"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"sync"
	"sync/atomic"
	"syscall"
	"time"
)

// conn is one accepted connection.
type conn struct {
	s             *Server
	index, number int // in the Recorder
	raw           net.Conn
	session       *tls.Conn // nil: plain text
	rw            net.Conn  // session or raw
	in            *bufio.Reader
	plainOnTLS    bool           // the client began in plain text on a TLS backend
	wrote         bool           // something of a response was written
	request       gatewayRequest // of a backend that speaks CGI's descendants, being answered
	frames        *frames        // of HTTP/2
	streams       atomic.Int64   // of HTTP/2, begun
	mute          atomic.Bool    // of HTTP/2: the end was sent

	once sync.Once // for ended
	shut sync.Once // for closeRaw

	// Guarded by Server.mu.
	idle bool          // between two requests, reading
	left chan struct{} // set by evict, closed by leave
}

// begin serves a connection just accepted.
func (s *Server) begin(raw net.Conn) {
	s.mu.Lock()
	defer s.mu.Unlock()
	c := &conn{s: s, raw: raw, rw: raw, in: bufio.NewReader(raw)}
	c.index, c.number = s.rec.opened(s.spec.Name)
	if s.closed {
		c.ended()
		c.closeRaw()
		return
	}
	s.conns[c] = struct{}{}
	s.wg.Go(c.serve)
}

// serve is the life of a connection.
func (c *conn) serve() {
	defer c.over()
	switch c.s.behaviour.Load().Action {
	case CloseAtAccept:
		c.finish()
		return
	case ResetAtAccept:
		c.resetUnread()
		return
	}
	if err := c.startTLS(); err != nil {
		c.fail(err)
		return
	}
	exchange := c.exchange
	switch c.s.spec.Protocol {
	case H2:
		c.serveH2()
		return
	case Dual:
		if c.preface() == nil {
			c.serveH2()
			return
		}
	case FastCGI, UWSGI, SCGI:
		exchange = c.exchangeGateway
	}
	for served := 1; ; served++ {
		used, again := exchange()
		if !again || !c.awaitNext(used) {
			return
		}
		if used.Uses > 0 && served >= used.Uses {
			c.s.rec.updateConn(c.index, func(r *Conn) { r.Unread = true })
			c.finish()
			return
		}
	}
}

// over ends what is left of the connection.
func (c *conn) over() {
	c.ended()
	c.closeRaw()
	c.s.mu.Lock()
	defer c.s.mu.Unlock()
	delete(c.s.conns, c)
	c.idle = false
	c.leave()
}

// ended records the end of the connection, once.
func (c *conn) ended() {
	c.once.Do(func() {
		c.s.rec.updateConn(c.index, func(r *Conn) { r.Closed = c.s.rec.now() })
	})
}

// closeRaw closes the socket, once; blocked reads and writes return.
func (c *conn) closeRaw() {
	c.shut.Do(func() {
		if err := c.raw.Close(); err != nil {
			c.fail(fmt.Errorf("close: %w", err))
		}
	})
}

// fail records why the connection ended, unless the Server itself closed it or
// there is a reason already.
func (c *conn) fail(err error) {
	if errors.Is(err, net.ErrClosed) {
		return
	}
	c.s.rec.updateConn(c.index, func(r *Conn) {
		if r.Error == "" {
			r.Error = err.Error()
		}
	})
}

// awaitNext waits, idle, for the next request's first byte. When the script
// was changed since the last request, or changes now, it ends the connection,
// unless bytes of the next request are there already.
func (c *conn) awaitNext(used *behaviour) bool {
	if !c.beginIdle(used) {
		if c.in.Buffered() > 0 || c.unread() {
			return true
		}
		c.finish()
		return false
	}
	_, err := c.in.Peek(1)
	if c.endIdle() {
		if err := c.raw.SetReadDeadline(time.Time{}); err != nil {
			c.fail(fmt.Errorf("lift read deadline: %w", err))
			return false
		}
		if errors.Is(err, os.ErrDeadlineExceeded) {
			if !c.unread() {
				c.finish()
				return false
			}
			_, err = c.in.Peek(1)
		}
	}
	if err != nil {
		if !errors.Is(err, io.EOF) {
			c.fail(fmt.Errorf("wait for a request: %w", err))
		}
		return false
	}
	c.s.mu.Lock()
	defer c.s.mu.Unlock()
	c.leave()
	return true
}

// beginIdle makes the connection evictable, unless the script was changed
// since it was used.
func (c *conn) beginIdle(used *behaviour) bool {
	c.s.mu.Lock()
	defer c.s.mu.Unlock()
	c.idle = used == c.s.behaviour.Load()
	return c.idle
}

// endIdle says whether the connection was evicted meanwhile.
func (c *conn) endIdle() bool {
	c.s.mu.Lock()
	defer c.s.mu.Unlock()
	c.idle = false
	return c.left != nil
}

// evict wakes an idle connection, which then ends itself; the channel is
// closed when it has, or has met another request. Nil: not idle. The caller
// holds Server.mu.
func (c *conn) evict() <-chan struct{} {
	if !c.idle {
		return nil
	}
	c.idle, c.left = false, make(chan struct{})
	if err := c.raw.SetReadDeadline(time.Unix(1, 0)); err != nil {
		c.fail(fmt.Errorf("set read deadline: %w", err))
		c.closeRaw()
	}
	return c.left
}

// leave tells the one who evicted the connection. The caller holds Server.mu.
func (c *conn) leave() {
	if c.left != nil {
		close(c.left)
		c.left = nil
	}
}

// unread says whether bytes of the peer lie in the socket.
func (c *conn) unread() bool {
	sock, ok := c.raw.(syscall.Conn)
	if !ok {
		return false
	}
	n, err := unread(sock)
	if err != nil {
		c.fail(fmt.Errorf("count unread bytes: %w", err))
	}
	return n > 0
}
