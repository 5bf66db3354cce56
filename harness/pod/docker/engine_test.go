package docker

import (
	"net"
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"

	"badgateway/harness/nginx"
	"badgateway/harness/pod"
)

// TestCheckSaysWhatIsWrong asks engines that are not there, that never answer,
// and that nobody may use.
func TestCheckSaysWhatIsWrong(t *testing.T) {
	dir := t.TempDir()
	silent, err := net.Listen("unix", filepath.Join(dir, "silent.sock"))
	require.NoError(t, err)
	defer silent.Close()
	for _, c := range []struct{ name, host, reason string }{
		{"no engine", "unix://" + filepath.Join(dir, "none.sock"), "no container engine answers"},
		{"silent engine", "unix://" + silent.Addr().String(), "does not answer within 2s"},
		{"malformed", "no host", "unable to parse docker host"},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Setenv("DOCKER_HOST", c.host)
			err := new(Driver).Check(t.Context(), nginx.Build{})
			var unavailable *pod.Unavailable
			require.ErrorAs(t, err, &unavailable)
			require.Contains(t, unavailable.Reason, c.reason)
			require.NotEmpty(t, unavailable.Mend)
		})
	}
}

func TestProgramIsStatic(t *testing.T) {
	t.Setenv(pod.EnvProgram, "")
	static, err := isStatic("/bin/sh")
	require.NoError(t, err)
	require.False(t, static, "Debian's shell is linked against libc")
	text := filepath.Join(t.TempDir(), "text")
	require.NoError(t, os.WriteFile(text, []byte("#!/bin/sh\n"), 0o755))
	static, err = isStatic(text)
	require.NoError(t, err)
	require.False(t, static)

	p, err := findProgram(t.Context())
	require.NoError(t, err)
	static, err = isStatic(p.path)
	require.NoError(t, err)
	require.True(t, static)

	t.Setenv(pod.EnvProgram, p.path)
	named, err := findProgram(t.Context())
	require.NoError(t, err)
	require.Equal(t, p, named)
	t.Setenv(pod.EnvProgram, p.path+".gone")
	_, err = findProgram(t.Context())
	require.ErrorContains(t, err, p.path+".gone: no such file or directory")
}

// TestProgramIsBuiltOnce builds from the cache's point of view: first there is
// none, then the same one.
func TestProgramIsBuiltOnce(t *testing.T) {
	t.Setenv("GOCACHE", goCache(t))
	t.Setenv("XDG_CACHE_HOME", t.TempDir())
	first, err := buildProgram(t.Context(), os.Args[0])
	require.NoError(t, err)
	before, err := os.Stat(first)
	require.NoError(t, err)
	second, err := buildProgram(t.Context(), os.Args[0])
	require.NoError(t, err)
	require.Equal(t, first, second)
	after, err := os.Stat(second)
	require.NoError(t, err)
	require.Equal(t, before.ModTime(), after.ModTime())
}

func TestNoToolchainIsSaid(t *testing.T) {
	t.Setenv("XDG_CACHE_HOME", t.TempDir())
	t.Setenv("PATH", t.TempDir())
	_, err := buildProgram(t.Context(), os.Args[0])
	var unavailable *pod.Unavailable
	require.ErrorAs(t, err, &unavailable)
	require.Contains(t, unavailable.Mend, "CGO_ENABLED=0")
}

// goCache keeps the build cache where it is while XDG_CACHE_HOME moves.
func goCache(t *testing.T) string {
	t.Helper()
	if dir := os.Getenv("GOCACHE"); dir != "" {
		return dir
	}
	dir, err := os.UserCacheDir()
	require.NoError(t, err)
	return filepath.Join(dir, "go-build")
}

// TestReaperIsChosenForUsAlone demands that the user's choice counts and that
// ours is not left in the environment of the process.
func TestReaperIsChosenForUsAlone(t *testing.T) {
	before := os.Environ()
	e := connected(t)
	require.NotEmpty(t, e.reaper)
	require.Equal(t, before, os.Environ())
	for choice, want := range map[string]bool{"true": false, "false": true} {
		t.Setenv(reaperSwitch, choice)
		use, why := wantReaper(t.Context(), e.api)
		require.Equal(t, want, use)
		require.Contains(t, why, reaperSwitch+"="+choice)
	}
}
