package backends

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httputil"
	"strings"

	"golang.org/x/net/http/httpguts"
)

// maxHead bounds the request line and header fields of one request.
const maxHead = 1 << 20

// malformed is a request that HTTP/1 does not allow, with the status that a
// real server answers it with.
type malformed struct {
	status int
	reason string
}

func (m *malformed) Error() string { return m.reason }

func badRequest(format string, args ...any) error {
	return &malformed{http.StatusBadRequest, fmt.Sprintf(format, args...)}
}

// readHead reads a request, to which skipEmptyLines has come, up to the empty line behind its header fields and
// returns all it read, also with an error: a *malformed, or the connection's.
// What can be no request is refused at its first byte or line, as servers do,
// and not waited for to its end.
func readHead(in *bufio.Reader) ([]byte, error) {
	first, err := in.Peek(1)
	if err != nil {
		return nil, err
	}
	if !httpguts.IsTokenRune(rune(first[0])) {
		what, err := in.Peek(in.Buffered())
		if err != nil {
			return nil, err
		}
		if isTLSRecord(first[0]) {
			return nil, badRequest("read request: a TLS handshake on a backend without TLS")
		}
		return bytes.Clone(what), badRequest("read request: byte %#x begins no request", first[0])
	}
	var head []byte
	for {
		begin := len(head)
		for {
			part, err := in.ReadSlice('\n')
			head = append(head, part...)
			if len(head) > maxHead {
				return head, &malformed{http.StatusRequestHeaderFieldsTooLarge, fmt.Sprintf("read request: header above %d bytes", maxHead)}
			}
			if err == nil {
				break
			}
			if !errors.Is(err, bufio.ErrBufferFull) {
				return head, err
			}
		}
		line := trimEOL(head[begin:])
		if begin == 0 {
			if err := checkRequestLine(line); err != nil {
				return head, err
			}
		} else if len(line) == 0 {
			return head, nil
		}
	}
}

// skipEmptyLines drops CRLFs before a request line (RFC 9112, section 2.2).
func skipEmptyLines(in *bufio.Reader) error {
	for {
		next, err := in.Peek(1)
		if err != nil {
			return err
		}
		if next[0] != '\r' && next[0] != '\n' {
			return nil
		}
		if _, err := in.Discard(1); err != nil {
			return err
		}
	}
}

// checkRequestLine tells a request line from a line of something else.
func checkRequestLine(line []byte) error {
	fields := bytes.Split(line, []byte(" "))
	if len(fields) != 3 || !bytes.HasPrefix(fields[2], []byte("HTTP/")) {
		return badRequest("read request: %.80q is no request line", line)
	}
	return nil
}

func trimEOL(line []byte) []byte {
	return bytes.TrimSuffix(bytes.TrimSuffix(line, []byte("\n")), []byte("\r"))
}

// describe takes from a request's head, complete or not and well formed or
// not, what an Attempt holds, as it was received.
func describe(head []byte) Attempt {
	a := Attempt{Header: make(http.Header)}
	first, rest, whole := strings.Cut(string(head), "\n")
	first = strings.TrimSuffix(first, "\r")
	a.Method, a.Target, _ = strings.Cut(first, " ")
	a.Target, a.Proto, _ = strings.Cut(a.Target, " ")
	if !httpguts.ValidHeaderFieldName(a.Method) { // a token, too (RFC 9110, section 9.1)
		a.Method, a.Target, a.Proto = "", "", ""
	}
	if !whole {
		return a
	}
	for line := range strings.SplitSeq(rest, "\n") {
		if name, value, ok := strings.Cut(strings.TrimSuffix(line, "\r"), ":"); ok {
			a.Header.Add(name, strings.Trim(value, " \t"))
		}
	}
	a.ID = a.Header.Get(IDHeader)
	return a
}

// parseHead holds a complete head against HTTP/1 and finds out where the body
// ends and whether the connection may stay open.
func parseHead(head []byte) (*http.Request, error) {
	req, err := http.ReadRequest(bufio.NewReaderSize(bytes.NewReader(head), 512))
	if err != nil {
		return nil, badRequest("read request: %v", err)
	}
	if req.ProtoMajor != 1 {
		return nil, &malformed{http.StatusHTTPVersionNotSupported, "read request: " + req.Proto + " on a backend that speaks HTTP/1.1"}
	}
	// RFC 9112, section 3.2. ReadRequest takes Host away from the header, or
	// the authority of an absolute target.
	if req.ProtoAtLeast(1, 1) && describe(head).Header["Host"] == nil {
		return nil, badRequest("read request: HTTP/1.1 without Host")
	}
	return req, nil
}

// readBody reads the request's body to its end and counts it, without the
// framing of chunks. The error is a *malformed or the connection's.
func readBody(req *http.Request, in *bufio.Reader) (int64, error) {
	if req.ContentLength >= 0 {
		n, err := io.CopyN(io.Discard, in, req.ContentLength)
		if err != nil {
			return n, fmt.Errorf("read body: %d of %d bytes: %w", n, req.ContentLength, err)
		}
		return n, nil
	}
	n, err := io.Copy(io.Discard, httputil.NewChunkedReader(in))
	if err == nil {
		err = skipTrailer(in)
	}
	switch {
	case err == nil:
		return n, nil
	case gone(err):
		return n, fmt.Errorf("read body: chunks end after %d bytes: %w", n, err)
	}
	return n, badRequest("read body: %v", err)
}

// skipTrailer reads up to the empty line behind the last chunk.
func skipTrailer(in *bufio.Reader) error {
	for read := 0; read < maxHead; {
		line, err := in.ReadSlice('\n')
		if err != nil && !errors.Is(err, bufio.ErrBufferFull) {
			return err
		}
		if err == nil && len(trimEOL(line)) == 0 {
			return nil
		}
		read += len(line)
	}
	return badRequest("read trailer: above %d bytes", maxHead)
}

// gone says whether err means that the peer or the connection has ended.
func gone(err error) bool {
	var network net.Error
	return errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) || errors.As(err, &network)
}

// isTLSRecord tells a TLS (or SSLv2) ClientHello from text by its first byte,
// with nginx's own rule (ngx_http_request.c, ngx_http_ssl_handshake).
func isTLSRecord(first byte) bool { return first&0x80 != 0 || first == 0x16 }
