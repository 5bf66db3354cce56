package drivers

import (
	"bufio"
	"bytes"
	"io/fs"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"badgateway/backends"
	"badgateway/harness/nginx"
	"badgateway/harness/pod"
)

func TestDeploy(t *testing.T) {
	eachPod(t, func(t *testing.T, p *pod.Pod) {
		ctx := t.Context()
		test, err := p.Test(ctx)
		require.NoError(t, err)
		require.Zero(t, test.Code, "%s", test.Stderr)
		require.Contains(t, string(test.Stderr), "test is successful")

		before, err := p.Nginx(ctx)
		require.NoError(t, err)
		require.NoError(t, p.Deploy(ctx, strings.ReplaceAll(conf, "127.0.0.1:3000", "10.0.3.7:8080")))
		after, err := p.Nginx(ctx)
		require.NoError(t, err)
		require.Equal(t, before.Master, after.Master, "reload keeps the master")
		require.NotEqual(t, before.Workers, after.Workers, "reload replaces the workers")
		require.Equal(t, "ok from remote\n", string(get(t, p, "/").Body))

		err = p.Deploy(ctx, strings.ReplaceAll(conf, "proxy_pass http://127", "proxy_pas http://127"))
		var refused *pod.StartError
		require.ErrorAs(t, err, &refused)
		require.Contains(t, refused.Output, `unknown directive "proxy_pas" in /etc/nginx/nginx.conf:12`)
		require.Equal(t, "ok from remote\n", string(get(t, p, "/").Body), "the old configuration serves")
	})
}

func TestRefusedReloadSaysWhy(t *testing.T) {
	eachPod(t, func(t *testing.T, p *pod.Pod) {
		require.NoError(t, p.Put(t.Context(), pod.File{Path: pod.ConfPath, Data: []byte("nonsense;\n")}))
		var refused *pod.StartError
		require.ErrorAs(t, p.Reload(t.Context()), &refused)
		require.Contains(t, refused.Output, `unknown directive "nonsense" in /etc/nginx/nginx.conf:1`)
	})
}

func TestStopStartKill(t *testing.T) {
	eachPod(t, func(t *testing.T, p *pod.Pod) {
		ctx := t.Context()
		before, err := p.Nginx(ctx)
		require.NoError(t, err)
		require.NoError(t, p.KillWorker(ctx))
		after, err := p.Nginx(ctx)
		require.NoError(t, err)
		require.NotEqual(t, before.Workers, after.Workers)
		require.Equal(t, pod.OK, get(t, p, "/").Outcome)
		require.Contains(t, errorLog(t, p), "exited on signal 9")

		require.NoError(t, p.StopNginx(ctx))
		require.Equal(t, pod.Refused, get(t, p, "/").Outcome)
		require.Contains(t, errorLog(t, p), "exited on signal 9", "the log outlives nginx")
		test, err := p.Test(ctx)
		require.NoError(t, err)
		require.Zero(t, test.Code, "nginx -t while stopped: %s", test.Stderr)
		require.NoError(t, p.StartNginx(ctx))
		for _, url := range []string{"/", "/unix"} {
			require.Equal(t, pod.OK, get(t, p, url).Outcome, url)
		}
	})
}

func TestStartErrorNamesFileAndLine(t *testing.T) {
	eachDriver(t, func(t *testing.T, d pod.Driver, b nginx.Build) {
		p, err := pod.Start(t.Context(), d, pod.Spec{Name: "bad", Nginx: b, Conf: "events {}\nhttp { bogus on; }\n"}, pod.DefaultTimeouts)
		defer p.Close()
		var refused *pod.StartError
		require.ErrorAs(t, err, &refused)
		require.Contains(t, refused.Output, `unknown directive "bogus" in /etc/nginx/nginx.conf:2`)
		require.NotZero(t, refused.Code)
	})
}

