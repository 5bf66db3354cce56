package backends

import (
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/cgi"
)

// gatewayRequest is one request in a protocol that carries CGI's variables; it
// is also the writer of its answer.
type gatewayRequest interface {
	params() (map[string]string, error)                 // the variables
	body(params map[string]string) (n int64, err error) // read to its end, and counted
	keeps() bool                                        // the connection goes on with another request
	io.Writer
	end() error // completes the answer
}

// compile makes a valid Script ready in the Server's protocol.
func (s *Server) compile(script Script) *behaviour {
	return compile(script, s.spec.Name, s.spec.Protocol)
}

// newGatewayRequest is the next request of the connection, and the name of its
// protocol.
func (c *conn) newGatewayRequest() (gatewayRequest, string) {
	switch c.s.spec.Protocol {
	case UWSGI:
		return &uwsgiRequest{plainRequest{c.in, c.rw}, c.s.behaviour.Load().MostHead}, "uwsgi"
	case SCGI:
		return &scgiRequest{plainRequest{c.in, c.rw}}, "SCGI"
	}
	return &fastcgiRequest{in: c.in, out: c.rw}, "FastCGI/1.0"
}

// exchangeGateway is exchange for FastCGI, uwsgi and SCGI. What breaks the
// protocol ends the connection without an answer, as PHP-FPM and uWSGI end it.
func (c *conn) exchangeGateway() (*behaviour, bool) {
	if _, err := c.in.Peek(1); err != nil { // nothing came: no attempt
		if !errors.Is(err, io.EOF) {
			c.fail(fmt.Errorf("wait for a request: %w", err))
		}
		return nil, false
	}
	a := Attempt{Backend: c.s.spec.Name, Conn: c.number, At: c.s.rec.now(), Header: make(http.Header)}
	c.request, a.Proto = c.newGatewayRequest()
	params, err := c.request.params()
	b := c.s.behaviour.Load()
	var req *http.Request
	if err == nil {
		a.Method, a.Target = params["REQUEST_METHOD"], params["REQUEST_URI"]
		req, err = cgi.RequestFromMap(params)
	}
	if err != nil {
		a.Error = err.Error()
		c.s.rec.arrived(a)
		return b, c.endUnlessGone(err)
	}
	req.Close = !c.request.keeps()
	a.Action, a.Header, a.ID = b.Action, req.Header, req.Header.Get(IDHeader)
	if req.Host != "" {
		a.Header.Set("Host", req.Host)
	}
	index := c.s.rec.arrived(a)
	if b.Action.early() {
		return b, c.act(b, req)
	}
	n, err := c.request.body(params)
	if err != nil {
		c.s.rec.updateAttempt(index, func(a *Attempt) { a.Body, a.Action, a.Error = n, "", err.Error() })
		return b, c.endUnlessGone(err)
	}
	c.s.rec.updateAttempt(index, func(a *Attempt) { a.Body, a.Complete = n, true })
	return b, c.act(b.answering(a), req)
}

// endUnlessGone ends a connection whose peer broke the protocol; one that
// broke off has ended it itself.
func (c *conn) endUnlessGone(err error) (again bool) {
	switch {
	case gone(err):
		return false
	case errors.Is(err, errTooMuch):
		c.reset()
		return false
	}
	return c.end()
}
