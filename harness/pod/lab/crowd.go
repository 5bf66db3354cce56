//go:build linux

package lab

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"net"
	"net/netip"
	"slices"
	"time"

	"github.com/prometheus/procfs"

	"badgateway/harness/pod"
)

// The bounds of a crowd: how many clients it may take, and how long a loaded
// machine has for them.
const (
	maxCrowd   = 1024
	crowdLimit = 10 * time.Second
)

// crowd are clients that are connected to nginx and say nothing.
type crowd struct {
	at    netip.AddrPort
	size  int // clients
	conns []net.Conn
}

// gather lets clients connect until nginx's worker has one descriptor left:
// the next client is accepted, and the socket to its upstream is EMFILE.
func (l *Lab) gather(f pod.Fault) (*window, error) {
	at, err := netip.ParseAddrPort(f.Target)
	if err != nil {
		return nil, fmt.Errorf("read where nginx listens: %w", err)
	}
	c := &crowd{at: at}
	// A client has its answer before nginx has closed its connection.
	if err := c.await(func(int, int) bool { return true }); err != nil {
		return nil, fmt.Errorf("wait until nginx has no connection: %w", err)
	}
	open, limit, err := descriptors()
	if err != nil {
		return nil, err
	}
	c.size = limit - open - 1
	if c.size < 1 || c.size > maxCrowd {
		return nil, fmt.Errorf("nginx's worker has %d of %d files open; limit it so that 2 to %d are left (Limits.OpenFiles)", open, limit, maxCrowd+1)
	}
	if err := c.join(); err != nil {
		return nil, errors.Join(err, c.part())
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	l.crowd = c
	w := &window{count: func() int { return c.size }}
	w.Addr = f.Target
	w.undo = func() error { // called with mu held
		l.crowd = nil
		return c.part()
	}
	return w, nil
}

// join connects the clients, and returns when the worker has accepted them all
// and still has a descriptor: after a reload it has one more until its
// predecessor has ended (ngx_process_cycle.c, NGX_CMD_CLOSE_CHANNEL).
func (c *crowd) join() error {
	for range c.size {
		conn, err := net.DialTimeout("tcp", c.at.String(), crowdLimit)
		if err != nil {
			return fmt.Errorf("connect idle client: %w", err)
		}
		c.conns = append(c.conns, conn)
	}
	if err := c.await(func(open, limit int) bool { return open < limit }); err != nil {
		return fmt.Errorf("wait until nginx has accepted %d idle clients: %w", c.size, err)
	}
	return nil
}

// await waits until nginx's connections are those of the crowd, and enough of
// the worker's files are open.
func (c *crowd) await(enough func(open, limit int) bool) error {
	return poll(context.Background(), crowdLimit, func() (bool, error) {
		n, err := accepted(c.at.Port())
		if err != nil || n != len(c.conns) {
			return false, err
		}
		open, limit, err := descriptors()
		return enough(open, limit), err
	})
}

// stateListen is TCP_LISTEN in /proc/net/tcp (tcp_states.h).
const stateListen = 10

// accepted is how many connections at a port a process holds: one that waits to
// be accepted has no inode yet.
func accepted(port uint16) (int, error) {
	self, err := procfs.NewDefaultFS()
	if err != nil {
		return 0, err
	}
	four, err := self.NetTCP()
	if err != nil {
		return 0, fmt.Errorf("list connections: %w", err)
	}
	six, err := self.NetTCP6()
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return 0, fmt.Errorf("list connections: %w", err)
	}
	n := 0
	for _, s := range slices.Concat(four, procfs.NetTCP(six)) {
		if s.LocalPort == uint64(port) && s.St != stateListen && s.Inode != 0 {
			n++
		}
	}
	return n, nil
}

// part ends the clients' connections.
func (c *crowd) part() error {
	var errs []error
	for _, conn := range c.conns {
		errs = append(errs, conn.Close())
	}
	c.conns = nil
	return errors.Join(errs...)
}

// descriptors are how many files nginx's worker has open, and may have. The limit
// is one of numbers: what was inherited with a higher one takes no place.
func descriptors() (open, limit int, err error) {
	state, err := running()
	if err != nil {
		return 0, 0, err
	}
	if len(state.Workers) != 1 {
		return 0, 0, fmt.Errorf("nginx has %d workers; set worker_processes 1", len(state.Workers))
	}
	worker, err := procfs.NewProc(state.Workers[0])
	if err != nil {
		return 0, 0, fmt.Errorf("look at worker: %w", err)
	}
	limits, err := worker.Limits()
	if err != nil {
		return 0, 0, fmt.Errorf("read worker's limits: %w", err)
	}
	all, err := worker.FileDescriptors()
	if err != nil {
		return 0, 0, fmt.Errorf("count worker's files: %w", err)
	}
	for _, number := range all {
		if uint64(number) < limits.OpenFiles {
			open++
		}
	}
	return open, int(limits.OpenFiles), nil
}

// reloadCrowded is a reload that idle clients do not outlast: a worker without
// a descriptor for the master's message would never end, one with them not for
// client_header_timeout.
func (l *Lab) reloadCrowded(ctx context.Context, r pod.ReloadRequest) (pod.NginxState, error) {
	c, err := l.disperse()
	if err != nil {
		return pod.NginxState{}, err
	}
	state, err := l.reload(ctx, r)
	if c != nil {
		err = errors.Join(err, c.join())
	}
	return state, err
}

// stopCrowded is a stop that no idle client holds up.
func (l *Lab) stopCrowded(ctx context.Context, r pod.StopRequest) (pod.Empty, error) {
	if _, err := l.disperse(); err != nil {
		return pod.Empty{}, err
	}
	return l.stop(ctx, r)
}

// disperse sends the clients away; nil where there are none.
func (l *Lab) disperse() (*crowd, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.crowd == nil {
		return nil, nil
	}
	return l.crowd, l.crowd.part()
}
