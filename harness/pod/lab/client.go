//go:build linux

package lab

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"os"
	"strings"
	"syscall"
	"time"

	"badgateway/backends"
	"badgateway/harness/pod"
)

// keepBody is how much of a response body goes into a Response.
const keepBody = 64 << 10

// agent names the client to nginx.
const agent = "badgateway"

// call is one client request while it is made.
type call struct {
	wanted pod.Request
	http   *http.Request
	upload *upload
	out    pod.Response
	begun  time.Time
}

// request makes one client request on a connection of its own, without
// redirects, retries or decompression: what nginx did is what is seen.
func (l *Lab) request(ctx context.Context, r pod.Request) (pod.Response, error) {
	if err := r.Validate(); err != nil {
		return pod.Response{}, fmt.Errorf("request %s: %w", r.ID, err)
	}
	ctx, cancel := context.WithTimeout(ctx, r.Limit)
	defer cancel()
	c, err := newCall(ctx, r)
	if err != nil {
		return pod.Response{}, fmt.Errorf("request %s: %w", r.ID, err)
	}
	c.begun, c.out.Start = time.Now(), l.since()
	err = c.make(ctx)
	c.out.Total = time.Since(c.begun)
	if err != nil {
		c.out.Error = err.Error()
		if c.out.Outcome == "" {
			c.out.Outcome = outcome(err)
		}
	}
	return c.out, nil
}

func newCall(ctx context.Context, r pod.Request) (*call, error) {
	target, err := url.Parse(r.URL)
	if err != nil {
		return nil, err
	}
	if r.Method == "" {
		r.Method = http.MethodGet
	}
	base := &url.URL{Scheme: "http", Host: "127.0.0.1", Path: "/"}
	req, err := http.NewRequestWithContext(ctx, r.Method, base.ResolveReference(target).String(), nil)
	if err != nil {
		return nil, err
	}
	c := &call{wanted: r, http: req, upload: newUpload(ctx, r), out: pod.Response{ID: r.ID, Method: r.Method, URL: r.URL}}
	for name, values := range r.Header {
		req.Header[http.CanonicalHeaderKey(name)] = values
	}
	if host := req.Header.Get("Host"); host != "" {
		req.Host = host
	}
	req.Header.Del("Host")
	req.Header.Set(backends.IDHeader, r.ID)
	if req.Header["User-Agent"] == nil {
		req.Header.Set("User-Agent", agent)
	}
	return c, nil
}

// make connects and speaks the version of HTTP that is wanted. The error is
// what the client met, and what it means unless the outcome is known already.
func (c *call) make(ctx context.Context) error {
	conn, err := dialNginx(ctx, c.wanted, c.http.URL)
	if err != nil {
		return err
	}
	defer conn.Close()
	// Ends whatever waits on the connection, with os.ErrDeadlineExceeded.
	stop := context.AfterFunc(ctx, func() { _ = conn.SetDeadline(time.Unix(1, 0)) })
	defer stop()
	if c.http.URL.Scheme == "https" {
		if conn, err = c.startTLS(ctx, conn); err != nil {
			return err
		}
	}
	switch {
	case c.wanted.Upgrade != nil:
		return c.websocket(ctx, conn)
	case c.wanted.Proto == pod.HTTP2:
		return c.http2(ctx, conn)
	}
	return c.http1(conn)
}

// first is the moment of an answer's first byte.
type first struct {
	after time.Duration
	early bool
}

func (c *call) now() first { return first{time.Since(c.begun), !c.upload.done.Load()} }

func (c *call) answered(f first) { c.out.FirstByte, c.out.Early = f.after, f.early }

// read takes a response whose head is there: its body to the end, and its
// outcome.
func (c *call) read(resp *http.Response) error {
	defer resp.Body.Close()
	c.out.Status, c.out.Header, c.out.Proto = resp.StatusCode, resp.Header, resp.Proto
	c.out.Outcome = pod.StatusOutcome(resp.StatusCode)
	sum := sha256.New()
	body := io.TeeReader(resp.Body, sum)
	kept, err := io.ReadAll(io.LimitReader(body, keepBody))
	rest := int64(0)
	if err == nil {
		rest, err = io.Copy(io.Discard, body)
	}
	c.out.Trailer = resp.Trailer
	c.out.Body, c.out.Bytes, c.out.BodySHA256 = kept, int64(len(kept))+rest, hex.EncodeToString(sum.Sum(nil))
	switch {
	case err == nil && resp.StatusCode < 100: // 000 of nginx's HTTP/2 where HTTP/1 clients get raw bytes
		c.out.Outcome = pod.NotHTTP
	case err == nil:
	case isTimeout(err):
		c.out.Outcome = pod.Hung
	default:
		c.out.Outcome = pod.TruncatedBody
	}
	return err
}

// outcome names what the client saw instead of a response.
func outcome(err error) pod.Outcome {
	switch {
	case isTimeout(err):
		return pod.Hung
	case errors.Is(err, syscall.ECONNREFUSED):
		return pod.Refused
	case errors.Is(err, syscall.ECONNRESET):
		return pod.Reset
	case strings.Contains(err.Error(), "malformed"): // net/http: badStringError
		return pod.NotHTTP
	case strings.Contains(err.Error(), "remote error: tls: "): // an alert behind our own end of the handshake
		return pod.NoTLS
	}
	return pod.NoAnswer
}

func isTimeout(err error) bool {
	return errors.Is(err, context.DeadlineExceeded) || errors.Is(err, os.ErrDeadlineExceeded)
}
