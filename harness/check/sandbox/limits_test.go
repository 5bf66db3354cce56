package sandbox_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"badgateway/backends"
	"badgateway/harness/check/config"
	"badgateway/harness/check/result"
	"badgateway/harness/check/sandbox"
	"badgateway/harness/nginx"
	"badgateway/harness/pod"
)

// within does something and bounds the time that it takes.
func within(t *testing.T, limit time.Duration, what string, do func()) {
	t.Helper()
	began := time.Now()
	do()
	took := time.Since(began)
	t.Logf("%s: %s", what, took.Round(time.Millisecond))
	require.Less(t, took, limit, what)
}

// TestHostileLimits asks for more than there is, in the text.
func TestHostileLimits(t *testing.T) {
	const server = "http { server { listen 80; location / { proxy_pass http://app:80; } %s } }\n"
	for name, c := range map[string]struct {
		conf string
		line int // of the refusal; 0: it starts
	}{
		"zone":        {"events {}\nhttp { proxy_cache_path /var/cache/nginx/x keys_zone=x:20480m;\n server { listen 80; } }\n", 2},
		"limit zone":  {"events {}\nhttp { limit_req_zone $uri zone=x:20480m rate=1r/s;\n server { listen 80; } }\n", 2},
		"connections": {"worker_processes 4;\nevents { worker_connections 200000000; }\n" + fmt.Sprintf(server, ""), 2},
		"workers":     {"worker_processes 5000;\nevents {}\n" + fmt.Sprintf(server, ""), 0},
		"hash":        {"events {}\nhttp { server_names_hash_max_size 4000000000; server_names_hash_bucket_size 4194304; server { listen 80; server_name a.example b.example; } }\n", 0},
		"files":       {"worker_rlimit_nofile 2000000000;\nevents {}\n" + fmt.Sprintf(server, ""), 0},
		"priority":    {"worker_priority -20;\nevents {}\n" + fmt.Sprintf(server, ""), 0},
		"log":         {"error_log /data/own.log;\nworker_processes 4;\nevents { worker_connections 200000000; }\n" + fmt.Sprintf(server, ""), 3},
		"listens": {"events {}\nhttp { " + func() string {
			var b strings.Builder
			for port := 1; port < 20000; port++ {
				fmt.Fprintf(&b, "server { listen %d; }\n", port)
			}
			return b.String()
		}() + "}\n", 0},
	} {
		t.Run(name, func(t *testing.T) {
			eachDriver(t, func(t *testing.T, d pod.Driver, b nginx.Build) {
				c0 := read(t, map[string]string{"nginx.conf": c.conf})
				within(t, 60*time.Second, name, func() {
					_, err := sandbox.Build(t.Context(), d, b, c0)
					t.Logf("%.600v", err)
					if c.line == 0 && err == nil {
						return
					}
					var refused *config.InputError
					require.ErrorAs(t, err, &refused)
					require.Equal(t, c0.Path, refused.Place.File)
					if c.line > 0 {
						require.Equal(t, c.line, refused.Place.Line)
					}
					require.NotEmpty(t, refused.Next)
				})
			})
		})
	}
}

// TestHostileTraffic fills memory and disk by requests, and connections by a
// loop; the pod goes on answering.
func TestHostileTraffic(t *testing.T) {
	for name, text := range map[string]string{
		"disk":   "location / { proxy_pass http://app:80; proxy_store /data/$request_id; proxy_max_temp_file_size 0; }",
		"memory": "location / { proxy_pass http://app:80; proxy_buffers 100 16m; proxy_buffer_size 16m; proxy_busy_buffers_size 32m; proxy_max_temp_file_size 0; }",
		"loop":   "location / { proxy_pass http://127.0.0.1/; mirror /again; } location /again { internal; proxy_pass http://127.0.0.1/x; }",
	} {
		t.Run(name, func(t *testing.T) {
			eachDriver(t, func(t *testing.T, d pod.Driver, b nginx.Build) {
				box, err := sandbox.Build(t.Context(), d, b, read(t, map[string]string{
					"nginx.conf": "user root;\nevents {}\nhttp { server { listen 80; root /data; " + text + " } }\n"}))
				require.NoError(t, err)
				p := open(t, d, box)
				if len(box.Spec.Backends) > 0 {
					require.NoError(t, p.Inject(t.Context(), pod.Fault{Kind: pod.KindBehave, Target: box.Spec.Backends[0].Name,
						Script: backends.Script{BodyBytes: 300 << 20}}))
				}
				within(t, 90*time.Second, name, func() {
					for range 3 {
						r, err := p.Request(t.Context(), pod.Request{URL: "/", Limit: 15 * time.Second})
						require.NoError(t, err, "the pod lives")
						if name == "memory" {
							require.Contains(t, []pod.Outcome{pod.OK, pod.TruncatedBody}, r.Outcome)
						} else {
							require.NotContains(t, []pod.Outcome{pod.OK, pod.Hung}, r.Outcome, name)
						}
					}
				})
				files, err := p.Glob(t.Context(), "/data/*", "/var/lib/nginx/proxy/*/*/*")
				require.NoError(t, err)
				for _, f := range files {
					require.LessOrEqual(t, f.Size, int64(256<<20), f.Path)
				}
			})
		})
	}
}

// TestHostilePaths names the kernel's own files, and the harness's way into the
// pod, where a file is to be supplied: none is written.
func TestHostilePaths(t *testing.T) {
	const tls = "http { server { listen 443 ssl; ssl_certificate %s; ssl_certificate_key %s; } }\n"
	for _, path := range []string{"/dev/stdin", "/dev/fd/0", "/proc/self/fd/0", "/proc/sysrq-trigger", "/proc/1/fd/0", "/proc/sys/kernel/core_pattern",
		"/sys/kernel/mm/transparent_hugepage/enabled", "/dev/zero", "/dev/null", "/dev/shm", "/proc/kmsg", "/dev/tty", "/", "/usr/bin", "/etc/passwd/x"} {
		t.Run(strings.ReplaceAll(path, "/", "-"), func(t *testing.T) {
			eachDriver(t, func(t *testing.T, d pod.Driver, b nginx.Build) {
				if d.Name() != "native" && !strings.HasSuffix(path, "stdin") && len(path) > 1 {
					t.Skip("held on the native driver, and these of every driver: standard input, the root directory")
				}
				c := read(t, map[string]string{"nginx.conf": "events {}\n" + fmt.Sprintf(tls, path, path)})
				within(t, 40*time.Second, path, func() {
					_, err := sandbox.Build(t.Context(), d, b, c)
					var refused *config.InputError
					require.ErrorAs(t, err, &refused)
					require.Equal(t, result.Place{File: c.Path, Line: 2}, result.Place{File: refused.Place.File, Line: refused.Place.Line}, "%v", err)
				})
			})
		})
	}
}
