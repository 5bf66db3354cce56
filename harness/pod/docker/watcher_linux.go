package docker

import "syscall"

// apart keeps the signals of our process group and terminal from the watcher.
func apart() *syscall.SysProcAttr { return &syscall.SysProcAttr{Setsid: true} }
