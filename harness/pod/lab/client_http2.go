//go:build linux

package lab

import (
	"bytes"
	"context"
	"io"
	"net"
	"net/http"
	"net/http/httptrace"
	"sync"

	"badgateway/harness/pod"
)

// http2 makes the request as the only stream of an HTTP/2 connection.
func (c *call) http2(ctx context.Context, conn net.Conn) error {
	heard := &listened{Conn: conn}
	resp, session, err := c.stream(ctx, heard)
	if session != nil {
		defer session.Close()
	}
	if err != nil {
		if begun := heard.beginning(); !isHTTP2(begun) {
			c.out.Outcome, c.out.Body, c.out.Bytes = pod.NotHTTP, begun, int64(len(begun))
		}
		return err
	}
	return c.read(resp)
}

// stream sends the request and waits for the head of its answer.
func (c *call) stream(ctx context.Context, conn net.Conn) (*http.Response, *http.ClientConn, error) {
	protocols := new(http.Protocols)
	protocols.SetUnencryptedHTTP2(true) // TLS, where there is any, has been started
	transport := &http.Transport{Protocols: protocols, DisableCompression: true,
		DialContext: func(context.Context, string, string) (net.Conn, error) { return conn, nil }}
	session, err := transport.NewClientConn(ctx, "http", "nginx:80") // where conn leads already
	if err != nil {
		return nil, nil, err
	}
	begun := make(chan first, 1) // the library may still call when the request has ended
	trace := &httptrace.ClientTrace{GotFirstResponseByte: func() { begun <- c.now() }}
	req := c.http.WithContext(httptrace.WithClientTrace(ctx, trace))
	if c.upload.size > 0 {
		req.Body, req.ContentLength = io.NopCloser(c.upload), int64(c.upload.size)
	}
	resp, err := session.RoundTrip(req)
	select {
	case f := <-begun:
		c.answered(f)
	default:
	}
	return resp, session, err
}

// isHTTP2 says whether a server began with SETTINGS, or with nothing at all
// (RFC 9113, 3.4 and 4.1: the fourth byte of a frame is its type).
func isHTTP2(begun []byte) bool {
	const settings = 4
	return len(begun) == 0 || len(begun) > 3 && begun[3] == settings
}

// listened is a connection that keeps what it heard first.
type listened struct {
	net.Conn
	mu    sync.Mutex
	first []byte
}

// keepFirst is how much that is.
const keepFirst = 4 << 10

func (l *listened) Read(p []byte) (int, error) {
	n, err := l.Conn.Read(p)
	l.mu.Lock()
	defer l.mu.Unlock()
	l.first = append(l.first, p[:min(n, keepFirst-len(l.first))]...)
	return n, err
}

func (l *listened) beginning() []byte {
	l.mu.Lock()
	defer l.mu.Unlock()
	return bytes.Clone(l.first)
}
