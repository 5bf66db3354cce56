package backends

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"log"
	"net"
	"net/http"
	"sync"
	"time"

	"golang.org/x/net/http2"
)

// grpcStatus is the trailer with which a call succeeds
// (https://github.com/grpc/grpc/blob/master/doc/PROTOCOL-HTTP2.md).
const grpcStatus = http.TrailerPrefix + "Grpc-Status"

// initialWindow is what a stream and a connection may receive before somebody
// reads it, unless an endpoint says otherwise (RFC 9113, section 6.9.2).
const initialWindow = 1<<16 - 1

// serveH2 serves HTTP/2 until the connection ends. A client that begins
// otherwise gets what servers send unasked, their SETTINGS, and then the end.
func (c *conn) serveH2() {
	if err := c.preface(); err != nil {
		c.notH2(err)
		return
	}
	protocols := new(http.Protocols)
	protocols.SetUnencryptedHTTP2(true) // TLS, where there is any, has been started
	server := &http.Server{Handler: http.HandlerFunc(c.stream), Protocols: protocols,
		HTTP2:    &http.HTTP2Config{MaxReceiveBufferPerConnection: initialWindow, MaxReceiveBufferPerStream: initialWindow},
		ErrorLog: log.New(io.Discard, "", 0)} // what matters is recorded
	only := make(chan net.Conn, 1)
	over := make(chan struct{})
	c.frames = newFrames(len(http2.ClientPreface))
	only <- &h2conn{buffered: buffered{c.rw, c.in, c}, closed: sync.OnceFunc(func() { close(over) })}
	_ = server.Serve(oneConn{c.rw, only, over}) // io.EOF, when the connection has ended
}

// oneConn is a listener of one connection that ends with it.
type oneConn struct {
	net.Conn // for its address
	only     <-chan net.Conn
	over     <-chan struct{}
}

func (l oneConn) Accept() (net.Conn, error) {
	select {
	case conn := <-l.only:
		return conn, nil
	case <-l.over:
		return nil, io.EOF
	}
}

func (l oneConn) Close() error   { return nil }
func (l oneConn) Addr() net.Addr { return l.LocalAddr() }

// h2conn is a connection that its library closes.
type h2conn struct {
	buffered
	closed func()
}

func (h *h2conn) Read(p []byte) (int, error) {
	h.c.frames.next()
	n, err := h.buffered.Read(p)
	h.c.frames.see(p[:n])
	return n, err
}

func (h *h2conn) Write(p []byte) (int, error) {
	if h.c.mute.Load() {
		return len(p), nil
	}
	return h.buffered.Write(p)
}

func (h *h2conn) Close() error {
	h.c.ended()
	h.c.closeRaw()
	h.closed()
	return nil
}

// preface looks at the beginning of the connection (RFC 9113, section 3.4) up
// to the first byte that is another.
func (c *conn) preface() error {
	for n := range len(http2.ClientPreface) {
		begun, err := c.in.Peek(n + 1)
		switch {
		case err != nil:
			return fmt.Errorf("read preface: %w", err)
		case c.plainOnTLS:
			return badRequest("read preface: plain text on a backend with TLS")
		case begun[n] != http2.ClientPreface[n]:
			return badRequest("read preface: byte %#x where HTTP/2 has %q", begun[n], http2.ClientPreface[n])
		}
	}
	return nil
}

// notH2 records what was no HTTP/2 and ends the connection.
func (c *conn) notH2(err error) {
	begun, _ := c.in.Peek(c.in.Buffered())
	if len(begun) > 0 {
		a := describe(begun)
		a.Backend, a.Conn, a.At, a.Error = c.s.spec.Name, c.number, c.s.rec.now(), err.Error()
		c.s.rec.arrived(a)
	} else if !errors.Is(err, io.EOF) {
		c.fail(err)
	}
	if gone(err) {
		return
	}
	if err := http2.NewFramer(c.rw, nil).WriteSettings(); err != nil {
		c.fail(fmt.Errorf("write settings: %w", err))
		return
	}
	c.finish()
}

