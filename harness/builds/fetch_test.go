package builds

import (
	"context"
	"encoding/json"
	"errors"
	"net"
	"os"
	"os/exec"
	"os/user"
	"path/filepath"
	"runtime"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"badgateway/harness/nginx"

	"github.com/stretchr/testify/require"
)

// TestFetchByTwoProcesses lets two processes fetch the same suite into one
// empty cache: one works, the other gets its result.
func TestFetchByTwoProcesses(t *testing.T) {
	t.Parallel()
	needMirror(t)
	dir := t.TempDir()
	first := startHelper(t, dir, func(*exec.Cmd) {})
	begun := first.until("read package lists")
	require.NotEmpty(t, begun)
	second := startHelper(t, dir, func(*exec.Cmd) {})
	waited := second.until("wait for another fetch")
	require.Contains(t, strings.Join(waited, "\n"), "wait for another fetch")

	worked := append(begun, first.until("")...)
	require.NoError(t, first.cmd.Wait(), worked)
	waited = append(waited, second.until("")...)
	require.NoError(t, second.cmd.Wait(), waited)
	require.Contains(t, strings.Join(worked, "\n"), "unpack")
	require.NotContains(t, strings.Join(waited, "\n"), "package")
	require.Equal(t, worked[len(worked)-1], waited[len(waited)-1])

	var build nginx.Build
	require.NoError(t, json.Unmarshal([]byte(strings.TrimPrefix(worked[len(worked)-1], "build: ")), &build))
	checkRoot(t, build)
	checkCached(t, dir, build)
}

// checkRoot runs the fetched nginx and the tools beside it.
func checkRoot(t *testing.T, build nginx.Build) {
	t.Helper()
	require.Equal(t, "debian:"+testSuite, build.Spec)
	said, err := ask(t.Context(), build, "-v")
	require.NoError(t, err)
	require.Contains(t, string(said), "nginx/"+build.Version)
	require.Regexp(t, `^1\.26\.`, build.Version)
	requireUsable(t, build.Root)
}

// checkCached holds the manifest and the list against the build, and fetches
// again where no mirror answers.
func checkCached(t *testing.T, dir string, build nginx.Build) {
	t.Helper()
	m, err := readManifest(filepath.Dir(build.Root))
	require.NoError(t, err)
	names := map[string]Package{}
	for _, p := range m.Packages {
		require.Regexp(t, `^[0-9a-f]{64}$`, p.SHA256, p.Name)
		names[p.Name] = p
	}
	for _, name := range packages {
		require.Contains(t, names, name)
	}
	require.True(t, strings.HasPrefix(names["nginx"].Version, build.Version), names["nginx"].Version)

	offline := Options{Dir: dir, Mirror: "http://127.0.0.1:1/debian"}
	again, err := Resolve(t.Context(), "debian:1.26", offline)
	require.NoError(t, err)
	require.Equal(t, build, again)
	for _, name := range []string{testSuite, "debian:" + testSuite} { // as "nginx list" prints it
		again, err = Fetch(t.Context(), name, offline)
		require.NoError(t, err, name)
		require.Equal(t, build, again)
	}
	entries, err := List(t.Context(), offline)
	require.NoError(t, err)
	states := map[string]State{}
	for _, e := range entries {
		states[e.Build.Spec] = e.State
	}
	require.Equal(t, Cached, states["debian:"+testSuite])
	require.Equal(t, Fetchable, states["debian:forky"])
	left, err := filepath.Glob(filepath.Join(dir, "*"+partSuffix+"*"))
	require.NoError(t, err)
	require.Empty(t, left)
}

// TestFetchInterrupted kills a fetch while it unpacks: nothing is taken for
// complete, nothing of it goes on running, and the next fetch succeeds.
func TestFetchInterrupted(t *testing.T) {
	t.Parallel()
	needMirror(t)
	dir := t.TempDir()
	killed := startHelper(t, dir, func(*exec.Cmd) {})
	steps := killed.until("unpack")
	require.Contains(t, strings.Join(steps, "\n"), "unpack")
	require.NoError(t, killed.cmd.Process.Kill())
	require.Error(t, killed.cmd.Wait())

	left, err := filepath.Glob(filepath.Join(dir, "*"+partSuffix+"*"))
	require.NoError(t, err)
	require.NotEmpty(t, left, "the fetch was to be interrupted in its work")
	entries, err := List(t.Context(), Options{Dir: dir})
	require.NoError(t, err)
	for _, e := range entries {
		require.NotEqual(t, Cached, e.State, e.Build.Spec)
	}

	build, err := Fetch(t.Context(), testSuite, Options{Dir: dir})
	require.NoError(t, err)
	checkCached(t, dir, build)
}

// TestFetchCancelled ends a fetch by its context: it leaves no work directory.
func TestFetchCancelled(t *testing.T) {
	needMirror(t)
	dir := t.TempDir()
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	_, err := Fetch(ctx, testSuite, Options{Dir: dir, Progress: func(p Progress) {
		if strings.Contains(p.Step, "download") {
			cancel()
		}
	}})
	require.ErrorIs(t, err, context.Canceled)
	left, err := os.ReadDir(dir)
	require.NoError(t, err)
	require.Len(t, left, 1, "only the lock file stays")
}

