package pod

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net"
	"net/http"
	"net/url"
	"os"
	"syscall"
	"time"
)

// Link is the harness's side of the control link. Drivers make it; they and
// [Pod] call the lab over it.
type Link struct {
	http *http.ClientConn
	conn net.Conn
	// Gone says why the pod is gone, for errors; may be nil.
	Gone func() string
}

var errLinkClosed = errors.New("control link closed: the pod is gone")

// NewLink speaks HTTP/2 with prior knowledge (RFC 9113, 3.3) over conn. When
// conn closes, the lab ends the pod. The pool of connections that http.Client
// keeps would not do: now and then it dials a second one.
func NewLink(conn net.Conn) (*Link, error) {
	protocols := new(http.Protocols)
	protocols.SetUnencryptedHTTP2(true)
	dial := func(context.Context, string, string) (net.Conn, error) { return conn, nil }
	transport := &http.Transport{Protocols: protocols, DialContext: dial, DisableCompression: true}
	client, err := transport.NewClientConn(context.Background(), "http", "lab:80")
	if err != nil {
		return nil, fmt.Errorf("open control link: %w", err)
	}
	return &Link{http: client, conn: conn}, nil
}

// Call makes one operation; Out is its answer. What the lab refuses is an error
// with its words: a *StartError, fs.ErrNotExist, or plain.
func Call[Out any](ctx context.Context, c *Link, op string, in any) (Out, error) {
	var out Out
	body, err := json.Marshal(in)
	if err != nil {
		return out, fmt.Errorf("encode %s: %w", op, err)
	}
	resp, err := c.send(ctx, op, nil, bytes.NewReader(body))
	if err != nil {
		return out, err
	}
	defer resp.Body.Close()
	if err := json.NewDecoder(resp.Body).Decode(&out); err != nil {
		return out, fmt.Errorf("decode answer to %s: %w", op, err)
	}
	return out, nil
}

// Close closes the stream; the lab then ends the pod. Safe twice.
func (c *Link) Close() error {
	if err := c.conn.Close(); !errors.Is(err, net.ErrClosed) {
		return err
	}
	return nil
}

// Remaining is the time until ctx ends, one minute if it has no deadline.
func Remaining(ctx context.Context) time.Duration {
	if deadline, ok := ctx.Deadline(); ok {
		return time.Until(deadline)
	}
	return time.Minute
}

// send makes one operation and returns the open answer.
func (c *Link) send(ctx context.Context, op string, query url.Values, body io.Reader) (*http.Response, error) {
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, "http://lab/v1/"+op+"?"+query.Encode(), body)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", op, err)
	}
	resp, err := c.http.RoundTrip(req)
	if err != nil {
		return nil, fmt.Errorf("lab %s: %w", op, c.explain(ctx, err))
	}
	if resp.StatusCode == http.StatusOK {
		return resp, nil
	}
	defer resp.Body.Close()
	return nil, refusal(op, resp)
}

// explain adds to the error of a link that broke that it did, and why, if a
// driver knows.
func (c *Link) explain(ctx context.Context, err error) error {
	broken := c.http.Err() != nil || errors.Is(err, syscall.EPIPE) || errors.Is(err, syscall.ECONNRESET)
	if !broken || ctx.Err() != nil {
		return err
	}
	if c.Gone == nil {
		return fmt.Errorf("%w: %w", errLinkClosed, err)
	}
	return fmt.Errorf("%w: %w (%s)", errLinkClosed, err, c.Gone())
}

// refusal turns an answer other than 200 into an error of its kind.
func refusal(op string, resp *http.Response) error {
	var r Refusal
	if err := json.NewDecoder(resp.Body).Decode(&r); err != nil {
		return fmt.Errorf("lab %s: %s, read why: %w", op, resp.Status, err)
	}
	switch {
	case r.Start != nil:
		return r.Start
	case r.NotExist:
		return fmt.Errorf("lab %s: %s: %w", op, r.Error, fs.ErrNotExist)
	}
	return fmt.Errorf("lab %s: %s", op, r.Error)
}

// tunnel is a byte stream through one operation. It has no deadlines.
type tunnel struct {
	in     io.ReadCloser
	out    io.WriteCloser
	link   net.Conn // for its addresses
	cancel context.CancelFunc
}

func (t *tunnel) Read(p []byte) (int, error)       { return t.in.Read(p) }
func (t *tunnel) Write(p []byte) (int, error)      { return t.out.Write(p) }
func (t *tunnel) LocalAddr() net.Addr              { return t.link.LocalAddr() }
func (t *tunnel) RemoteAddr() net.Addr             { return t.link.RemoteAddr() }
func (t *tunnel) SetDeadline(time.Time) error      { return os.ErrNoDeadline }
func (t *tunnel) SetReadDeadline(time.Time) error  { return os.ErrNoDeadline }
func (t *tunnel) SetWriteDeadline(time.Time) error { return os.ErrNoDeadline }

// Close ends both directions.
func (t *tunnel) Close() error {
	err := t.out.Close()
	t.cancel()
	return errors.Join(err, t.in.Close())
}

// dial opens a byte stream to address inside the pod. The stream outlives ctx.
func (c *Link) dial(ctx context.Context, address string) (net.Conn, error) {
	ctx, cancel := context.WithCancel(context.WithoutCancel(ctx))
	r, w := io.Pipe()
	resp, err := c.send(ctx, OpDial, url.Values{"address": {address}}, r)
	if err != nil {
		cancel()
		return nil, err
	}
	return &tunnel{in: resp.Body, out: w, link: c.conn, cancel: cancel}, nil
}
