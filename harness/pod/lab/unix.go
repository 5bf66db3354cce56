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

	listener *net.UnixListener
	mu       sync.Mutex
	conns    map[net.Conn]bool
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
	f.listener, f.conns = ln, map[net.Conn]bool{}
	go f.serve(ln)
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
	err := f.listener.Close()
	f.mu.Lock()
	defer f.mu.Unlock()
	for c := range f.conns {
		c.Close()
	}
	return err
}

func (f *forwarder) serve(ln *net.UnixListener) {
	for {
		conn, err := ln.Accept()
		if err != nil {
			return // closed by die
		}
		go f.forward(conn)
	}
}

func (f *forwarder) forward(conn net.Conn) {
	defer conn.Close()
	back, err := net.Dial("tcp", f.to)
	if err != nil {
		return // toxiproxy is down; nginx sees the connection close
	}
	defer back.Close()
	f.track(conn, true)
	defer f.track(conn, false)
	done := make(chan struct{}, 2)
	pipe := func(dst, src net.Conn) {
		_, _ = io.Copy(dst, src) // either end may break; both are closed then
		done <- struct{}{}
	}
	go pipe(back, conn)
	go pipe(conn, back)
	<-done
}

func (f *forwarder) track(conn net.Conn, on bool) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if on {
		f.conns[conn] = true
	} else {
		delete(f.conns, conn)
	}
}
