package config

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"badgateway/harness/check/result"
)

// maxFile bounds one file; a configuration stays far below.
const maxFile = 64 << 20

// input is what an argument names.
type input struct {
	name  string // as given
	dir   string // where its relative paths begin
	texts []text // one, or the fragments of a directory
}

// text is a file with what it holds.
type text struct {
	name string
	data []byte
}

// readInput reads what an argument names.
func readInput(ctx context.Context, name string, o Options) (input, error) {
	in := input{name: name, dir: filepath.Dir(name)}
	names := []string{name}
	if name == "-" {
		if o.Stdin == nil {
			return in, inputError(name, errors.New("no standard input"), "name a file")
		}
		data, err := readAll(ctx, io.NopCloser(o.Stdin))
		if err == nil {
			err = hasText(data)
		}
		if err != nil {
			return in, inputError(name, err, "pipe in the output of nginx -T, or an nginx.conf")
		}
		in.texts = []text{{name, data}}
		return in, nil
	}
	info, err := os.Stat(name)
	if err != nil {
		return in, inputError(name, reasonOf(err), "")
	}
	if info.IsDir() {
		if names = mainOf(name); len(names) == 0 {
			return in, inputError(name, errors.New("a directory with neither an nginx.conf nor any *.conf"), "name the file")
		}
		in.dir = filepath.Dir(names[0])
	}
	if !info.IsDir() && !info.Mode().IsRegular() {
		in.dir = "." // as of <(nginx -T): nothing lies beside it
	}
	for _, name := range names {
		data, err := readNamed(ctx, name)
		if err == nil {
			err = hasText(data)
		}
		if err != nil {
			return in, inputError(name, err, "")
		}
		in.texts = append(in.texts, text{name, data})
	}
	if len(names) == 1 {
		in.name = names[0]
	}
	return in, nil
}

func inputError(name string, err error, next string) error {
	return &InputError{Place: result.Place{File: name}, Msg: err.Error(), Next: next, Err: err}
}

// hasText refuses an empty input, and one in an encoding that nginx cannot read.
func hasText(data []byte) error {
	switch {
	case len(strings.TrimSpace(string(data))) == 0:
		return errors.New("the file is empty")
	case strings.HasPrefix(string(data), "\xff\xfe"), strings.HasPrefix(string(data), "\xfe\xff"):
		return errors.New("the text is UTF-16, which nginx cannot read: save it as UTF-8 without a byte order mark")
	}
	return nil
}

// mainOf finds the nginx.conf of a directory, or its fragments.
func mainOf(dir string) (names []string) {
	for _, name := range []string{"nginx.conf", "conf/nginx.conf", "etc/nginx/nginx.conf"} {
		if info, err := os.Stat(filepath.Join(dir, name)); err == nil && !info.IsDir() {
			return []string{filepath.Join(dir, name)}
		}
	}
	entries, _ := os.ReadDir(dir)
	sites := strings.HasPrefix(filepath.Base(dir), "sites-")
	for _, e := range entries {
		name := e.Name()
		wanted := strings.HasSuffix(withoutTemplate(name), ".conf") || sites && !strings.HasPrefix(name, ".")
		if info, err := os.Stat(filepath.Join(dir, name)); err == nil && info.Mode().IsRegular() && wanted {
			names = append(names, filepath.Join(dir, name))
		}
	}
	return names
}

// readNamed reads a file that the user named; a pipe (as of <(nginx -T)) too.
func readNamed(ctx context.Context, name string) ([]byte, error) {
	f, err := openQuietly(func(flag int) (*os.File, error) { return os.OpenFile(name, flag, 0) })
	if err != nil {
		return nil, err
	}
	info, err := f.Stat()
	if err == nil && !info.Mode().IsRegular() && info.Mode()&fs.ModeNamedPipe == 0 {
		err = notRegular(info)
	}
	if err != nil {
		_ = f.Close()
		return nil, err
	}
	return readAll(ctx, f)
}

// readAll reads to the end or until ctx is done, and closes.
func readAll(ctx context.Context, r io.ReadCloser) ([]byte, error) {
	type read struct {
		data []byte
		err  error
	}
	done := make(chan read, 1)
	go func() {
		data, err := io.ReadAll(io.LimitReader(r, maxFile+1))
		_ = r.Close()
		if err == nil && len(data) > maxFile {
			err = errors.New("more than 64 MB")
		}
		done <- read{data, err}
	}()
	select {
	case <-ctx.Done():
		_ = r.Close()
		return nil, ctx.Err()
	case got := <-done:
		return got.data, reasonOf(got.err)
	}
}

// notRegular says what a file is that holds no text.
func notRegular(info fs.FileInfo) error {
	kind := "not a regular file"
	switch mode := info.Mode(); {
	case mode.IsDir():
		kind = "a directory"
	case mode&fs.ModeNamedPipe != 0:
		kind = "a named pipe"
	case mode&fs.ModeSocket != 0:
		kind = "a socket"
	case mode&fs.ModeDevice != 0:
		kind = "a device"
	}
	return fmt.Errorf("%s, where a file with text is needed", kind)
}

// reasonOf is the error of a file without its path.
func reasonOf(err error) error {
	var e *fs.PathError
	if errors.As(err, &e) {
		return e.Err
	}
	return err
}
