//go:build linux

package lab

import (
	"cmp"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net"
	"os"
	"path/filepath"
	"sync"

	"golang.org/x/sys/unix"
)

// forwarder stands at a unix socket in nginx's file system and carries each
// connection to toxiproxy, which speaks TCP only.
type forwarder struct {
	path  string
	mode  uint32 // 0: 0666
	owner string // "USER:GROUP"; empty: root's
	to    string

	life *life // as long as the socket listens
}

// life is one time that the socket listens. A forwarder may have several, and
// connections of one may still be ending in the next.
type life struct {
	listener *net.UnixListener
	to       string

	mu    sync.Mutex
	conns map[net.Conn]bool // nil: over
}

// open creates the socket file, replacing one that is there, also in a
// directory that is read-only.
func (f *forwarder) open() error {
	err := f.create()
	if errors.Is(err, unix.EROFS) {
		if err = makeWritable(f.path); err == nil {
			err = f.create()
		}
	}
	return err
}

func (f *forwarder) create() error {
	if err := os.MkdirAll(filepath.Dir(f.path), 0o755); err != nil {
		return fmt.Errorf("make directory of socket: %w", err)
	}
	if err := os.Remove(f.path); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("remove old socket: %w", err)
	}
	ln, err := net.ListenUnix("unix", &net.UnixAddr{Name: f.path, Net: "unix"})
	if err != nil {
		return fmt.Errorf("listen on socket: %w", err)
	}
	ln.SetUnlinkOnClose(false)
	f.life = &life{listener: ln, to: f.to, conns: map[net.Conn]bool{}}
	go f.life.serve()
	return f.permit()
}

// permit gives the socket file its owner and permission.
func (f *forwarder) permit() error {
	if f.owner != "" {
		if err := chown(f.path, f.owner); err != nil {
			return fmt.Errorf("give socket to %s: %w", f.owner, err)
		}
	}
	return os.Chmod(f.path, os.FileMode(cmp.Or(f.mode, 0o666)))
}

// die closes the listener and every connection and leaves the file behind, as
// a killed process does.
func (f *forwarder) die() error {
	err := f.life.listener.Close()
	f.life.mu.Lock()
	defer f.life.mu.Unlock()
	for c := range f.life.conns {
		c.Close()
	}
	f.life.conns = nil
	return err
}

func (l *life) serve() {
	for {
		conn, err := l.listener.Accept()
		if err != nil {
			return // closed by die
		}
		go l.forward(conn)
	}
}

func (l *life) forward(conn net.Conn) {
	defer conn.Close()
	if !l.begin(conn) {
		return
	}
	defer l.end(conn)
	back, err := net.Dial("tcp", l.to)
	if err != nil {
		return // toxiproxy is down; nginx sees the connection close
	}
	defer back.Close()
	done := make(chan struct{}, 2)
	pipe := func(dst, src net.Conn) {
		_, _ = io.Copy(dst, src) // either end may break; both are closed then
		done <- struct{}{}
	}
	go pipe(back, conn)
	go pipe(conn, back)
	<-done
}

// begin remembers a connection; false says that it came too late.
func (l *life) begin(conn net.Conn) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.conns == nil {
		return false
	}
	l.conns[conn] = true
	return true
}

func (l *life) end(conn net.Conn) {
	l.mu.Lock()
	defer l.mu.Unlock()
	delete(l.conns, conn)
}
