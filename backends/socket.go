package backends

import (
	"fmt"
	"io"
	"net"
	"syscall"
)

// finish ends the connection politely: what was written arrives, then FIN.
// Whatever the peer still sends is dropped until it closes too, because a
// close with unread bytes is an RST, which may overtake the answer (RFC 9112,
// section 9.6).
func (c *conn) finish() {
	if c.endWriting() {
		// How the peer then ends is its own affair: the script's end came first.
		_ = c.drain()
	}
}

// endWriting sends the end; false means that there is nothing to wait for.
func (c *conn) endWriting() bool {
	c.ended()
	if c.session != nil {
		if err := c.session.CloseWrite(); err != nil {
			c.fail(fmt.Errorf("send close_notify: %w", err))
		}
	}
	half, ok := c.raw.(interface{ CloseWrite() error })
	if !ok {
		return false // a kind of connection without halves; serve closes it
	}
	if err := half.CloseWrite(); err != nil {
		c.fail(fmt.Errorf("send fin: %w", err))
		return false
	}
	return true
}

// hold keeps the connection open in silence until the peer ends it.
func (c *conn) hold() {
	err := c.drain()
	c.ended()
	if err != nil {
		c.fail(fmt.Errorf("wait for the peer's end: %w", err))
	}
}

// drain reads and drops until the peer ends.
func (c *conn) drain() error {
	_, err := io.Copy(io.Discard, c.raw)
	return err
}

// reset ends a TCP connection with RST, after all that was written has left
// the socket; on a unix socket it closes.
func (c *conn) reset() {
	if sock, ok := c.raw.(syscall.Conn); ok && c.wrote {
		if err := waitSent(sock); err != nil {
			c.fail(fmt.Errorf("wait until the answer is sent: %w", err))
		}
	}
	c.ended()
	if tcp, ok := c.raw.(interface{ SetLinger(int) error }); ok {
		if err := tcp.SetLinger(0); err != nil {
			c.fail(fmt.Errorf("set linger: %w", err))
		}
	}
	c.closeRaw()
}

// resetUnread resets a connection of which nothing was read. A unix peer gets
// ECONNRESET only when bytes of its own are left unread, so they are waited for.
func (c *conn) resetUnread() {
	if unix, ok := c.raw.(*net.UnixConn); ok {
		if err := waitUnread(unix); err != nil {
			c.fail(fmt.Errorf("wait for a byte to leave unread: %w", err))
		}
	}
	c.reset()
}
