//go:build !linux

package backends

import (
	"errors"
	"syscall"
)

// Pods run on Linux only; elsewhere this package is for its types.
var errLinux = errors.New("backends run on linux only")

func waitSent(syscall.Conn) error      { return errLinux }
func waitUnread(syscall.Conn) error    { return errLinux }
func unread(syscall.Conn) (int, error) { return 0, errLinux }