// TestFetchAsOrdinaryUser fetches without any privilege.
func TestFetchAsOrdinaryUser(t *testing.T) {
	t.Parallel()
	needMirror(t)
	if os.Getuid() != 0 {
		t.Skip("the other tests run as an ordinary user already")
	}
	nobody, err := user.Lookup("nobody")
	require.NoError(t, err)
	uid, err := strconv.Atoi(nobody.Uid)
	require.NoError(t, err)
	dir, err := os.MkdirTemp("", "badgateway-user-")
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, os.RemoveAll(dir)) })
	self, err := os.ReadFile("/proc/self/exe")
	require.NoError(t, err)
	program := filepath.Join(dir, "helper")
	require.NoError(t, os.WriteFile(program, self, 0o755))
	require.NoError(t, os.Chown(dir, uid, uid))

	fetching := startHelper(t, filepath.Join(dir, "cache"), func(cmd *exec.Cmd) {
		cmd.Path, cmd.Dir = program, dir
		cmd.Env = append(cmd.Env, "HOME="+dir)
		cmd.SysProcAttr = &syscall.SysProcAttr{Credential: &syscall.Credential{Uid: uint32(uid), Gid: uint32(uid)}}
	})
	lines := fetching.until("")
	require.NoError(t, fetching.cmd.Wait(), lines)
	build, err := Fetch(t.Context(), testSuite, Options{Dir: filepath.Join(dir, "cache"), Mirror: "http://127.0.0.1:1/debian"})
	require.NoError(t, err)
	info, err := os.Stat(filepath.Join(build.Root, build.Binary))
	require.NoError(t, err)
	require.EqualValues(t, uid, info.Sys().(*syscall.Stat_t).Uid)
	requireUsable(t, build.Root)
}

// TestFetchFailures holds the explanations against what apt really says.
func TestFetchFailures(t *testing.T) {
	needMirror(t)
	keyless := filepath.Join(t.TempDir(), "keys.gpg")
	require.NoError(t, os.WriteFile(keyless, nil, 0o644))
	for name, c := range map[string]struct {
		suite string
		opts  Options
		says  string
		bad   bool // bad input, else the machine
	}{
		"unreachable":   {testSuite, Options{Mirror: "http://127.0.0.1:1/debian"}, "mirror cannot be reached", false},
		"unknown suite": {"trixy", Options{}, "did you mean debian:trixie?", true},
		"missing key":   {testSuite, Options{Keyring: keyless}, "debian-archive-keyring", false},
	} {
		t.Run(name, func(t *testing.T) {
			c.opts.Dir = t.TempDir()
			_, err := Fetch(t.Context(), c.suite, c.opts)
			require.ErrorContains(t, err, c.says)
			var input *SpecError
			var machine *Unavailable
			if c.bad {
				require.ErrorAs(t, err, &input)
			} else {
				require.ErrorAs(t, err, &machine)
			}
			require.NoDirExists(t, filepath.Join(c.opts.Dir, c.suite+"-"+debianArch(runtime.GOARCH)))
		})
	}
}

// TestFetchDiskFull fetches into a file system that is too small.
func TestFetchDiskFull(t *testing.T) {
	needMirror(t)
	if os.Getuid() != 0 {
		t.Skip("only root can mount a small file system")
	}
	fetching := startHelper(t, t.TempDir(), func(cmd *exec.Cmd) {
		cmd.Env = append(cmd.Env, "BADGATEWAY_BUILDS_SMALL=1")
		cmd.SysProcAttr = &syscall.SysProcAttr{Unshareflags: syscall.CLONE_NEWNS}
	})
	lines := fetching.until("")
	require.Error(t, fetching.cmd.Wait())
	require.Contains(t, lines[len(lines)-1], "the disk is full")
}

// TestFetchStalled gives apt a mirror that accepts and never answers.
func TestFetchStalled(t *testing.T) {
	if _, err := exec.LookPath("apt-get"); err != nil {
		missing(t, "no apt on this machine: %v", err)
	}
	silent, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	defer silent.Close()
	a, err := newApt(t.TempDir(), debianArch(runtime.GOARCH))
	require.NoError(t, err)
	a.stall = time.Second
	require.NoError(t, a.use(Suite{Name: testSuite}, archives{main: mirror{uri: "http://" + silent.Addr().String()}}, false))
	err = explain("debian:"+testSuite, a.get(t.Context(), func(float64) {}, "update"))
	var machine *Unavailable
	require.ErrorAs(t, err, &machine)
	require.ErrorContains(t, err, "apt makes no progress")
}

// TestNoCache says what mends a cache that cannot be made.
func TestNoCache(t *testing.T) {
	file := filepath.Join(t.TempDir(), "file")
	require.NoError(t, os.WriteFile(file, nil, 0o644))
	_, err := Fetch(t.Context(), "forky", Options{Dir: filepath.Join(file, "cache")})
	unavailable, ok := errors.AsType[*Unavailable](err)
	require.True(t, ok, err)
	require.ErrorContains(t, unavailable, "set XDG_CACHE_HOME")
}
