package config

import (
	"os"
	"syscall"
)

// openQuietly opens for reading without waiting for the writer of a pipe, and
// without making a terminal the program's own.
func openQuietly(open func(flag int) (*os.File, error)) (*os.File, error) {
	f, err := open(os.O_RDONLY | syscall.O_NONBLOCK | syscall.O_NOCTTY)
	return f, reasonOf(err)
}