// stream is the exchange of one stream.
func (c *conn) stream(w http.ResponseWriter, r *http.Request) {
	if !c.s.enter() {
		panic(http.ErrAbortHandler)
	}
	defer c.s.wg.Done()
	b := c.s.behaviour.Load()
	a := Attempt{ID: r.Header.Get(IDHeader), Backend: c.s.spec.Name, Conn: c.number, At: c.s.rec.now(), Method: r.Method,
		Target: r.RequestURI, Proto: r.Proto, Header: r.Header.Clone(), Action: b.Action}
	a.Header.Set("Host", r.Host)
	if n := int(c.streams.Add(1)); b.Uses > 0 && n > b.Uses {
		c.s.rec.updateConn(c.index, func(r *Conn) { r.Unread = true })
		if c.await(c.frames.settled, r.Context()) {
			c.finishH2(r.Context())
		}
		panic(http.ErrAbortHandler)
	}
	index := c.s.rec.arrived(a)
	if b.Action.early() {
		// What comes for a stream that is closed would be refused (STREAM_CLOSED),
		// and nginx may read of that before it reads the answer.
		ready := b.Action != AnswerEarly || c.await(c.frames.all(), r.Context())
		if !ready || !c.actH2(b, w, r.Context()) {
			panic(http.ErrAbortHandler)
		}
		return
	}
	n, err := io.Copy(io.Discard, r.Body)
	if err != nil {
		c.s.rec.updateAttempt(index, func(a *Attempt) { a.Body, a.Action, a.Error = n, "", fmt.Sprintf("read body: %v", err) })
		panic(http.ErrAbortHandler)
	}
	c.s.rec.updateAttempt(index, func(a *Attempt) { a.Body, a.Complete = n, true })
	if !c.actH2(b.answering(a), w, r.Context()) {
		panic(http.ErrAbortHandler) // RST_STREAM, where the connection still is
	}
}

// actH2 is act for one stream; false means that it was not completed.
func (c *conn) actH2(b *behaviour, w http.ResponseWriter, peer context.Context) (whole bool) {
	if !c.patience(peer, b.Delay) || b.ends() && !c.await(c.frames.settled, peer) {
		return false
	}
	switch b.Action {
	case Respond, AnswerEarly:
		return c.respondH2(b, w, peer)
	case TruncateBody:
		if c.respondH2(b, w, peer) {
			c.finishH2(peer)
		}
	case ResetInBody:
		if c.respondH2(b, w, peer) {
			c.reset()
		}
	case StallInBody:
		if c.respondH2(b, w, peer) {
			<-peer.Done()
		}
	case NotHTTP:
		if err := b.body.writeTo(c.rw); err != nil {
			c.fail(fmt.Errorf("write bytes that are not http: %w", err))
			return false
		}
		c.finishH2(peer)
	case CloseNoAnswer, CloseAtAccept: // at accept: set after this connection was accepted
		c.finishH2(peer)
	case ResetNoAnswer, ResetEarly, ResetAtAccept:
		c.reset()
	case Silent, StopReading:
		<-peer.Done()
	}
	return false
}

// respondH2 writes a response as far as the script sends it.
func (c *conn) respondH2(b *behaviour, w http.ResponseWriter, peer context.Context) bool {
	c.wrote = true
	head, err := http.ReadResponse(bufio.NewReader(bytes.NewReader(b.heads[noOption])), nil)
	if err != nil {
		c.fail(fmt.Errorf("make response: %w", err))
		return false
	}
	header := w.Header()
	for name, values := range head.Header {
		header[name] = values
	}
	header["Date"] = nil // a response is the same each time
	w.WriteHeader(head.StatusCode)
	if err = b.body.writeTo(w); err == nil {
		err = http.NewResponseController(w).Flush()
	}
	if err == nil && b.streams() {
		if !c.patience(peer, b.Pause) {
			return false
		}
		err = b.rest.writeTo(w)
	}
	if err != nil && !errors.Is(err, http.ErrBodyNotAllowed) {
		c.fail(fmt.Errorf("write response: %w", err))
		return false
	}
	if head.StatusCode == http.StatusOK && b.Action == Respond {
		header.Set(grpcStatus, "0")
	}
	return true
}

// finishH2 is finish while the library reads: it goes on reading, so that what
// the peer still sends is dropped, and what it would answer to that is dropped too.
func (c *conn) finishH2(peer context.Context) {
	c.mute.Store(true)
	if c.endWriting() {
		c.await(nil, peer)
	}
}

// patience lets d pass; false means that the peer or the Server ended first.
func (c *conn) patience(peer context.Context, d time.Duration) bool {
	if d <= 0 {
		return true
	}
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return true
	case <-peer.Done():
		return false
	case <-c.s.done:
		return false
	}
}

// await waits for an event; false means that the peer or the Server ended first.
func (c *conn) await(event <-chan struct{}, peer context.Context) bool {
	select {
	case <-event:
		return true
	case <-peer.Done():
		return false
	case <-c.s.done:
		return false
	}
}
