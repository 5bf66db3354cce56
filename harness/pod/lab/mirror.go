//go:build linux

package lab

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strconv"

	"golang.org/x/sys/unix"
)

// makeWritable lets path be written where it lies in a directory that the pod
// shares read-only: its nearest directory becomes one of the pod's own in
// memory, with everything that was in it bound into it, still read-only. That
// takes CAP_SYS_ADMIN; pods that lack it have no shared directories.
func makeWritable(path string) error {
	if unix.Unmount(path, unix.MNT_DETACH) == nil {
		return nil // a file of a directory that was mirrored before
	}
	dir := filepath.Dir(path)
	for {
		if info, err := os.Stat(dir); err == nil && info.IsDir() {
			return mirror(dir, filepath.Base(path))
		}
		dir = filepath.Dir(dir)
	}
}

// mirror covers dir with a directory in memory that holds what dir held,
// without the entry that is to be replaced.
func mirror(dir, without string) error {
	fd, err := unix.Open(dir, unix.O_PATH|unix.O_DIRECTORY|unix.O_CLOEXEC, 0)
	if err != nil {
		return fmt.Errorf("open %s: %w", dir, err)
	}
	defer unix.Close(fd)
	below := "/proc/self/fd/" + strconv.Itoa(fd)
	entries, err := os.ReadDir(below)
	if err != nil {
		return fmt.Errorf("list %s: %w", dir, err)
	}
	if err := unix.Mount("tmpfs", dir, "tmpfs", unix.MS_NOSUID|unix.MS_NODEV, "mode=755"); err != nil {
		return fmt.Errorf("cover %s: %w", dir, err)
	}
	entries = slices.DeleteFunc(entries, func(e os.DirEntry) bool { return e.Name() == without && !e.IsDir() })
	for _, e := range entries {
		if err := reflect(e, filepath.Join(below, e.Name()), filepath.Join(dir, e.Name())); err != nil {
			return fmt.Errorf("cover %s: %w", dir, err)
		}
	}
	return nil
}

// reflect puts one entry of a mirrored directory where it was.
func reflect(e os.DirEntry, from, to string) error {
	var err error
	switch {
	case e.Type()&os.ModeSymlink != 0:
		target, err := os.Readlink(from)
		return errors.Join(err, os.Symlink(target, to))
	case e.IsDir():
		err = os.Mkdir(to, 0o755)
	default:
		err = os.WriteFile(to, nil, 0o644)
	}
	if err != nil {
		return err
	}
	return unix.Mount(from, to, "", unix.MS_BIND|unix.MS_REC, "")
}
