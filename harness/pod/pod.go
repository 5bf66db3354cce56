package pod

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net"
	"net/url"
	"strconv"
	"sync"
	"sync/atomic"
	"time"

	"badgateway/backends"
)

// CapturePath is where the lab writes the packet capture (in its own root).
const CapturePath = "/run/badgateway/capture.pcap"

// Pod is a running pod: nginx, its backends behind toxiproxy, and the client.
// Its methods may be called concurrently, except those that change nginx.
type Pod struct {
	spec    Spec
	limits  Timeouts
	machine Machine
	link    *Link
	serial  atomic.Int64
	faults  faultLog
	closing func() error
}

// Start makes a pod with driver, starts its backends, writes Spec.Conf and
// Spec.Files and starts nginx. It returns the half-made Pod with the error, so
// that its logs can still be read; Close is safe on both.
func Start(ctx context.Context, d Driver, spec Spec, t Timeouts) (*Pod, error) {
	p, err := New(ctx, d, spec, t)
	if err != nil {
		return p, err
	}
	return p, p.StartNginx(ctx)
}

// errNotMade is the answer of a pod that its driver could not make.
var errNotMade = fmt.Errorf("the pod was never made: %w", fs.ErrNotExist)

// New is [Start] without the start of nginx.
func New(ctx context.Context, d Driver, spec Spec, t Timeouts) (*Pod, error) {
	size := len(spec.Conf)
	for _, f := range spec.Files {
		size += len(f.Data)
	}
	p := &Pod{spec: spec, limits: t.forText(size), closing: func() error { return nil }}
	if first, ok := d.(Preparer); ok {
		if err := first.Prepare(ctx, spec.Nginx); err != nil {
			return p, fmt.Errorf("prepare %s pods: %w", d.Name(), err)
		}
	}
	ctx, cancel := context.WithTimeout(ctx, t.Start)
	defer cancel()
	m, err := d.Start(ctx, spec)
	if err != nil {
		return p, fmt.Errorf("start %s pod: %w", d.Name(), err)
	}
	p.machine, p.link = m, m.Link()
	p.closing = sync.OnceValue(m.Close)
	setup := SetupRequest{Backends: spec.Backends, Users: spec.Users, Hosts: spec.Hosts, Resolvers: spec.Resolvers,
		Capture: spec.Capture, Listens: spec.listens()}
	if _, err := Call[Empty](ctx, p.link, OpSetup, setup); err != nil {
		return p, fmt.Errorf("set up pod: %w", err)
	}
	files := spec.Files
	if spec.Conf != "" {
		files = append([]File{{Path: ConfPath, Data: []byte(spec.Conf)}}, files...)
	}
	return p, p.Put(ctx, files...)
}

// ImageCommand is how the pod's image starts nginx, as of [Imaged]; nginx is nil
// where the pod is not made of an image.
func (p *Pod) ImageCommand() (entry, nginx []string) {
	if m, ok := p.machine.(Imaged); ok {
		return m.ImageCommand()
	}
	return nil, nil
}

// Close ends the pod. Safe on nil and twice.
func (p *Pod) Close() error {
	if p == nil {
		return nil
	}
	return p.closing()
}

// Access tells how a person looks inside.
func (p *Pod) Access() Access { return p.machine.Access() }

// Request makes one client request; the error is the harness's, what the
// client saw is in the Response.
func (p *Pod) Request(ctx context.Context, r Request) (Response, error) {
	if r.ID == "" {
		r.ID = "r" + strconv.FormatInt(p.serial.Add(1), 10)
	}
	if r.Limit == 0 {
		r.Limit = p.limits.Request
	}
	return Call[Response](ctx, p.link, OpRequest, r)
}

// Exec runs a command beside nginx.
func (p *Pod) Exec(ctx context.Context, cmd Command) (Result, error) {
	if cmd.Limit == 0 {
		cmd.Limit = p.limits.Command
	}
	return p.machine.Exec(ctx, cmd)
}

// Put writes files into nginx's file system.
func (p *Pod) Put(ctx context.Context, files ...File) error { return p.machine.Put(ctx, files) }

// Read returns a file of nginx's file system; fs.ErrNotExist when there is none.
func (p *Pod) Read(ctx context.Context, path string) ([]byte, error) {
	if p.machine == nil {
		return nil, errNotMade
	}
	return p.machine.Read(ctx, path)
}

// Glob lists files and directories of nginx's file system by patterns of
// path/filepath.Glob, symbolic links followed.
func (p *Pod) Glob(ctx context.Context, patterns ...string) ([]Entry, error) {
	if p.link == nil {
		return nil, errNotMade
	}
	r, err := Call[GlobResponse](ctx, p.link, OpGlob, GlobRequest{Patterns: patterns})
	return r.Entries, err
}

// ReadFrom returns what a file holds behind offset, and its whole size. A file
// that does not exist is empty.
func (p *Pod) ReadFrom(ctx context.Context, path string, offset int64) ([]byte, int64, error) {
	data, err := p.Read(ctx, path)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, 0, nil
	}
	size := int64(len(data))
	return data[min(offset, size):], size, err
}

// Follow streams a file from offset as it grows, until the reader is closed.
func (p *Pod) Follow(ctx context.Context, path string, offset int64) (io.ReadCloser, error) {
	query := url.Values{"path": {path}, "offset": {strconv.FormatInt(offset, 10)}}
	resp, err := p.link.send(ctx, OpFollow, query, nil)
	if err != nil {
		return nil, err
	}
	return resp.Body, nil
}

// Observed is what reached the backends so far.
func (p *Pod) Observed(ctx context.Context) ([]backends.Conn, []backends.Attempt, error) {
	o, err := Call[ObservedResponse](ctx, p.link, OpObserved, Empty{})
	return o.Conns, o.Attempts, err
}

// Queries are the questions to the pod's DNS server so far, in order.
func (p *Pod) Queries(ctx context.Context) ([]Query, error) {
	o, err := Call[ObservedResponse](ctx, p.link, OpObserved, Empty{})
	return o.Queries, err
}

// Dial opens a TCP connection inside the pod ("127.0.0.1:80") from outside.
// The connection has no deadlines; close it to end a wait.
func (p *Pod) Dial(ctx context.Context, address string) (net.Conn, error) {
	return p.link.dial(ctx, address)
}

// Now is the offset from the pod's base time.
func (p *Pod) Now(ctx context.Context) (time.Duration, error) {
	r, err := Call[NowResponse](ctx, p.link, OpNow, Empty{})
	return r.Now, err
}

// Capture is the packet capture so far, in pcap format; fs.ErrNotExist without
// Spec.Capture.
func (p *Pod) Capture(ctx context.Context) ([]byte, error) {
	if p.link == nil {
		return nil, errNotMade
	}
	r, err := Call[ReadResponse](ctx, p.link, OpRead, ReadRequest{Path: CapturePath})
	return r.Data, err
}
