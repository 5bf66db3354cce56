package report_test

import (
	"bytes"
	"errors"
	"io"
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"
	"golang.org/x/sys/unix"

	"badgateway/harness/report"
)

func says(text string) func(io.Writer) error {
	return func(w io.Writer) error { _, err := io.WriteString(w, text); return err }
}

func TestFileReplaces(t *testing.T) {
	dir := t.TempDir()
	path := filepath.Join(dir, "out.json")
	require.NoError(t, os.WriteFile(path, []byte("old"), 0o600))
	link := filepath.Join(dir, "latest.json")
	require.NoError(t, os.Symlink("out.json", link))

	f, err := report.Open(link, nil)
	require.NoError(t, err)
	got, err := os.ReadFile(path)
	require.NoError(t, err)
	require.Equal(t, "old", string(got), "the check leaves the old report")
	require.NoError(t, f.Write(says("new")))

	got, err = os.ReadFile(path)
	require.NoError(t, err)
	require.Equal(t, "new", string(got))
	info, err := os.Stat(path)
	require.NoError(t, err)
	require.Equal(t, os.FileMode(0o600), info.Mode().Perm(), "permissions stay")
	target, err := os.Readlink(link)
	require.NoError(t, err)
	require.Equal(t, "out.json", target, "the link stays a link")
	requireOnly(t, dir, "latest.json", "out.json")
}

func TestFileKeepsOldWhenRenderFails(t *testing.T) {
	dir := t.TempDir()
	path := filepath.Join(dir, "out.json")
	require.NoError(t, os.WriteFile(path, []byte("old"), 0o644))
	f, err := report.Open(path, nil)
	require.NoError(t, err)
	broken := errors.New("broken")
	require.ErrorIs(t, f.Write(func(w io.Writer) error { io.WriteString(w, "half"); return broken }), broken)
	got, err := os.ReadFile(path)
	require.NoError(t, err)
	require.Equal(t, "old", string(got))
	requireOnly(t, dir, "out.json")
}

func TestOpenRefuses(t *testing.T) {
	dir := t.TempDir()
	_, err := report.Open(dir, nil)
	require.ErrorContains(t, err, "it is a directory")
	_, err = report.Open(filepath.Join(dir, "no", "such", "out.json"), nil)
	require.ErrorContains(t, err, "mkdir -p "+filepath.Join(dir, "no", "such"))
	file := filepath.Join(dir, "file")
	require.NoError(t, os.WriteFile(file, nil, 0o644))
	_, err = report.Open(filepath.Join(file, "out.json"), nil)
	require.ErrorContains(t, err, "not a directory")
	requireOnly(t, dir, "file")
}

// A device is not replaced by a file, and its errors are told at the end.
func TestDeviceFull(t *testing.T) {
	f, err := report.Open("/dev/full", nil)
	require.NoError(t, err)
	require.ErrorIs(t, f.Write(says("text")), unix.ENOSPC)
	info, err := os.Stat("/dev/full")
	require.NoError(t, err)
	require.NotZero(t, info.Mode()&os.ModeCharDevice)
}

func TestPipe(t *testing.T) {
	fifo := filepath.Join(t.TempDir(), "fifo")
	require.NoError(t, unix.Mkfifo(fifo, 0o600))
	read := make(chan []byte)
	go func() {
		data, _ := os.ReadFile(fifo)
		read <- data
	}()
	f, err := report.Open(fifo, nil)
	require.NoError(t, err)
	require.NoError(t, f.Write(says("through the pipe")))
	require.Equal(t, "through the pipe", string(<-read))
	require.NoError(t, f.Close())
}

func TestStdout(t *testing.T) {
	var out bytes.Buffer
	f, err := report.Open("-", &out)
	require.NoError(t, err)
	require.Equal(t, "stdout", f.Name())
	require.NoError(t, f.Write(says("text")))
	require.Equal(t, "text", out.String())
}

// A full file system is found before the run, and at its end does not harm the
// older report.
func TestDiskFull(t *testing.T) {
	if os.Getuid() != 0 {
		t.Skip("mounting a small file system needs root")
	}
	dir := t.TempDir()
	require.NoError(t, unix.Mount("tmpfs", dir, "tmpfs", 0, "size=64k"))
	t.Cleanup(func() { require.NoError(t, unix.Unmount(dir, unix.MNT_DETACH)) })
	path := filepath.Join(dir, "out.json")
	require.NoError(t, os.WriteFile(path, []byte("old"), 0o644))

	f, err := report.Open(path, nil)
	require.NoError(t, err)
	require.ErrorIs(t, f.Write(says(string(make([]byte, 128<<10)))), unix.ENOSPC)
	got, err := os.ReadFile(path)
	require.NoError(t, err)
	require.Equal(t, "old", string(got))
	requireOnly(t, dir, "out.json")

	fill, err := os.Create(filepath.Join(dir, "fill"))
	require.NoError(t, err)
	_, err = fill.Write(make([]byte, 128<<10))
	require.ErrorIs(t, err, unix.ENOSPC)
	require.NoError(t, fill.Close())
	_, err = report.Open(path, nil)
	require.ErrorIs(t, err, unix.ENOSPC)
	requireOnly(t, dir, "fill", "out.json")
}

// A file mounted into a container can be written but not replaced.
func TestMountedFile(t *testing.T) {
	if os.Getuid() != 0 {
		t.Skip("mounting needs root")
	}
	dir := t.TempDir()
	source, path := filepath.Join(dir, "source"), filepath.Join(dir, "out.json")
	require.NoError(t, os.WriteFile(source, []byte("a longer old report"), 0o644))
	require.NoError(t, os.WriteFile(path, nil, 0o644))
	require.NoError(t, unix.Mount(source, path, "", unix.MS_BIND, ""))
	t.Cleanup(func() { require.NoError(t, unix.Unmount(path, unix.MNT_DETACH)) })
	f, err := report.Open(path, nil)
	require.NoError(t, err)
	require.NoError(t, f.Write(says("new")))
	got, err := os.ReadFile(source)
	require.NoError(t, err)
	require.Equal(t, "new", string(got))
	requireOnly(t, dir, "out.json", "source")
}

// requireOnly demands that dir holds these files and no temporary ones.
func requireOnly(t *testing.T, dir string, names ...string) {
	t.Helper()
	entries, err := os.ReadDir(dir)
	require.NoError(t, err)
	var got []string
	for _, e := range entries {
		got = append(got, e.Name())
	}
	require.Equal(t, names, got)
}
