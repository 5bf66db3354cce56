package docker

import (
	"os"
	"os/exec"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"badgateway/harness/pod"
)

func get(t *testing.T, p *pod.Pod, url string) pod.Response {
	t.Helper()
	r, err := p.Request(t.Context(), pod.Request{URL: url})
	require.NoError(t, err)
	return r
}

func TestRefusedConfiguration(t *testing.T) {
	d := driver(t)
	spec := proxySpec("refused")
	spec.Conf = "events {}\nhttp {\n\tserver { listen 80; no_such_directive; }\n}\n"
	_, err := tryStart(t, d, spec)
	var refused *pod.StartError
	require.ErrorAs(t, err, &refused)
	require.Contains(t, refused.Output, `unknown directive "no_such_directive" in /etc/nginx/nginx.conf:3`)
	require.Equal(t, 1, refused.Code)
}

// TestDaemonDirective starts nginx in the foreground and in the background.
func TestDaemonDirective(t *testing.T) {
	d := driver(t)
	for _, directive := range []string{"", "daemon on;", "daemon off;"} {
		t.Run("conf says "+directive, func(t *testing.T) {
			spec := proxySpec("daemon")
			spec.Conf = directive + spec.Conf
			p := start(t, d, spec)
			require.Equal(t, pod.OK, get(t, p, "/").Outcome)
			require.NoError(t, p.StopNginx(t.Context()))
			require.Equal(t, pod.Refused, get(t, p, "/").Outcome)
			require.NoError(t, p.StartNginx(t.Context()))
			require.Equal(t, pod.OK, get(t, p, "/").Outcome)
		})
	}
}

// TestFilesOutliveNginx reads logs and files of an nginx that has ended.
func TestFilesOutliveNginx(t *testing.T) {
	p := start(t, driver(t), proxySpec("outlive"))
	require.NoError(t, p.Put(t.Context(), pod.File{Path: "/srv/kept", Data: []byte("kept")}))
	require.Equal(t, pod.OK, get(t, p, "/six").Outcome)
	require.NoError(t, p.StopNginx(t.Context()))
	log, err := p.Read(t.Context(), "/var/log/nginx/access.log")
	require.NoError(t, err)
	require.Contains(t, string(log), "GET /six")
	r, err := p.Exec(t.Context(), pod.Command{Args: []string{"cat", "/srv/kept"}})
	require.NoError(t, err)
	require.Equal(t, "kept", string(r.Stdout))
	r, err = p.Test(t.Context())
	require.NoError(t, err)
	require.Contains(t, string(r.Stderr), "test is successful")
}

// TestDenyConnect demands nginx's own line for a connect() that a policy
// refuses, for TCP only.
func TestDenyConnect(t *testing.T) {
	p := start(t, driver(t), proxySpec("deny"))
	require.Equal(t, pod.OK, get(t, p, "/").Outcome)
	require.NoError(t, p.Inject(t.Context(), pod.Fault{Kind: pod.KindPolicy, Policy: pod.DenyConnect}))
	for _, url := range []string{"/", "/six"} {
		require.Equal(t, pod.BadGateway, get(t, p, url).Outcome)
	}
	log, err := p.Read(t.Context(), "/var/log/nginx/error.log")
	require.NoError(t, err)
	require.Contains(t, string(log), "connect() to 10.0.3.7:8080 failed (13: Permission denied) while connecting to upstream")
	require.Contains(t, string(log), "connect() to [::1]:3000 failed (13: Permission denied) while connecting to upstream")
	require.Equal(t, pod.OK, get(t, p, "/sock").Outcome, "the policy is for TCP")
	require.NoError(t, p.Lift(t.Context()))
	require.Equal(t, pod.OK, get(t, p, "/").Outcome)
}

func TestExec(t *testing.T) {
	p := start(t, driver(t), proxySpec("exec"))
	t.Run("code and outputs", func(t *testing.T) {
		r, err := p.Exec(t.Context(), pod.Command{Args: []string{"sh", "-c", "cat; echo no >&2; exit 7"}, Stdin: []byte("in")})
		require.NoError(t, err)
		require.Equal(t, pod.Result{Stdout: []byte("in"), Stderr: []byte("no\n"), Code: 7}, r)
	})
	t.Run("signal", func(t *testing.T) {
		r, err := p.Exec(t.Context(), pod.Command{Args: []string{"sh", "-c", "kill -9 $$"}})
		require.NoError(t, err)
		require.Equal(t, 137, r.Code)
	})
	t.Run("limit kills children too", func(t *testing.T) {
		cmd := pod.Command{Args: []string{"sh", "-c", "sleep 300 & wait"}, Limit: 300 * time.Millisecond}
		_, err := p.Exec(t.Context(), cmd)
		require.ErrorContains(t, err, "no end within 300ms")
		r, err := p.Exec(t.Context(), pod.Command{Args: []string{"sh", "-c", "cat /proc/[0-9]*/cmdline | tr '\\0' ' '"}})
		require.NoError(t, err)
		require.NotContains(t, string(r.Stdout), "sleep 300 ")
	})
	t.Run("unknown program", func(t *testing.T) {
		_, err := p.Exec(t.Context(), pod.Command{Args: []string{"no-such-program"}})
		require.ErrorContains(t, err, "executable file not found")
	})
}

// TestNoWayOut demands that the pod has no device but its own loopback.
func TestNoWayOut(t *testing.T) {
	p := start(t, driver(t), proxySpec("inside"))
	r, err := p.Exec(t.Context(), pod.Command{Args: []string{"sh", "-c", "cat /proc/net/dev | grep : | cut -d: -f1"}})
	require.NoError(t, err)
	require.Equal(t, "lo", string(trim(r.Stdout)))
}

func TestAccessShell(t *testing.T) {
	if _, err := exec.LookPath("docker"); err != nil {
		t.Skip("the docker command is not installed")
	}
	p := start(t, driver(t), proxySpec("shell"))
	access := p.Access()
	shell := append(access.Shell, "cat", pod.ConfPath)
	out, err := exec.Command(shell[0], shell[1:]...).Output()
	require.NoError(t, err)
	require.Equal(t, proxyConf, string(out))
	if access.Root != "" {
		out, err = os.ReadFile(access.Root + pod.ConfPath)
		require.NoError(t, err)
		require.Equal(t, proxyConf, string(out))
	}
}

// BenchmarkPod is what one pod costs: made, nginx started, one request, ended.
func BenchmarkPod(b *testing.B) {
	d := driver(b)
	require.NoError(b, d.Prepare(b.Context(), proxySpec("").Nginx)) // once, not per pod
	for b.Loop() {
		p, err := pod.Start(b.Context(), d, proxySpec("bench"), pod.DefaultTimeouts)
		require.NoError(b, err)
		r, err := p.Request(b.Context(), pod.Request{URL: "/"})
		require.NoError(b, err)
		require.Equal(b, pod.OK, r.Outcome)
		require.NoError(b, p.Close())
	}
}
