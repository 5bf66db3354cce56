package docker

import (
	"context"
	"encoding/binary"
	"fmt"
	"io"
	"net"
	"sync"

	"github.com/moby/moby/api/pkg/stdcopy"
	"github.com/moby/moby/client"

	"badgateway/harness/pod/docker/inside"
)

// frameHead is the length of the header before each piece of output of a
// container without a terminal: stream, three zeros, length (package stdcopy).
const frameHead = 8

// stream is a container's standard input and output as one connection; what
// the container writes to standard error is kept aside.
type stream struct {
	net.Conn           // the hijacked connection to the engine
	in       io.Reader // what the engine sends: frames

	head   [frameHead]byte
	filled int // bytes of head read
	left   int // bytes left in the current frame
	errs   tail
}

// attach connects to a container that is created and not yet started, so that
// nothing it prints is lost.
func attach(ctx context.Context, api client.APIClient, id string) (*stream, error) {
	resp, err := api.ContainerAttach(ctx, id, client.ContainerAttachOptions{
		Stream: true, Stdin: true, Stdout: true, Stderr: true,
	})
	if err != nil {
		return nil, fmt.Errorf("attach to container: %w", err)
	}
	return &stream{Conn: resp.Conn, in: resp.Reader}, nil
}

// Read returns what the container wrote to standard output.
func (s *stream) Read(p []byte) (int, error) {
	for {
		if err := s.frame(); err != nil {
			return 0, err
		}
		part := p[:min(len(p), s.left)]
		kind := stdcopy.StdType(s.head[0])
		if kind != stdcopy.Stdout {
			part = make([]byte, s.left)
		}
		n, err := s.in.Read(part)
		s.consume(n)
		switch {
		case kind == stdcopy.Stdout && (n > 0 || err != nil || len(p) == 0):
			return n, err
		case kind == stdcopy.Systemerr && n > 0:
			return 0, fmt.Errorf("engine broke the stream: %s", part[:n])
		case kind != stdcopy.Stdout:
			s.errs.add(part[:n])
		}
		if err != nil {
			return 0, err
		}
	}
}

// frame reads up to the data of a frame. It can be interrupted by a deadline
// and goes on where it was.
func (s *stream) frame() error {
	for s.left == 0 {
		n, err := s.in.Read(s.head[s.filled:])
		s.filled += n
		if s.filled == frameHead {
			s.left = int(binary.BigEndian.Uint32(s.head[4:]))
			if s.left == 0 {
				s.filled = 0
			}
			continue
		}
		if err != nil {
			return err
		}
	}
	return nil
}

func (s *stream) consume(n int) {
	if s.left -= n; s.left == 0 {
		s.filled = 0
	}
}

// Errors is the end of what the container wrote to standard error and Read has
// passed so far.
func (s *stream) Errors() string { return s.errs.String() }

// tail keeps the last inside.Tail bytes written to it.
type tail struct {
	mu   sync.Mutex
	data []byte
}

func (t *tail) add(p []byte) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.data = append(t.data, p...)
	if extra := len(t.data) - inside.Tail; extra > 0 {
		t.data = append(t.data[:0], t.data[extra:]...)
	}
}

// Write implements io.Writer.
func (t *tail) Write(p []byte) (int, error) {
	t.add(p)
	return len(p), nil
}

func (t *tail) String() string {
	t.mu.Lock()
	defer t.mu.Unlock()
	return string(t.data)
}
