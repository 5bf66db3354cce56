//go:build linux

package lab

import (
	"context"
	"io"
	"net"
	"net/http/httptrace"

	"golang.org/x/net/http2"
)

// http2 makes the request as the only stream of an HTTP/2 connection.
func (c *call) http2(ctx context.Context, conn net.Conn) error {
	transport := &http2.Transport{DisableCompression: true, AllowHTTP: true}
	session, err := transport.NewClientConn(conn)
	if err != nil {
		return err
	}
	defer session.Close()
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
	if err != nil {
		return err
	}
	return c.read(resp)
}
