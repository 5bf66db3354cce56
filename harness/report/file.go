package report

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"syscall"

	"github.com/google/renameio/v2"
)

// Stdout is the path that means the standard output.
const Stdout = "-"

// File is where one report goes. [Open] proves before the run that it can be
// written; [File.Write] writes it in one piece after, so that a reader sees the
// old report or the new one and never a part.
type File struct {
	name   string    // as the user wrote it
	path   string    // symbolic links resolved
	stream io.Writer // standard output, a device or a pipe, kept open
	closer io.Closer // of stream, when it is ours
	direct bool      // the file can be written but not replaced (a mount point)
}

// Open checks that a report can be written to path; Stdout is stdout. The error
// says what is wrong with the path.
func Open(path string, stdout io.Writer) (*File, error) {
	f := &File{name: path, path: path}
	if path == Stdout {
		f.name, f.stream = "stdout", stdout
		return f, nil
	}
	if resolved, err := filepath.EvalSymlinks(path); err == nil {
		f.path = resolved
	}
	info, err := os.Stat(f.path)
	switch {
	case err == nil && info.IsDir():
		return nil, fmt.Errorf("write report %s: it is a directory; name a file in it", path)
	case err == nil && !info.Mode().IsRegular():
		out, err := os.OpenFile(f.path, os.O_WRONLY, 0)
		if err != nil {
			return nil, fmt.Errorf("write report %s: %w", path, reason(err))
		}
		f.stream, f.closer = out, out
		return f, nil
	case err != nil && !errors.Is(err, fs.ErrNotExist):
		return nil, fmt.Errorf("write report %s: %w", path, reason(err))
	}
	if err := f.try(err == nil); err != nil {
		return nil, err
	}
	return f, nil
}

// try writes one block beside the report and takes it away again, which finds
// a missing or read-only directory and a full disk.
func (f *File) try(exists bool) error {
	dir := filepath.Dir(f.path)
	tmp, err := os.CreateTemp(dir, "."+filepath.Base(f.path)+".*")
	if err != nil {
		if exists {
			if out, direct := os.OpenFile(f.path, os.O_WRONLY, 0); direct == nil {
				f.direct = true
				return out.Close()
			}
		}
		if errors.Is(err, fs.ErrNotExist) {
			return fmt.Errorf("write report %s: there is no directory %s; to make it: mkdir -p %s", f.name, dir, quote(dir))
		}
		return fmt.Errorf("write report %s: %w", f.name, reason(err))
	}
	_, err = tmp.Write(make([]byte, 4096))
	err = errors.Join(err, tmp.Close(), os.Remove(tmp.Name()))
	if err != nil {
		return fmt.Errorf("write report %s: %w", f.name, reason(err))
	}
	return nil
}

// Name is the path as the user wrote it, "stdout" for the standard output.
func (f *File) Name() string { return f.name }

// Path is the file's own path, symbolic links resolved.
func (f *File) Path() string { return f.path }

// Write renders the report and writes it. A failure leaves an older report as
// it was, except on devices, pipes and mount points.
func (f *File) Write(render func(io.Writer) error) error {
	var buf bytes.Buffer
	if err := render(&buf); err != nil {
		return fmt.Errorf("make report %s: %w", f.name, err)
	}
	if err := f.put(buf.Bytes()); err != nil {
		return fmt.Errorf("write report %s: %w", f.name, reason(err))
	}
	return nil
}

func (f *File) put(data []byte) error {
	if f.stream != nil {
		_, err := f.stream.Write(data)
		return errors.Join(err, f.Close())
	}
	if !f.direct {
		err := replace(f.path, data)
		if !errors.Is(err, syscall.EBUSY) {
			return err
		}
	}
	return overwrite(f.path, data)
}

// Close lets go of a report that is not going to be written. Safe twice.
func (f *File) Close() error {
	c := f.closer
	f.closer = nil
	if c == nil {
		return nil
	}
	return c.Close()
}

func replace(path string, data []byte) (err error) {
	tmp, err := renameio.NewPendingFile(path, renameio.WithTempDir(filepath.Dir(path)),
		renameio.WithPermissions(0o644), renameio.WithExistingPermissions())
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, tmp.Cleanup()) }()
	if _, err := tmp.Write(data); err != nil {
		return err
	}
	return tmp.CloseAtomicallyReplace()
}

func overwrite(path string, data []byte) error {
	out, err := os.OpenFile(path, os.O_WRONLY|os.O_TRUNC, 0)
	if err != nil {
		return err
	}
	_, err = out.Write(data)
	return errors.Join(err, out.Close())
}

// reason strips the path that the message around it already names.
func reason(err error) error {
	if pathErr, ok := errors.AsType[*fs.PathError](err); ok {
		return pathErr.Err
	}
	return err
}
