package pod

import (
	"context"
	"errors"
	"io"
	"net"
	"os"
	"time"

	"badgateway/backends"
)

var errSoon = errors.New("pod: being written")

// Pod is a running pod: nginx, its backends behind toxiproxy, and the client.
type Pod struct{ machine Machine }

// Start makes a pod with driver, starts its backends, writes Spec.Conf and
// Spec.Files and starts nginx. It returns the half-made Pod with the error, so
// that its logs can still be read; Close is safe on both.
func Start(ctx context.Context, d Driver, spec Spec, t Timeouts) (*Pod, error) { return nil, errSoon }

// Request makes one client request; the error is the harness's, what the
// client saw is in the Response.
func (p *Pod) Request(ctx context.Context, r Request) (Response, error) { return Response{}, errSoon }

// Inject turns faults on, in order.
func (p *Pod) Inject(ctx context.Context, faults ...Fault) error { return errSoon }

// Lift turns every fault off, last first.
func (p *Pod) Lift(ctx context.Context) error { return errSoon }

// Windows are the faults injected so far, with what each touched.
func (p *Pod) Windows(ctx context.Context) ([]Window, error) { return nil, errSoon }

// Deploy replaces nginx.conf as an operator does: write, nginx -t, reload, and
// wait until only workers with the new configuration accept.
func (p *Pod) Deploy(ctx context.Context, conf string) error { return errSoon }

// Test runs nginx -t.
func (p *Pod) Test(ctx context.Context) (Result, error) { return Result{}, errSoon }

// Reload sends HUP and waits for completion.
func (p *Pod) Reload(ctx context.Context) error { return errSoon }

// StartNginx starts a stopped nginx.
func (p *Pod) StartNginx(ctx context.Context) error { return errSoon }

// StopNginx ends nginx gracefully (QUIT) and waits until it is gone.
func (p *Pod) StopNginx(ctx context.Context) error { return errSoon }

// KillWorker kills one worker with SIGKILL and waits until another took its place.
func (p *Pod) KillWorker(ctx context.Context) error { return errSoon }

// Exec runs a command beside nginx.
func (p *Pod) Exec(ctx context.Context, cmd Command) (Result, error) { return Result{}, errSoon }

// Read returns a file of nginx's file system.
func (p *Pod) Read(ctx context.Context, path string) ([]byte, error) { return nil, errSoon }

// Put writes files into nginx's file system.
func (p *Pod) Put(ctx context.Context, files ...File) error { return errSoon }

// Follow streams a file from offset as it grows, until the reader is closed.
func (p *Pod) Follow(ctx context.Context, path string, offset int64) (io.ReadCloser, error) {
	return nil, errSoon
}

// Observed is what reached the backends so far.
func (p *Pod) Observed(ctx context.Context) ([]backends.Conn, []backends.Attempt, error) {
	return nil, nil, errSoon
}

// Dial opens a TCP connection inside the pod ("127.0.0.1:80") from outside.
func (p *Pod) Dial(ctx context.Context, address string) (net.Conn, error) { return nil, errSoon }

// Now is the offset from the pod's base time.
func (p *Pod) Now(ctx context.Context) (time.Duration, error) { return 0, errSoon }

// Access tells how a person looks inside.
func (p *Pod) Access() Access { return p.machine.Access() }

// Capture is the packet capture so far, in pcap format.
func (p *Pod) Capture(ctx context.Context) ([]byte, error) { return nil, os.ErrNotExist }

// Close ends the pod. Safe on nil and twice.
func (p *Pod) Close() error { return nil }
