package config

import (
	"errors"
	"os"
	"syscall"
)

// openQuietly opens for reading without waiting for the writer of a pipe, and
// without making a terminal the program's own.
func openQuietly(open func(flag int) (*os.File, error)) (*os.File, error) {
	f, err := open(os.O_RDONLY | syscall.O_NONBLOCK | syscall.O_NOCTTY)
	if errors.Is(err, syscall.ENXIO) {
		err = errors.New("a socket or a device, where a file with text is needed")
	}
	return f, reasonOf(err)
}
