package backends

import (
	"context"
	"errors"
	"fmt"
	"net"
	"os"
	"sync"
	"sync/atomic"
	"syscall"
	"time"
)

// idleGrace is how long SetScript lets the peer of an idle connection take to
// close its side before it closes the connection altogether.
const idleGrace = time.Second

// Server is a running backend.
type Server struct {
	spec Spec
	ln   net.Listener
	rec  *Recorder
	cert *certificate // nil: plain text

	behaviour atomic.Pointer[behaviour]
	switching sync.Mutex // one SetScript at a time
	done      chan struct{}
	wg        sync.WaitGroup

	mu     sync.Mutex
	closed bool
	conns  map[*conn]struct{}
	err    error // why accepting ended, Close apart
}

// Listen opens the listener that spec.Listen names, for use without a pod. The
// file of a unix socket gets spec.Mode (0: 0666).
func Listen(spec Spec) (net.Listener, error) {
	network, address, err := spec.Addr()
	if err != nil {
		return nil, fmt.Errorf("backend %q: %w", spec.Name, err)
	}
	ln, err := net.Listen(network, address)
	if err != nil {
		return nil, fmt.Errorf("backend %q: %w", spec.Name, err)
	}
	if network == "unix" {
		mode := os.FileMode(spec.Mode)
		if mode == 0 {
			mode = 0o666
		}
		if err := os.Chmod(address, mode); err != nil {
			return nil, errors.Join(fmt.Errorf("backend %q: set mode of socket: %w", spec.Name, err), ln.Close())
		}
	}
	return ln, nil
}

// Start serves spec on ln, which need not be spec.Listen's, and records into
// rec. The listener is the Server's from then on; with an error it stays the
// caller's and the Server is nil.
func Start(ln net.Listener, spec Spec, rec *Recorder) (*Server, error) {
	if err := spec.Validate(); err != nil {
		return nil, err
	}
	s := &Server{spec: spec, ln: ln, rec: rec, done: make(chan struct{}), conns: make(map[*conn]struct{})}
	if spec.TLS != nil {
		cert, err := newCertificate(spec)
		if err != nil {
			return nil, fmt.Errorf("backend %q: %w", spec.Name, err)
		}
		s.cert = cert
	}
	s.behaviour.Store(s.compile(spec.Script))
	s.wg.Go(s.accept)
	return s, nil
}

// CertPEM is the certificate of a TLS backend, fit for a file of trusted
// certificates; nil for plain text.
func (s *Server) CertPEM() []byte {
	if s.cert == nil {
		return nil
	}
	return s.cert.pem
}

// SetScript makes the backend follow script: from the next request on, for the
// actions at accept from the next connection on. A request whose header was
// read before is finished by the old script. Idle keep-alive connections are
// ended, so that the next request meets the new behaviour on a new connection;
// SetScript returns when their peers have closed too (or after a second, when
// it closes them without waiting). Connections of HTTP/2 stay: their next
// request meets the new behaviour there.
func (s *Server) SetScript(script Script) error {
	changed := s.spec
	changed.Script = script
	if err := changed.Validate(); err != nil {
		return err
	}
	s.switching.Lock()
	defer s.switching.Unlock()
	next := s.compile(script)

	s.mu.Lock()
	if s.closed {
		s.mu.Unlock()
		return fmt.Errorf("backend %q: set script: %w", s.spec.Name, net.ErrClosed)
	}
	s.behaviour.Store(next)
	evicted := make(map[*conn]<-chan struct{})
	for c := range s.conns {
		if left := c.evict(); left != nil {
			evicted[c] = left
		}
	}
	s.mu.Unlock()

	grace, cancel := context.WithTimeout(context.Background(), idleGrace)
	defer cancel()
	for c, left := range evicted {
		select {
		case <-left:
		case <-grace.Done():
			c.closeRaw()
			<-left
		}
	}
	return nil
}

// Close ends the listener and every connection and returns when nothing of
// the Server runs any more. The error says what went wrong with the listener.
// Safe on nil and twice.
func (s *Server) Close() error {
	if s == nil {
		return nil
	}
	s.mu.Lock()
	if s.closed {
		s.mu.Unlock()
		s.wg.Wait()
		return nil
	}
	s.closed = true
	close(s.done)
	for c := range s.conns {
		c.closeRaw()
	}
	s.mu.Unlock()
	err := s.ln.Close()
	s.wg.Wait()
	if errors.Is(err, net.ErrClosed) {
		err = nil
	}
	if err := errors.Join(s.err, err); err != nil {
		return fmt.Errorf("backend %q: %w", s.spec.Name, err)
	}
	return nil
}

// accept takes connections until the listener ends.
func (s *Server) accept() {
	wait := time.Duration(0)
	for {
		raw, err := s.ln.Accept()
		if err == nil {
			wait = 0
			s.begin(raw)
			continue
		}
		if errors.Is(err, net.ErrClosed) {
			return
		}
		if !transient(err) {
			s.mu.Lock()
			s.err = fmt.Errorf("accept: %w", err)
			s.mu.Unlock()
			return
		}
		wait = min(max(2*wait, 5*time.Millisecond), time.Second)
		if !s.pause(wait) {
			return
		}
	}
}

// transient says whether accepting may go on after err (accept(2)).
func transient(err error) bool {
	for _, errno := range []syscall.Errno{
		syscall.ECONNABORTED, syscall.EMFILE, syscall.ENFILE, syscall.ENOBUFS, syscall.ENOMEM, syscall.EPERM, syscall.EPROTO,
	} {
		if errors.Is(err, errno) {
			return true
		}
	}
	return false
}

// enter counts one more goroutine of the Server, for wg.Done; false means that
// the Server closed first.
func (s *Server) enter() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	if !s.closed {
		s.wg.Add(1)
	}
	return !s.closed
}

// pause lets d pass; false means that the Server closed first.
func (s *Server) pause(d time.Duration) bool {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return true
	case <-s.done:
		return false
	}
}
