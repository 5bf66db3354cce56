//go:build linux

package native

import (
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"

	"badgateway/backends"
	"badgateway/harness/nginx"
	"badgateway/harness/pod"
)

// TestMain has this very program play the lab: with the race detector it is watched.
func TestMain(m *testing.M) {
	if err := os.Unsetenv(pod.EnvProgram); err != nil {
		panic(err)
	}
	goleak.VerifyTestMain(m, goleak.IgnoreAnyFunction("badgateway/harness/pod/native.spawner"))
}

const conf = `error_log /var/log/nginx/error.log notice;
events {}
http { server { listen 80; location / { proxy_pass http://127.0.0.1:3000; } } }
`

// host is the machine's own nginx.
func host(t testing.TB) nginx.Build {
	path, err := exec.LookPath("nginx")
	if err != nil {
		path = "/usr/sbin/nginx"
	}
	if _, err := os.Stat(path); err != nil {
		require.NotEqual(t, "1", os.Getenv("BADGATEWAY_REQUIRE"), "nginx required")
		t.Skip("no nginx on this machine: apt-get install nginx")
	}
	return nginx.Build{Spec: "nginx", Root: "/", Binary: path}
}

func start(t testing.TB, b nginx.Build) *pod.Pod {
	spec := pod.Spec{Name: "test", Nginx: b, Conf: conf, Backends: []backends.Spec{{Name: "app", Listen: "127.0.0.1:3000"}}}
	p, err := pod.Start(t.Context(), Driver{}, spec, pod.DefaultTimeouts)
	if err != nil {
		_ = p.Close() // the start error is the one to show
		require.NoError(t, err)
	}
	return p
}

func TestServes(t *testing.T) {
	p := start(t, host(t))
	r, err := p.Request(t.Context(), pod.Request{URL: "/"})
	require.NoError(t, err)
	require.Equal(t, pod.OK, r.Outcome, "%+v", r)
	require.NoError(t, p.Close())
	require.NoError(t, p.Close(), "close twice")
}

// TestProgram has another program play the lab, and one that is not there.
func TestProgram(t *testing.T) {
	other := filepath.Join(t.TempDir(), "other")
	data, err := os.ReadFile("/proc/self/exe")
	require.NoError(t, err)
	require.NoError(t, os.WriteFile(other, data, 0o755))
	t.Setenv(pod.EnvProgram, other)
	m, err := Driver{}.Start(t.Context(), pod.Spec{Name: "other", Nginx: host(t)})
	require.NoError(t, err)
	running, err := os.Readlink(filepath.Join(filepath.Dir(m.Access().Root), "exe"))
	require.NoError(t, err)
	require.Equal(t, other, running)
	require.NoError(t, m.Close())

	t.Setenv(pod.EnvProgram, other+".gone")
	_, err = Driver{}.Start(t.Context(), pod.Spec{Name: "gone", Nginx: host(t)})
	require.ErrorContains(t, err, "BADGATEWAY_PROGRAM: fork/exec "+other+".gone: no such file or directory")
}

// BenchmarkEmptyPod is the cost of the namespaces and the lab alone.
func BenchmarkEmptyPod(b *testing.B) {
	build := host(b)
	for b.Loop() {
		m, err := (Driver{}).Start(b.Context(), pod.Spec{Name: "bench", Nginx: build})
		require.NoError(b, err)
		require.NoError(b, m.Close())
	}
}

// BenchmarkPod is the cost of a pod with nginx, one request, a reload and
// another request.
func BenchmarkPod(b *testing.B) {
	build := host(b)
	for b.Loop() {
		p := start(b, build)
		for range 2 {
			r, err := p.Request(b.Context(), pod.Request{URL: "/"})
			require.NoError(b, err)
			require.Equal(b, pod.OK, r.Outcome)
			require.NoError(b, p.Reload(b.Context()))
		}
		require.NoError(b, p.Close())
	}
}

// TestLastWords: who finds the pod gone is told how the lab ended and what it said.
func TestLastWords(t *testing.T) {
	m, err := Driver{}.Start(t.Context(), pod.Spec{Name: "last", Nginx: host(t)})
	require.NoError(t, err)
	pid, err := strconv.Atoi(filepath.Base(filepath.Dir(m.Access().Root)))
	require.NoError(t, err)
	require.NoError(t, syscall.Kill(pid, syscall.SIGQUIT)) // Go prints its goroutines
	require.Eventually(t, func() bool {
		err = m.Put(t.Context(), nil)
		return err != nil
	}, 5*time.Second, time.Millisecond)
	require.ErrorContains(t, err, "the lab ended with exit status 2: SIGQUIT: quit")
	require.NoError(t, m.Close())
}
