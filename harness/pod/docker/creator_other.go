//go:build !linux

package docker

import "os"

// self has no host here: a sweep treats its containers as a stranger's.
func self() creator { return creator{host: "unknown", pid: os.Getpid()} }

func (creator) lives() bool { return true }
