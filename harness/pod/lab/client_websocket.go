//go:build linux

package lab

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"time"

	"github.com/coder/websocket"

	"badgateway/harness/pod"
)

// roundTripper lets the library shake hands over our own exchange.
type roundTripper func(*http.Request) (*http.Response, error)

func (f roundTripper) RoundTrip(r *http.Request) (*http.Response, error) { return f(r) }

var errNotSwitched = errors.New("nginx did not switch protocols")

// websocket opens a WebSocket and uses it. An answer other than 101 is the
// outcome as it would be without an upgrade.
func (c *call) websocket(ctx context.Context, conn net.Conn) error {
	var refused *http.Response
	end := func() {}
	defer func() { end() }()
	handshake := roundTripper(func(r *http.Request) (*http.Response, error) {
		c.http = r
		resp, done, err := c.exchange(conn)
		end = done
		if err == nil && resp.StatusCode != http.StatusSwitchingProtocols {
			refused = resp
			return nil, errNotSwitched
		}
		return resp, err
	})
	socket, resp, err := websocket.Dial(ctx, c.http.URL.String(), &websocket.DialOptions{
		HTTPClient: &http.Client{Transport: handshake}, HTTPHeader: c.http.Header, Host: c.http.Host})
	switch {
	case refused != nil:
		return c.read(refused)
	case err != nil:
		return err
	}
	defer socket.CloseNow()
	c.out.Status, c.out.Header, c.out.Proto = resp.StatusCode, resp.Header, resp.Proto
	c.out.Outcome = pod.Switched
	since := time.Now()
	err = c.use(ctx, socket)
	c.out.Tunnel = time.Since(since)
	if err == nil {
		_ = socket.Close(websocket.StatusNormalClosure, "") // whether the other side says good-bye too is its affair
	}
	switch {
	case isTimeout(err) || ctx.Err() != nil:
		c.out.Outcome = pod.Hung
	case err != nil:
		c.out.Outcome = pod.TunnelCut
	}
	return err
}

// use sends a message, and one more after the idle time, each of which must
// come back. Pings are answered meanwhile.
func (c *call) use(ctx context.Context, socket *websocket.Conn) error {
	messages, ended := make(chan string), make(chan error, 1)
	go func() {
		for {
			_, data, err := socket.Read(ctx)
			if err != nil {
				ended <- err
				return
			}
			select {
			case messages <- string(data):
			case <-ctx.Done():
				ended <- ctx.Err()
				return
			}
		}
	}()
	echo := func(message string) error {
		if err := socket.Write(ctx, websocket.MessageText, []byte(message)); err != nil {
			return fmt.Errorf("write a message: %w", err)
		}
		select {
		case back := <-messages:
			if back != message {
				return fmt.Errorf("sent the message %q, got %q back", message, back)
			}
			return nil
		case err := <-ended:
			return fmt.Errorf("wait for the message to come back: %w", err)
		}
	}
	if err := echo(c.wanted.ID); err != nil || c.wanted.Upgrade.Idle == 0 {
		return err
	}
	select {
	case <-time.After(c.wanted.Upgrade.Idle):
	case err := <-ended:
		return fmt.Errorf("idle: %w", err)
	}
	return echo(c.wanted.ID + " again")
}
