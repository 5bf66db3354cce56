package builds

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"time"

	"badgateway/harness/nginx"

	"github.com/gofrs/flock"
	"golang.org/x/sys/unix"
)

// lockRetry is how often a waiting fetch looks whether the other one is done
// (flock(2) cannot be waited for together with a context).
const lockRetry = 100 * time.Millisecond

// Fetch returns the build of a Debian suite ("forky", "debian:forky", or by
// version "1.30") from the cache, and fetches it first where it is not there or
// [Options.Refresh] demands it.
func Fetch(ctx context.Context, suite string, opts Options) (nginx.Build, error) {
	known, err := findSuite(strings.TrimPrefix(suite, debianPrefix))
	if err != nil {
		return nginx.Build{}, err
	}
	cache, err := opts.dir()
	if err != nil {
		return nginx.Build{}, err
	}
	arch := debianArch(runtime.GOARCH)
	dir := filepath.Join(cache, known.Name+"-"+arch)
	if m, err := readManifest(dir); err == nil && !opts.Refresh {
		return m.build(dir), nil
	}
	if err := os.MkdirAll(cache, 0o755); err != nil {
		return nginx.Build{}, &Unavailable{Spec: debianPrefix + known.Name, Reason: fmt.Sprintf("make cache: %v", err),
			Mend: "set XDG_CACHE_HOME to a directory that you may write to"}
	}
	unlock, err := lock(ctx, dir+".lock", func() { opts.report(-1, "%s: wait for another fetch", known.Name) })
	if err != nil {
		return nginx.Build{}, err
	}
	defer unlock()
	if m, err := readManifest(dir); err == nil && !opts.Refresh {
		return m.build(dir), nil
	}
	job := fetch{suite: known, arch: arch, dir: dir, opts: opts}
	m, err := job.run(ctx)
	if err != nil {
		return nginx.Build{}, explain(debianPrefix+known.Name, err)
	}
	return m.build(dir), nil
}

// lock takes the lock in file; waiting is called once when another process
// holds it. The lock file stays: removing it would let two processes hold
// locks on different files of one name.
func lock(ctx context.Context, file string, waiting func()) (unlock func() error, err error) {
	l := flock.New(file)
	got, err := l.TryLock()
	if err == nil && !got {
		waiting()
		_, err = l.TryLockContext(ctx, lockRetry)
	}
	if err != nil {
		return nil, fmt.Errorf("lock %s: %w", file, err)
	}
	return l.Unlock, nil
}

// fetch is one fetch of one suite, under the lock.
type fetch struct {
	suite Suite
	arch  string
	dir   string // the finished place
	work  string // a directory beside it, gone at the end
	opts  Options
}

// run makes the root file system beside its place and moves it there.
func (f fetch) run(ctx context.Context) (m Manifest, err error) {
	if err := f.sweep(); err != nil {
		return m, err
	}
	if err := checkSpace(filepath.Dir(f.dir)); err != nil {
		return m, err
	}
	if f.work, err = os.MkdirTemp(filepath.Dir(f.dir), filepath.Base(f.dir)+partSuffix); err != nil {
		return m, fmt.Errorf("make work directory: %w", err)
	}
	defer func() { err = errors.Join(err, os.RemoveAll(f.work)) }()
	if err := os.Chmod(f.work, 0o755); err != nil {
		return m, fmt.Errorf("make work directory: %w", err)
	}
	archives, err := f.download(ctx)
	if err != nil {
		return m, err
	}
	product := filepath.Join(f.work, "product")
	root := filepath.Join(product, rootName)
	packages, err := f.unpack(ctx, archives, root)
	if err != nil {
		return m, err
	}
	if err := furnish(root); err != nil {
		return m, err
	}
	m = Manifest{Schema: ManifestSchema, Suite: f.suite.Name, Arch: f.arch, Binary: "/usr/sbin/nginx",
		Fetched: time.Now().UTC().Truncate(time.Second), Packages: packages}
	if m.Nginx, err = version(ctx, nginx.Build{Root: root, Binary: m.Binary}); err != nil {
		return m, err
	}
	if err := m.write(product); err != nil {
		return m, err
	}
	return m, f.publish(product)
}

// partSuffix marks work directories; what the lock's holder finds of them was
// left by an interrupted fetch.
const partSuffix = ".part-"

// sweep removes what interrupted fetches left.
func (f fetch) sweep() error {
	left, err := filepath.Glob(f.dir + partSuffix + "*")
	if err != nil {
		return fmt.Errorf("find interrupted fetches: %w", err)
	}
	for _, dir := range left {
		if err := os.RemoveAll(dir); err != nil {
			return fmt.Errorf("remove interrupted fetch: %w", err)
		}
	}
	return nil
}

// needed is how many bytes a fetch takes at most: package lists, packages and
// the root together.
const needed = 300 << 20

// checkSpace says ENOSPC before the work instead of in its middle.
func checkSpace(dir string) error {
	var fs unix.Statfs_t
	if err := unix.Statfs(dir, &fs); err != nil {
		return fmt.Errorf("look for space in %s: %w", dir, err)
	}
	if free := fs.Bavail * uint64(fs.Bsize); free < needed {
		return fmt.Errorf("%d MB free in %s: %w", free>>20, dir, unix.ENOSPC)
	}
	return nil
}
