//go:build linux

package lab

import (
	"context"
	"io"
	"net"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"

	"badgateway/backends"
	"badgateway/harness/pod"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// direct starts a backend to speak to without nginx, and returns its address.
func direct(t *testing.T, protocol backends.Protocol, script backends.Script) string {
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	spec := backends.Spec{Name: "app", Listen: "127.0.0.1:3000", Protocol: protocol, Script: script}
	server, err := backends.Start(ln, spec, backends.NewRecorder(time.Now()))
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, server.Close()) })
	return ln.Addr().String()
}

// TestRequestLeavesNothingBehind makes requests that end in every way, many at
// a time: what one started ends with it (TestMain looks for it), and its
// outcome is its own.
func TestRequestLeavesNothingBehind(t *testing.T) {
	live := backends.Script{WebSocket: &backends.WebSocket{Ping: 10 * time.Millisecond}}
	big := pod.Request{Method: "POST", Body: "x", BodyBytes: 8 << 20}
	upload := func(r pod.Request) pod.Request {
		r.Method, r.Body, r.BodyBytes = big.Method, big.Body, big.BodyBytes
		return r
	}
	for name, c := range map[string]struct {
		protocol backends.Protocol
		script   backends.Script
		request  pod.Request
		outcome  pod.Outcome
	}{
		"answered":            {backends.HTTP, backends.BigBody(300_000), pod.Request{}, pod.OK},
		"uploaded":            {backends.HTTP, backends.Healthy(), upload(pod.Request{}), pod.OK},
		"truncated":           {backends.HTTP, backends.Truncated(9000, 5000), pod.Request{}, pod.TruncatedBody},
		"reset":               {backends.HTTP, backends.Resetting(), pod.Request{}, pod.Reset},
		"reset at once":       {backends.HTTP, backends.ResettingAtAccept(), upload(pod.Request{}), pod.Reset},
		"hung":                {backends.HTTP, backends.Mute(), upload(pod.Request{Limit: time.Second}), pod.Hung},
		"paced for ever":      {backends.HTTP, backends.Healthy(), upload(pod.Request{Pace: pod.Pace{Bytes: 1, Pause: time.Hour}, Limit: time.Second}), pod.Hung},
		"HTTP/2":              {backends.H2, backends.BigBody(300_000), upload(pod.Request{Proto: pod.HTTP2}), pod.OK},
		"HTTP/2, hung":        {backends.H2, backends.Mute(), pod.Request{Proto: pod.HTTP2, Limit: time.Second}, pod.Hung},
		"HTTP/2, truncated":   {backends.H2, backends.Truncated(9000, 5000), pod.Request{Proto: pod.HTTP2}, pod.TruncatedBody},
		"HTTP/2 to HTTP/1":    {backends.HTTP, backends.Healthy(), pod.Request{Proto: pod.HTTP2}, pod.NotHTTP},
		"HTTP/1 to HTTP/2":    {backends.H2, backends.Healthy(), pod.Request{}, pod.NotHTTP},
		"WebSocket":           {backends.HTTP, live, pod.Request{Upgrade: &pod.Upgrade{Idle: 50 * time.Millisecond}}, pod.Switched},
		"WebSocket, hung":     {backends.HTTP, live, pod.Request{Upgrade: &pod.Upgrade{Idle: time.Hour}, Limit: time.Second}, pod.Hung},
		"WebSocket, answered": {backends.HTTP, backends.Failing(503), pod.Request{Upgrade: &pod.Upgrade{}}, pod.StatusOutcome(503)},
		"WebSocket, closed":   {backends.HTTP, backends.Closing(), pod.Request{Upgrade: &pod.Upgrade{}}, pod.NoAnswer},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			c.request.URL = "http://" + direct(t, c.protocol, c.script) + "/"
			if c.request.Limit == 0 {
				c.request.Limit = 30 * time.Second
			}
			var all sync.WaitGroup
			for range 4 {
				all.Go(func() {
					r, err := (&Lab{base: time.Now()}).request(context.Background(), c.request)
					if err != nil || r.Outcome != c.outcome {
						t.Errorf("expected %s, saw %s: %s %v", c.outcome, r.Outcome, r.Error, err)
					}
				})
			}
			all.Wait()
		})
	}
}

// TestUploadIsDoneWithItsLastPiece reads a paced body byte for byte.
func TestUploadIsDoneWithItsLastPiece(t *testing.T) {
	u := newUpload(context.Background(), pod.Request{Body: "abc", BodyBytes: 8, Pace: pod.Pace{Bytes: 3}})
	buf := make([]byte, 5)
	for _, want := range []string{"abc", "abc", "ab"} {
		require.False(t, u.done.Load())
		n, err := u.Read(buf)
		require.NoError(t, err)
		require.Equal(t, want, string(buf[:n]))
	}
	require.True(t, u.done.Load())
	_, err := u.Read(buf)
	require.Equal(t, io.EOF, err)
	require.True(t, newUpload(context.Background(), pod.Request{}).done.Load(), "nothing to send")
}
