package backends

import (
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"time"

	"golang.org/x/net/http/httpguts"
)

// exchange reads one request, records it and does what the script says. It
// returns the behaviour it followed, and whether the connection may carry
// another request.
func (c *conn) exchange() (*behaviour, bool) {
	if err := skipEmptyLines(c.in); err != nil { // nothing came: no attempt
		if !errors.Is(err, io.EOF) {
			c.fail(fmt.Errorf("wait for a request: %w", err))
		}
		return nil, false
	}
	at := c.s.rec.now()
	head, err := readHead(c.in)
	var req *http.Request
	if err == nil {
		req, err = parseHead(head)
	}
	if c.plainOnTLS && !gone(err) {
		err = badRequest("read request: plain HTTP on a backend with TLS")
	}
	b := c.s.behaviour.Load()
	a := describe(head)
	a.Backend, a.Conn, a.At = c.s.spec.Name, c.number, at
	if err != nil {
		return b, c.broken(b, c.s.rec.arrived(a), err)
	}
	a.Action = b.Action
	index := c.s.rec.arrived(a)
	if b.Action.early() {
		return b, c.act(b, req)
	}
	if err := c.sendContinue(b, req); err != nil {
		c.fail(err)
		return b, false
	}
	n, err := readBody(req, c.in)
	if err != nil {
		c.s.rec.updateAttempt(index, func(a *Attempt) { a.Body = n })
		return b, c.broken(b, index, err)
	}
	c.s.rec.updateAttempt(index, func(a *Attempt) { a.Body, a.Complete = n, true })
	return b, c.act(b.answering(a), req)
}

// broken ends a request that is incomplete or malformed. To a peer that is
// gone there is nothing to say. A malformed request meets the scripted
// misbehaviour where that needs no HTTP, else the status that a real server
// gives; bytes before or instead of TLS never reach the script.
func (c *conn) broken(b *behaviour, index int, err error) (again bool) {
	bad, answerable := errors.AsType[*malformed](err)
	action := b.Action
	switch {
	case !answerable:
		action = ""
	case c.plainOnTLS || b.heads[noOption] != nil:
		action = Respond
	}
	c.s.rec.updateAttempt(index, func(a *Attempt) { a.Action, a.Error = action, err.Error() })
	switch action {
	case "":
		return false
	case Respond:
		refusal := Script{Status: bad.status, Body: fmt.Sprintf("%s: %s\n", http.StatusText(bad.status), bad.reason)}
		return c.respond(compile(refusal, c.s.spec.Name, HTTP), closing, true) && c.end()
	}
	return c.act(b, nil)
}

// sendContinue asks for the body of a client that waits to be asked (RFC 9110,
// section 10.1.1), unless the script sends no byte.
func (c *conn) sendContinue(b *behaviour, req *http.Request) error {
	if b.heads[noOption] == nil || !req.ProtoAtLeast(1, 1) || req.ContentLength == 0 || c.in.Buffered() > 0 ||
		!httpguts.HeaderValuesContainsToken(req.Header["Expect"], "100-continue") {
		return nil
	}
	if _, err := io.WriteString(c.rw, "HTTP/1.1 100 Continue\r\n\r\n"); err != nil {
		return fmt.Errorf("write 100 continue: %w", err)
	}
	return nil
}

// act does what the script says about a request that was read; req is nil when
// it was no HTTP. It returns whether the connection may carry another request.
func (c *conn) act(b *behaviour, req *http.Request) (again bool) {
	if !c.delay(b.Delay) {
		return false
	}
	connection, withBody := noOption, true
	if req != nil {
		connection, withBody = connectionFor(req), req.Method != http.MethodHead
	}
	switch b.Action {
	case Respond:
		if b.WebSocket != nil && asksForWebSocket(req) {
			return c.tunnel(b.WebSocket, req)
		}
		if !c.respond(b, connection, withBody) {
			return false
		}
		if connection == closing || b.closes {
			return c.end()
		}
		return true
	case AnswerEarly:
		switch {
		case !c.respond(b, closing, withBody):
		case c.request != nil && !c.request.keeps(): // the end of the connection ends the answer
			return c.end()
		default:
			c.hold()
		}
	case TruncateBody:
		return c.respond(b, connection, withBody) && c.end()
	case ResetInBody:
		if c.respond(b, connection, withBody) {
			c.reset()
		}
	case StallInBody:
		if c.respond(b, connection, withBody) {
			c.hold()
		}
	case NotHTTP:
		if err := b.body.writeTo(c.rw); err != nil {
			c.fail(fmt.Errorf("write bytes that are not http: %w", err))
			return false
		}
		return c.end()
	case CloseNoAnswer:
		return c.end()
	case ResetNoAnswer, ResetEarly, ResetAtAccept: // at accept: set after this connection was accepted
		c.reset()
	case CloseAtAccept:
		return c.end()
	case Silent:
		c.hold()
	case StopReading:
		<-c.s.done
	}
	return false
}

// end is finish for a connection that carries no other request.
func (c *conn) end() (again bool) {
	c.finish()
	return false
}

// respond writes a response as far as the script sends it.
func (c *conn) respond(b *behaviour, connection string, withBody bool) bool {
	c.wrote = true
	w := io.Writer(c.rw)
	if c.request != nil {
		w = c.request
	}
	err := b.writeResponse(w, connection, withBody)
	if err == nil && withBody && b.streams() {
		if !c.delay(b.Pause) {
			return false
		}
		err = b.rest.writeTo(w)
	}
	if err == nil && c.request != nil && !b.truncates() {
		err = c.request.end()
	}
	if err != nil {
		c.fail(fmt.Errorf("write response: %w", err))
		return false
	}
	return true
}

// connectionFor is the Connection option of the answer to req (RFC 9112,
// section 9.3).
func connectionFor(req *http.Request) string {
	switch {
	case req.Close:
		return closing
	case !req.ProtoAtLeast(1, 1):
		return keepAlive
	}
	return noOption
}

// delay lets d pass. It watches the peer meanwhile, so that the record tells
// when it gave up; only a peer that reset, or the Server's end, cuts it short,
// because a client may close its sending half and still want its answer.
func (c *conn) delay(d time.Duration) bool {
	if d <= 0 {
		return true
	}
	until := time.Now().Add(d)
	if c.in.Buffered() == 0 {
		if err := c.rw.SetReadDeadline(until); err != nil {
			c.fail(fmt.Errorf("set read deadline: %w", err))
			return false
		}
		_, err := c.in.Peek(1)
		if lifted := c.rw.SetReadDeadline(time.Time{}); lifted != nil {
			c.fail(fmt.Errorf("lift read deadline: %w", lifted))
			return false
		}
		switch {
		case errors.Is(err, os.ErrDeadlineExceeded):
			return true
		case errors.Is(err, io.EOF):
			c.ended()
		case err != nil:
			c.fail(fmt.Errorf("wait %v to answer: %w", d, err))
			return false
		}
	}
	return c.s.pause(time.Until(until))
}
