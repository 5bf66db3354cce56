//go:build !linux

package docker

import "syscall"

func apart() *syscall.SysProcAttr { return nil }