func TestForegroundAndUser(t *testing.T) {
	eachDriver(t, func(t *testing.T, d pod.Driver, b nginx.Build) {
		for name, head := range map[string]string{"daemon off": "daemon off;", "user": "user www-data;", "both": "user www-data www-data; daemon off;", "daemon on": "daemon on;"} {
			t.Run(name, func(t *testing.T) {
				t.Parallel()
				if err := d.Supports(pod.NeedUsers); err != nil && strings.Contains(head, "user") {
					t.Log("nginx runs as one user:", err)
				}
				p := start(t, d, pod.Spec{Name: name, Nginx: b, Conf: head + conf, Backends: upstreams})
				require.Equal(t, pod.OK, get(t, p, "/").Outcome)
				require.NoError(t, p.Reload(t.Context()))
				require.Equal(t, pod.OK, get(t, p, "/").Outcome)
				require.NoError(t, p.StopNginx(t.Context()))
				require.NoError(t, p.StartNginx(t.Context()))
				require.Equal(t, pod.OK, get(t, p, "/").Outcome)
			})
		}
	})
}

func TestFilesAndLogs(t *testing.T) {
	eachPod(t, func(t *testing.T, p *pod.Pod) {
		ctx := t.Context()
		require.NoError(t, p.Put(ctx, pod.File{Path: "/etc/nginx/extra/a.conf", Data: []byte("# a\n"), Mode: 0o600}))
		data, err := p.Read(ctx, "/etc/nginx/extra/a.conf")
		require.NoError(t, err)
		require.Equal(t, "# a\n", string(data))
		_, err = p.Read(ctx, "/nowhere")
		require.ErrorIs(t, err, fs.ErrNotExist)

		follow, err := p.Follow(ctx, "/var/log/nginx/access.log", 0)
		require.NoError(t, err)
		defer follow.Close()
		get(t, p, "/?first")
		lines := bufio.NewScanner(follow)
		require.True(t, lines.Scan())
		require.Contains(t, lines.Text(), "/?first")
		get(t, p, "/?second")
		require.True(t, lines.Scan())
		require.Contains(t, lines.Text(), "/?second")
	})
}

func TestExec(t *testing.T) {
	eachPod(t, func(t *testing.T, p *pod.Pod) {
		r, err := p.Exec(t.Context(), pod.Command{Args: []string{"sh", "-c", "cat; echo oops >&2; exit 3"}, Stdin: []byte("in")})
		require.NoError(t, err)
		require.Equal(t, pod.Result{Stdout: []byte("in"), Stderr: []byte("oops\n"), Code: 3}, r)
	})
}

func TestDialFromOutside(t *testing.T) {
	eachPod(t, func(t *testing.T, p *pod.Pod) {
		conn, err := p.Dial(t.Context(), "127.0.0.1:80")
		require.NoError(t, err)
		defer conn.Close()
		_, err = conn.Write([]byte("GET / HTTP/1.0\r\n\r\n"))
		require.NoError(t, err)
		line, err := bufio.NewReader(conn).ReadString('\n')
		require.NoError(t, err)
		require.Equal(t, "HTTP/1.1 200 OK\r\n", line)
	})
}

func TestCapture(t *testing.T) {
	eachDriver(t, func(t *testing.T, d pod.Driver, b nginx.Build) {
		p := start(t, d, pod.Spec{Name: "capture", Nginx: b, Conf: conf, Backends: upstreams, Capture: true})
		get(t, p, "/?captured")
		var data []byte
		until(t, 5*time.Second, "the request is not in the capture", func() bool {
			var err error
			data, err = p.Capture(t.Context())
			require.NoError(t, err)
			return bytes.Contains(data, []byte("GET /?captured"))
		})
		require.Equal(t, []byte{0xd4, 0xc3, 0xb2, 0xa1}, data[:4], "pcap, little endian")
	})
}

func TestBackendsNeedNamesOfTheirOwn(t *testing.T) {
	eachDriver(t, func(t *testing.T, d pod.Driver, b nginx.Build) {
		twice := []backends.Spec{{Name: "a", Listen: "127.0.0.1:1"}, {Name: "a", Listen: "127.0.0.1:2"}}
		p, err := pod.New(t.Context(), d, pod.Spec{Name: "twice", Nginx: b, Conf: conf, Backends: twice}, pod.DefaultTimeouts)
		defer p.Close()
		require.ErrorContains(t, err, `two backends are named "a"`)
		same := []backends.Spec{{Name: "a", Listen: "127.0.0.1:1"}, {Name: "b", Listen: "127.0.0.1:1"}}
		p, err = pod.New(t.Context(), d, pod.Spec{Name: "same", Nginx: b, Conf: conf, Backends: same}, pod.DefaultTimeouts)
		defer p.Close()
		require.ErrorContains(t, err, "address already in use")
	})
}
