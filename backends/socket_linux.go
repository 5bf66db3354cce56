package backends

import (
	"syscall"

	"golang.org/x/sys/unix"
)

// waitSent returns when nothing that was written waits in the socket any more
// (it may still be unacknowledged). A closed socket or a peer's RST ends it.
//
// TCP_NOTSENT_LOWAT 1 makes a socket writable only while it holds no unsent
// byte (tcp(7); net/ipv4/tcp.c, tcp_stream_memory_free), and the zero-time
// poll asks the kernel for the wake-up that the runtime's poller then gets.
func waitSent(c syscall.Conn) error {
	raw, err := c.SyscallConn()
	if err != nil {
		return err
	}
	var sys error
	if err := raw.Control(func(fd uintptr) {
		sys = unix.SetsockoptInt(int(fd), unix.IPPROTO_TCP, unix.TCP_NOTSENT_LOWAT, 1)
	}); err != nil {
		return err
	}
	if sys == unix.EOPNOTSUPP || sys == unix.ENOPROTOOPT {
		return nil // not TCP: written bytes are the peer's already
	}
	if sys != nil {
		return sys
	}
	if err := raw.Write(func(fd uintptr) bool {
		polled := []unix.PollFd{{Fd: int32(fd), Events: unix.POLLOUT}}
		n := 0
		if n, sys = unix.Poll(polled, 0); sys == unix.EINTR {
			n, sys = unix.Poll(polled, 0)
		}
		return sys != nil || n > 0
	}); err != nil {
		return err
	}
	return sys
}

// waitUnread returns when a byte (or the peer's end) can be read, and reads
// nothing.
func waitUnread(c syscall.Conn) error {
	raw, err := c.SyscallConn()
	if err != nil {
		return err
	}
	var sys error
	if err := raw.Read(func(fd uintptr) bool {
		_, _, sys = unix.Recvfrom(int(fd), make([]byte, 1), unix.MSG_PEEK|unix.MSG_DONTWAIT)
		return sys != unix.EAGAIN && sys != unix.EINTR
	}); err != nil {
		return err
	}
	return sys
}

// unread is how many bytes lie in the socket unread.
func unread(c syscall.Conn) (int, error) {
	raw, err := c.SyscallConn()
	if err != nil {
		return 0, err
	}
	n, sys := 0, error(nil)
	if err := raw.Control(func(fd uintptr) { n, sys = unix.IoctlGetInt(int(fd), unix.TIOCINQ) }); err != nil {
		return 0, err
	}
	return n, sys
}
