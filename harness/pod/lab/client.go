//go:build linux

package lab

import (
	"context"
	"crypto/tls"
	"errors"
	"io"
	"net"
	"net/http"
	"net/http/httptrace"
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

// request makes one client request on a connection of its own, without
// redirects, retries or decompression: what nginx did is what is seen.
func (l *Lab) request(ctx context.Context, r pod.Request) (pod.Response, error) {
	ctx, cancel := context.WithTimeout(ctx, r.Limit)
	defer cancel()
	out := pod.Response{ID: r.ID, Method: r.Method, URL: r.URL}
	if out.Method == "" {
		out.Method = http.MethodGet
	}
	start := time.Now()
	out.Start = l.since()
	req, err := newRequest(ctx, out.Method, r, func() { out.FirstByte = time.Since(start) })
	if err != nil {
		return out, err
	}
	transport := &http.Transport{DialContext: dialNginx, DisableKeepAlives: true, DisableCompression: true,
		TLSClientConfig: &tls.Config{InsecureSkipVerify: true}} // the pod's own certificates
	defer transport.CloseIdleConnections()
	resp, err := transport.RoundTrip(req)
	if err != nil {
		out.Total = time.Since(start)
		out.Outcome, out.Error = outcome(err), err.Error()
		return out, nil
	}
	defer resp.Body.Close()
	out.Status, out.Header = resp.StatusCode, resp.Header
	readBody(resp.Body, &out)
	out.Total = time.Since(start)
	return out, nil
}

func newRequest(ctx context.Context, method string, r pod.Request, first func()) (*http.Request, error) {
	target, err := url.Parse(r.URL)
	if err != nil {
		return nil, err
	}
	base := &url.URL{Scheme: "http", Host: "127.0.0.1", Path: "/"}
	ctx = httptrace.WithClientTrace(ctx, &httptrace.ClientTrace{GotFirstResponseByte: first})
	req, err := http.NewRequestWithContext(ctx, method, base.ResolveReference(target).String(), strings.NewReader(body(r)))
	if err != nil {
		return nil, err
	}
	for name, values := range r.Header {
		req.Header[name] = values
	}
	if host := req.Header.Get("Host"); host != "" {
		req.Host = host
		req.Header.Del("Host")
	}
	req.Header.Set(backends.IDHeader, r.ID)
	return req, nil
}

// body is the request's body at its full length.
func body(r pod.Request) string {
	if r.BodyBytes == 0 || r.Body == "" {
		return r.Body
	}
	return strings.Repeat(r.Body, r.BodyBytes/len(r.Body)+1)[:r.BodyBytes]
}

// dialNginx connects to nginx whatever the name in the URL is.
func dialNginx(ctx context.Context, network, address string) (net.Conn, error) {
	host, port, err := net.SplitHostPort(address)
	if err != nil {
		return nil, err
	}
	if net.ParseIP(host) == nil {
		address = net.JoinHostPort("127.0.0.1", port)
	}
	return (&net.Dialer{}).DialContext(ctx, network, address)
}

// readBody reads the body to its end and names the outcome.
func readBody(body io.Reader, out *pod.Response) {
	out.Outcome = pod.StatusOutcome(out.Status)
	kept, err := io.ReadAll(io.LimitReader(body, keepBody))
	rest := int64(0)
	if err == nil {
		rest, err = io.Copy(io.Discard, body)
	}
	out.Body, out.Bytes = kept, int64(len(kept))+rest
	switch {
	case err == nil:
		return
	case isTimeout(err):
		out.Outcome = pod.Hung
	default:
		out.Outcome = pod.TruncatedBody
	}
	out.Error = err.Error()
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
	}
	return pod.NoAnswer
}

func isTimeout(err error) bool {
	return errors.Is(err, context.DeadlineExceeded) || errors.Is(err, os.ErrDeadlineExceeded)
}
