//go:build !linux

package builds

import (
	"errors"
	"syscall"
)

// dieWithParent has no means here.
func dieWithParent() *syscall.SysProcAttr { return nil }

// publish is never reached: without apt nothing is fetched.
func (f fetch) publish(string) error { return errors.ErrUnsupported }
