//go:build linux

package lab

import (
	"errors"
	"fmt"
	"net/netip"
	"os"

	"github.com/prometheus/procfs"
	"golang.org/x/sys/unix"
)

// clog replaces a backend's listener by one that accepts nothing and whose
// queue is full. A backlog of 0 still lets one connection wait: TCP compares
// with ">" (sock.h, sk_acceptq_is_full), and so does a unix socket
// (net/unix/af_unix.c, unix_recvq_full). That one is the lab's own.
//
// Further SYNs are dropped (tcp_input.c, tcp_conn_request); connect() on a unix
// socket is EAGAIN for a caller that does not wait.
func (l *Lab) clog(m *member) (*window, error) {
	w := &window{}
	w.Addr = m.addr()
	address, again := unix.Sockaddr(nil), m.proxy.Start
	if m.unix != nil {
		if err := errors.Join(m.unix.die(), os.Remove(m.unix.path)); err != nil {
			return w, fmt.Errorf("end listener: %w", err)
		}
		address, again = &unix.SockaddrUnix{Name: m.unix.path}, m.unix.open
	} else {
		at, err := netip.ParseAddrPort(m.proxy.Listen)
		if err != nil {
			return w, fmt.Errorf("read address of %s: %w", m.spec.Name, err)
		}
		address = sockaddr(at)
		m.proxy.Stop()
	}
	full, err := listenFull(address)
	w.undo = func() error { return errors.Join(full.Close(), again()) }
	if err != nil {
		return w, errors.Join(err, w.undo())
	}
	if m.unix != nil {
		return w, m.unix.permit()
	}
	before := listenOverflows()
	w.count = func() int { return listenOverflows() - before }
	return w, nil
}

func sockaddr(at netip.AddrPort) unix.Sockaddr {
	if at.Addr().Is4() {
		return &unix.SockaddrInet4{Port: int(at.Port()), Addr: at.Addr().As4()}
	}
	return &unix.SockaddrInet6{Port: int(at.Port()), Addr: at.Addr().As16()}
}

// queue is a listener with what waits in it.
type queue struct{ listener, waiting int }

func (q queue) Close() error {
	var errs []error
	for _, fd := range []int{q.listener, q.waiting} {
		if fd >= 0 {
			errs = append(errs, unix.Close(fd))
		}
	}
	return errors.Join(errs...)
}

// listenFull listens and fills the queue. What it made is returned with the
// error.
func listenFull(at unix.Sockaddr) (q queue, err error) {
	q = queue{-1, -1}
	family := unix.AF_UNIX
	switch at.(type) {
	case *unix.SockaddrInet4:
		family = unix.AF_INET
	case *unix.SockaddrInet6:
		family = unix.AF_INET6
	}
	for _, fd := range []*int{&q.listener, &q.waiting} {
		if *fd, err = unix.Socket(family, unix.SOCK_STREAM|unix.SOCK_CLOEXEC, 0); err != nil {
			return q, fmt.Errorf("make socket: %w", err)
		}
	}
	if err := unix.SetsockoptInt(q.listener, unix.SOL_SOCKET, unix.SO_REUSEADDR, 1); err != nil {
		return q, fmt.Errorf("set address for reuse: %w", err)
	}
	if err := unix.Bind(q.listener, at); err != nil {
		return q, fmt.Errorf("bind listener: %w", err)
	}
	if err := unix.Listen(q.listener, 0); err != nil {
		return q, fmt.Errorf("listen: %w", err)
	}
	if err := unix.Connect(q.waiting, at); err != nil {
		return q, fmt.Errorf("fill accept queue: %w", err)
	}
	return q, nil
}

// listenOverflows is how many connections the pod's full accept queues kept
// out (LINUX_MIB_LISTENOVERFLOWS). What cannot be read counts nothing.
func listenOverflows() int {
	self, err := procfs.Self()
	if err != nil {
		return 0
	}
	stat, err := self.Netstat()
	if err != nil || stat.TcpExt.ListenOverflows == nil {
		return 0
	}
	return int(*stat.TcpExt.ListenOverflows)
}
