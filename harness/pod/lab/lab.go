//go:build linux

package lab

import (
	"io"
	"net"
	"net/http"
	"os"
	"os/signal"
	"sync"
	"time"

	"github.com/rs/zerolog"
	"github.com/rs/zerolog/log"
	"golang.org/x/sys/unix"

	"badgateway/backends"
	"badgateway/harness/pod"
)

// Lab is the state of one pod.
type Lab struct {
	base     time.Time
	recorder *backends.Recorder
	procs    *processes
	routes   routes
	names    *names // nil without resolvers

	mu      sync.Mutex // guards what follows
	members map[string]*member
	windows []*window
	crowd   *crowd // nil without such a fault
}

// Serve answers the control link on conn until it closes. The caller then ends
// the process, and with it the pod.
func Serve(conn net.Conn) error {
	// A library's word to standard error, which nobody may read any more, would
	// end the lab (os/signal, SIGPIPE). Not ignored: children would inherit that.
	signal.Notify(make(chan os.Signal, 1), unix.SIGPIPE)
	log.Logger = zerolog.Nop() // toxiproxy's toxics write there (toxics/bandwidth.go)
	l := &Lab{base: time.Now(), members: map[string]*member{}, procs: newProcesses()}
	l.recorder = backends.NewRecorder(l.base)
	protocols := new(http.Protocols)
	protocols.SetUnencryptedHTTP2(true)
	server := &http.Server{Handler: l.handler(), Protocols: protocols}
	link := &single{conn: conn, closed: make(chan struct{})}
	return server.Serve(link)
}

// since is the offset from the pod's base time.
func (l *Lab) since() time.Duration { return time.Since(l.base) }

// single is a listener that hands out one connection and ends with it.
type single struct {
	conn   net.Conn
	once   sync.Once
	closed chan struct{}
}

func (s *single) Accept() (net.Conn, error) {
	var conn net.Conn
	s.once.Do(func() { conn = &closing{Conn: s.conn, end: sync.OnceFunc(func() { close(s.closed) })} })
	if conn != nil {
		return conn, nil
	}
	<-s.closed
	return nil, io.EOF
}

func (s *single) Close() error   { return nil }
func (s *single) Addr() net.Addr { return s.conn.LocalAddr() }

// closing tells when the connection is closed.
type closing struct {
	net.Conn
	end func()
}

func (c *closing) Close() error {
	defer c.end()
	return c.Conn.Close()
}

// Stdio is standard input and output as one connection. It has no deadlines.
type Stdio struct{}

func (Stdio) Read(p []byte) (int, error)       { return os.Stdin.Read(p) }
func (Stdio) Write(p []byte) (int, error)      { return os.Stdout.Write(p) }
func (Stdio) Close() error                     { return os.Stdin.Close() }
func (Stdio) LocalAddr() net.Addr              { return &net.UnixAddr{Name: "stdio", Net: "unix"} }
func (Stdio) RemoteAddr() net.Addr             { return &net.UnixAddr{Name: "stdio", Net: "unix"} }
func (Stdio) SetDeadline(time.Time) error      { return nil }
func (Stdio) SetReadDeadline(time.Time) error  { return nil }
func (Stdio) SetWriteDeadline(time.Time) error { return nil }

// window is a fault with what undoes it and what counts its evidence.
type window struct {
	pod.Window
	undo  func() error
	count func() int // nil: no evidence but the log
}
