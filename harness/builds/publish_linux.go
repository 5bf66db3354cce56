package builds

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"syscall"

	"golang.org/x/sys/unix"
)

// dieWithParent ends a command when the thread that started it ends (prctl(2)).
func dieWithParent() *syscall.SysProcAttr {
	return &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL}
}

// publish moves the product to its place in one step; what was there before
// takes the product's place in the work directory.
func (f fetch) publish(product string) error {
	flags := uint(unix.RENAME_NOREPLACE)
	if _, err := os.Lstat(f.dir); err == nil {
		flags = unix.RENAME_EXCHANGE
	} else if !errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("publish %s: %w", f.dir, err)
	}
	if err := syncTree(product); err != nil {
		return err
	}
	if err := unix.Renameat2(unix.AT_FDCWD, product, unix.AT_FDCWD, f.dir, flags); err != nil {
		return fmt.Errorf("publish %s: %w", f.dir, err)
	}
	return nil
}

// syncTree puts the product's file system on disk, so that after a power
// failure no manifest stands beside files that were never written.
func syncTree(dir string) error {
	file, err := os.Open(dir)
	if err != nil {
		return fmt.Errorf("sync %s: %w", dir, err)
	}
	defer file.Close()
	if err := unix.Syncfs(int(file.Fd())); err != nil {
		return fmt.Errorf("sync %s: %w", dir, err)
	}
	return nil
}
