//go:build linux

package lab

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net/http"
	"os"
	"path/filepath"
	"strconv"
	"strings"

	"github.com/fsnotify/fsnotify"
	"github.com/google/renameio/v2"
	"golang.org/x/sys/unix"

	"badgateway/harness/pod"
)

// put writes files, making their directories.
func (l *Lab) put(_ context.Context, r pod.PutRequest) (pod.Empty, error) {
	for _, f := range r.Files {
		err := putFile(f)
		if errors.Is(err, unix.EROFS) {
			if err = makeWritable(f.Path); err == nil {
				err = putFile(f)
			}
		}
		if err != nil {
			return pod.Empty{}, fmt.Errorf("put %s: %w", f.Path, err)
		}
	}
	return pod.Empty{}, nil
}

func putFile(f pod.File) error {
	path := filepath.Clean(f.Path)
	if !filepath.IsAbs(f.Path) {
		return errors.New("path is not absolute")
	}
	if strings.HasPrefix(path, "/proc/") || strings.HasPrefix(path, "/sys/") {
		return errors.New("the directory is the kernel's own")
	}
	if f.Dir {
		if info, err := os.Stat(f.Path); err == nil && info.IsDir() && f.Mode == 0 {
			return nil // as it is, read-only perhaps
		}
		if err := os.MkdirAll(f.Path, 0o755); err != nil {
			return err
		}
		return os.Chmod(f.Path, os.FileMode(cmp.Or(f.Mode, 0o755)))
	}
	if err := os.MkdirAll(filepath.Dir(f.Path), 0o755); err != nil {
		return err
	}
	// A pipe may wait for its reader, and /dev/stdin is the control link.
	if info, err := os.Stat(f.Path); err == nil && !info.Mode().IsRegular() {
		if len(f.Data) == 0 && info.Mode()&fs.ModeCharDevice == 0 && !info.IsDir() {
			return nil // a log that is a link to standard output
		}
		return fmt.Errorf("not a regular file (%s)", info.Mode().Type())
	}
	return writeFile(f.Path, f.Data, os.FileMode(cmp.Or(f.Mode, 0o644)))
}

// writeFile writes a file. One that is there is replaced in one piece: nginx may
// be about to read it, for `nginx -s reload` does not wait until it has. A mount
// cannot be replaced and is written over.
func writeFile(path string, data []byte, mode fs.FileMode) error {
	if info, err := os.Lstat(path); err == nil && info.Mode().IsRegular() {
		err := renameio.WriteFile(path, data, mode, renameio.WithTempDir(filepath.Dir(path)), renameio.IgnoreUmask())
		if err == nil || !errors.Is(err, unix.EBUSY) && !errors.Is(err, unix.EROFS) {
			return err
		}
	}
	if err := os.WriteFile(path, data, mode); err != nil {
		return err
	}
	return os.Chmod(path, mode)
}

// maxRead bounds what one read returns: nginx may have written much more.
const maxRead = 64 << 20

// read returns a regular file from an offset on. A pipe would keep it waiting,
// and a device may have no end.
func (l *Lab) read(_ context.Context, r pod.ReadRequest) (pod.ReadResponse, error) {
	var out pod.ReadResponse
	file, err := os.OpenFile(r.Path, os.O_RDONLY|unix.O_NONBLOCK, 0)
	if err != nil {
		return out, err
	}
	defer file.Close()
	info, err := file.Stat()
	if err != nil {
		return out, err
	}
	if !info.Mode().IsRegular() {
		return out, fmt.Errorf("read %s: not a regular file (%s)", r.Path, info.Mode().Type())
	}
	tooLarge := fmt.Errorf("read %s: more than %d MB", r.Path, maxRead>>20)
	if info.Size()-r.Offset > maxRead {
		return out, tooLarge
	}
	if _, err := file.Seek(r.Offset, io.SeekStart); err != nil {
		return out, err
	}
	out.Data, err = io.ReadAll(io.LimitReader(file, maxRead+1)) // it may grow meanwhile
	if len(out.Data) > maxRead {
		return pod.ReadResponse{}, tooLarge
	}
	out.Size = r.Offset + int64(len(out.Data))
	return out, err
}

// follow streams a file as it grows (inotify(7)), until the reader goes away.
func (l *Lab) follow(w http.ResponseWriter, r *http.Request) {
	path := r.FormValue("path")
	offset, err := strconv.ParseInt(r.FormValue("offset"), 10, 64)
	if err != nil {
		refuse(w, http.StatusBadRequest, err)
		return
	}
	watcher, err := fsnotify.NewWatcher()
	if err != nil {
		refuse(w, http.StatusInternalServerError, fmt.Errorf("watch: %w", err))
		return
	}
	defer watcher.Close()
	if err := watcher.Add(filepath.Dir(path)); err != nil {
		refuse(w, http.StatusUnprocessableEntity, fmt.Errorf("watch %s: %w", filepath.Dir(path), err))
		return
	}
	w.WriteHeader(http.StatusOK)
	stream(r.Context(), w, path, offset, watcher)
}

// stream copies what is there and then what comes.
func stream(ctx context.Context, w http.ResponseWriter, path string, offset int64, watcher *fsnotify.Watcher) {
	out := http.NewResponseController(w)
	for {
		n, err := copyFrom(w, path, offset)
		if err != nil || out.Flush() != nil {
			return
		}
		offset += n
		select {
		case <-ctx.Done():
			return
		case _, open := <-watcher.Events:
			if !open {
				return
			}
		case <-watcher.Errors: // an overflow loses events, not bytes: copy again
		}
	}
}

// copyFrom copies a file behind offset; a file that is not there is empty.
func copyFrom(w io.Writer, path string, offset int64) (int64, error) {
	file, err := os.Open(path)
	if errors.Is(err, fs.ErrNotExist) {
		return 0, nil
	}
	if err != nil {
		return 0, err
	}
	defer file.Close()
	if _, err := file.Seek(offset, io.SeekStart); err != nil {
		return 0, err
	}
	return io.Copy(w, file)
}
