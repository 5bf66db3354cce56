package backends

import (
	"bytes"
	"fmt"
	"io"
	"net/http"
	"strconv"
	"strings"

	"golang.org/x/net/http/httpguts"
)

// sshBanner is what NotHTTP says without a Body (RFC 4253, section 4.2).
const sshBanner = "SSH-2.0-OpenSSH_9.2p1 Debian-2+deb12u3\r\n"

// padding is the header that HeaderBytes fills up, without its value.
const padding = "X-Padding: \r\n"

// chunkBytes is about how much of a large body one write carries.
const chunkBytes = 64 << 10

// How header blocks begin: HTTP/1's, and CGI's (RFC 3875, section 6.3.3).
const (
	http11      = "HTTP/1.1"
	statusField = "Status:"
)

// The Connection header of a response: absent, or one of the two options.
const (
	noOption  = ""
	keepAlive = "keep-alive" // to an HTTP/1.0 client that asked for it
	closing   = "close"
)

var connectionOptions = []string{noOption, keepAlive, closing}

// behaviour is a Script made ready to be written.
type behaviour struct {
	Script
	heads  map[string][]byte // by Connection option; nil when the action is no HTTP response
	body   body
	rest   body // what follows after Pause
	closes bool // Script.Header itself says Connection: close
	rules  []rule
}

// body is size bytes: unit, repeated and cut.
type body struct {
	unit []byte
	size int
}

// compile makes a valid Script ready for the backend of that name and protocol.
func compile(s Script, backend string, p Protocol) *behaviour {
	s.Action = s.action()
	text, size := s.bodyText(backend), s.bodySize(backend)
	b := &behaviour{Script: s, body: newBody(text, 0, size)}
	if s.Action == Respond || s.Action == AnswerEarly || s.truncates() {
		b.heads = make(map[string][]byte)
		for _, connection := range connectionOptions {
			option := connection
			if p != HTTP && p != Dual {
				option = noOption
			}
			b.heads[connection] = s.renderBlock(p.begin(), backend, option)
		}
	}
	if s.truncates() || s.streams() {
		b.body = newBody(text, 0, s.SendBytes)
	}
	if s.streams() {
		b.rest = newBody(text, s.SendBytes, size-s.SendBytes)
	}
	b.closes = httpguts.HeaderValuesContainsToken(headerValues(s.Header, "Connection"), "close")
	for _, r := range s.Rules {
		b.rules = append(b.rules, compileRule(s, r, backend, p))
	}
	return b
}

// newBody is size bytes of the endlessly repeated text, from an offset on.
func newBody(text string, from, size int) body {
	unit := []byte(text)
	if n := len(unit); n > 0 {
		unit = append(unit[from%n:], unit[:from%n]...)
		if n < size {
			unit = bytes.Repeat(unit, min(size/n+1, chunkBytes/n+1))
		}
	}
	return body{unit: unit, size: size}
}

// bodyText is Body with its default.
func (s Script) bodyText(backend string) string {
	switch {
	case s.Body != "":
		return s.Body
	case s.Action == NotHTTP:
		return sshBanner
	}
	return "ok from " + backend + "\n"
}

// bodySize is the length of the complete body.
func (s Script) bodySize(backend string) int {
	switch {
	case bodiless(s.status()):
		return 0
	case s.BodyBytes > 0:
		return s.BodyBytes
	}
	return len(s.bodyText(backend))
}

// bodiless says whether responses with the status have no body (RFC 9110,
// section 6.4.1).
func bodiless(status int) bool {
	return status < 200 || status == http.StatusNoContent || status == http.StatusNotModified
}

// renderHead is the header block, status line and final CRLF included. The
// status line says HTTP/1.1 to every client (RFC 9110, section 2.5).
func (s Script) renderHead(backend, connection string) []byte {
	return s.renderBlock(http11, backend, connection)
}

// renderBlock is the header block whose first line is name (http11 or statusField), the
// status and its text. There is no Date, so that a response is the same each time.
func (s Script) renderBlock(name, backend, connection string) []byte {
	header := s.Header.Clone()
	if header == nil {
		header = make(http.Header)
	}
	own := func(name, value string) {
		if headerValues(s.Header, name) == nil {
			header.Set(name, value)
		}
	}
	if !bodiless(s.status()) {
		own("Content-Type", "text/plain; charset=utf-8")
		if headerValues(s.Header, "Transfer-Encoding") == nil {
			own("Content-Length", strconv.Itoa(s.bodySize(backend)))
		}
	}
	if connection != noOption {
		own("Connection", connection)
	}
	var fields bytes.Buffer
	// A bytes.Buffer takes every write.
	_ = header.Write(&fields)

	line := fmt.Sprintf("%s %d %s", name, s.status(), http.StatusText(s.status()))
	if gap := s.HeaderBytes - len(line) - len("\r\n") - fields.Len() - len("\r\n"); gap >= len(padding) {
		fields.WriteString(strings.Replace(padding, "\r\n", strings.Repeat("x", gap-len(padding))+"\r\n", 1))
	} else if gap > 0 {
		// Too little for another header: a reason phrase may end in spaces
		// (RFC 9112, section 4).
		line += strings.Repeat(" ", gap)
	}
	return []byte(line + "\r\n" + fields.String() + "\r\n")
}

// headerValues are the values of name, however h spells it.
func headerValues(h http.Header, name string) []string {
	var values []string
	for key, v := range h {
		if http.CanonicalHeaderKey(key) == name {
			values = append(values, v...)
		}
	}
	return values
}

// writeResponse writes the header block and what the script sends of the body.
func (b *behaviour) writeResponse(w io.Writer, connection string, withBody bool) error {
	head := b.heads[connection]
	if !withBody {
		_, err := w.Write(head)
		return err
	}
	if len(head)+b.body.size <= chunkBytes {
		whole := make([]byte, 0, len(head)+b.body.size)
		_, err := w.Write(append(append(whole, head...), b.body.unit[:b.body.size]...))
		return err
	}
	if _, err := w.Write(head); err != nil {
		return err
	}
	return b.body.writeTo(w)
}

// writeTo writes the body in chunks.
func (b body) writeTo(w io.Writer) error {
	for left := b.size; left > 0; {
		n, err := w.Write(b.unit[:min(left, len(b.unit))])
		if err != nil {
			return err
		}
		left -= n
	}
	return nil
}
