//go:build linux

package native

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"

	"golang.org/x/sys/unix"
)

// source is a file or directory of the host, held open, or a symbolic link.
type source struct {
	path string // below the tree
	fd   int    // O_PATH; -1 for a link
	link string
	dir  bool
}

// tree is a set of sources, opened before the old root is covered.
type tree []source

// openTree opens paths below root; those that do not exist are left out.
func openTree(root string, paths []string) (tree, error) {
	var t tree
	for _, path := range paths {
		full := filepath.Join(root, path)
		info, err := os.Lstat(full)
		if errors.Is(err, fs.ErrNotExist) {
			continue
		}
		if err != nil {
			return t, err
		}
		s := source{path: path, fd: -1, dir: info.IsDir()}
		if info.Mode()&fs.ModeSymlink != 0 {
			s.link, err = os.Readlink(full)
		} else {
			s.fd, err = unix.Open(full, unix.O_PATH|unix.O_CLOEXEC, 0)
		}
		if err != nil {
			return t, fmt.Errorf("open %s: %w", full, err)
		}
		t = append(t, s)
	}
	return t, nil
}

func (t tree) close() {
	for _, s := range t {
		if s.fd >= 0 {
			_ = unix.Close(s.fd) // opened with O_PATH: nothing can be lost
		}
	}
}

// bind puts every source at its path below to, read-only.
func (t tree) bind(to string) error {
	for _, s := range t {
		at := filepath.Join(to, s.path)
		if err := os.MkdirAll(filepath.Dir(at), 0o755); err != nil {
			return err
		}
		if s.fd < 0 {
			if err := os.Symlink(s.link, at); err != nil {
				return err
			}
			continue
		}
		if err := s.bind(at); err != nil {
			return fmt.Errorf("bind %s: %w", s.path, err)
		}
	}
	return nil
}

func (s source) bind(at string) error {
	place := func() error { return os.MkdirAll(at, 0o755) }
	if !s.dir {
		place = func() error { return os.WriteFile(at, nil, 0o644) }
	}
	if err := place(); err != nil {
		return err
	}
	if err := bind("/proc/self/fd/"+strconv.Itoa(s.fd), at); err != nil {
		return err
	}
	return readOnly(at)
}

// etc is what the pod gets of /etc, read before the old root is covered.
type etc map[string][]byte

// readEtc reads the copied files below dir and completes the accounts.
func readEtc(dir string) (etc, error) {
	e := etc{}
	for _, name := range copied {
		err := filepath.WalkDir(filepath.Join(dir, name), func(path string, d fs.DirEntry, err error) error {
			if errors.Is(err, fs.ErrNotExist) || errors.Is(err, fs.ErrPermission) {
				return nil
			}
			if err != nil || d.IsDir() {
				return err
			}
			data, err := os.ReadFile(path)
			if errors.Is(err, fs.ErrNotExist) { // a link into the void
				return nil
			}
			e[strings.TrimPrefix(path, dir)] = data
			return err
		})
		if err != nil {
			return nil, fmt.Errorf("read %s: %w", name, err)
		}
	}
	e.forgetPeople()
	e.complete()
	return e, nil
}

// forgetPeople leaves the accounts of systems (login.defs(5), UID_MIN).
func (e etc) forgetPeople() {
	for _, file := range []string{"/passwd", "/group"} {
		var kept []byte
		for line := range strings.Lines(string(e[file])) {
			fields := strings.SplitN(line, ":", 4)
			if len(fields) < 4 {
				continue
			}
			if id, err := strconv.Atoi(fields[2]); err == nil && (id < 1000 || id == 65534) {
				kept = append(kept, line...)
			}
		}
		e[file] = kept
	}
}

// complete adds the accounts that nginx.conf files name (passwd(5), group(5)).
func (e etc) complete() {
	have := func(file, name string) bool {
		return slices.ContainsFunc(strings.Split(string(e[file]), "\n"), func(line string) bool {
			return strings.HasPrefix(line, name+":")
		})
	}
	for name, id := range users {
		if !have("/passwd", name) {
			e["/passwd"] = fmt.Appendf(e["/passwd"], "%s:x:%d:%d::/nonexistent:/usr/sbin/nologin\n", name, id, id)
		}
		if !have("/group", name) {
			e["/group"] = fmt.Appendf(e["/group"], "%s:x:%d:\n", name, id)
		}
	}
	if !have("/group", "nogroup") {
		e["/group"] = fmt.Appendf(e["/group"], "nogroup:x:65534:\n")
	}
}

// write writes the files below the new root.
func (e etc) write() error {
	for name, data := range e {
		path := filepath.Join(newRoot, "etc", name)
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			return err
		}
		if err := os.WriteFile(path, data, 0o644); err != nil {
			return err
		}
	}
	return nil
}
