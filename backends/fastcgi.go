package backends

import (
	"errors"
	"fmt"
	"io"
	"maps"
	"net/http"
	"net/http/cgi"
)

// Protocol is what a backend speaks.
type Protocol string

// The protocols.
const (
	HTTP Protocol = "" // HTTP/1.1
	// FastCGI is a responder of FastCGI 1.0, as PHP-FPM is. An attempt's header
	// is taken from the CGI parameters (RFC 3875, section 4.1.18:
	// HTTP_BADGATEWAY_ID is [IDHeader]). HeaderBytes counts the CGI header
	// block, which begins with "Status: 200 OK", without the 8 bytes of each
	// record's own header; nginx keeps both in fastcgi_buffer_size. The
	// truncating actions leave out the end of the request too. NotHTTP sends
	// its bytes outside of records.
	FastCGI Protocol = "fastcgi"
)

// compile makes a valid Script ready in the Server's protocol.
func (s *Server) compile(script Script) *behaviour {
	b := compile(script, s.spec.Name)
	if s.spec.Protocol == FastCGI {
		for connection := range maps.Keys(b.heads) {
			b.heads[connection] = script.renderBlock("Status:", s.spec.Name, noOption)
		}
	}
	return b
}

// exchangeFastCGI is exchange for FastCGI. Records that break the protocol end
// the connection without an answer, as PHP-FPM ends it.
func (c *conn) exchangeFastCGI() (*behaviour, bool) {
	if _, err := c.in.Peek(1); err != nil { // nothing came: no attempt
		if !errors.Is(err, io.EOF) {
			c.fail(fmt.Errorf("wait for a request: %w", err))
		}
		return nil, false
	}
	at := c.s.rec.now()
	c.request = &fastcgiRequest{in: c.in, out: c.rw}
	params, err := c.request.params()
	b := c.s.behaviour.Load()
	a := Attempt{Backend: c.s.spec.Name, Conn: c.number, At: at, Proto: "FastCGI/1.0", Header: make(http.Header)}
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
	req.Close = !c.request.keep
	a.Action, a.Header, a.ID = b.Action, req.Header, req.Header.Get(IDHeader)
	if req.Host != "" {
		a.Header.Set("Host", req.Host)
	}
	index := c.s.rec.arrived(a)
	n, err := c.request.stdin()
	if err != nil {
		c.s.rec.updateAttempt(index, func(a *Attempt) { a.Body, a.Action, a.Error = n, "", err.Error() })
		return b, c.endUnlessGone(err)
	}
	c.s.rec.updateAttempt(index, func(a *Attempt) { a.Body, a.Complete = n, true })
	return b, c.act(b, req)
}

// endUnlessGone ends a connection whose peer broke the protocol; one that
// broke off has ended it itself.
func (c *conn) endUnlessGone(err error) (again bool) {
	if gone(err) {
		return false
	}
	return c.end()
}
