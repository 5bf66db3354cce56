package drivers

import (
	"net/http"
	"os"
	"regexp"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"badgateway/harness/nginx"
	"badgateway/harness/pod"
)

// TestServesNothingOfTheHost serves the root directory by an nginx whose
// workers are root, and looks for what is the host's alone.
func TestServesNothingOfTheHost(t *testing.T) {
	const conf = `user root;
error_log /var/log/nginx/error.log notice;
events {}
http { server { listen 80; autoindex on; root /; location /pod/ { alias /; } } }
`
	shadow, err := os.ReadFile("/etc/shadow")
	if err != nil {
		t.Log("not compared:", err)
	}
	secret := "/usr/../" + t.TempDir() + "/secret"
	require.NoError(t, os.WriteFile(secret, []byte("host's secret"), 0o644))
	eachDriver(t, func(t *testing.T, d pod.Driver, b nginx.Build) {
		if b.Image != "" {
			t.Skip("an image brings its own files")
		}
		p := start(t, d, pod.Spec{Name: "naked", Nginx: b, Conf: conf})
		for _, dir := range []string{"/home/", "/root/", "/srv/", "/mnt/", "/media/", "/opt/", "/boot/", "/var/lib/", "/var/spool/", "/tmp/", "/etc/ssh/", "/etc/ssl/private/"} {
			r := get(t, p, dir)
			require.NotContains(t, string(r.Body), "host's secret")
			for _, name := range links(string(r.Body)) {
				require.Contains(t, ownNames, dir+name, "%s holds %s", dir, name)
			}
		}
		require.Equal(t, pod.StatusOutcome(404), get(t, p, secret).Outcome)
		for _, file := range []string{"/etc/shadow", "/pod/etc/shadow", "/etc/gshadow", "/etc/sudoers", "/etc/machine-id", "/proc/1/environ", "/proc/1/root/etc/shadow", "/proc/kcore"} {
			r := get(t, p, file)
			require.NotContains(t, string(r.Body), "HOME=", file)
			if len(shadow) > 0 {
				require.NotEqual(t, string(shadow), string(r.Body), file)
			}
		}
		if d.Name() == "native" {
			accounts := string(get(t, p, "/etc/passwd").Body)
			require.Contains(t, accounts, "www-data:")
			require.NotRegexp(t, `(?m)^[^:]*:[^:]*:[1-5][0-9]{3}:`, accounts, "people of the host")
		}
		host, err := os.Hostname()
		require.NoError(t, err)
		require.NotEqual(t, host+"\n", string(get(t, p, "/etc/hostname").Body))
	})
}

// ownNames are what a pod makes itself.
var ownNames = []string{"/var/lib/nginx/", "/tmp/badgateway/", "/var/lib/dpkg/"}

var link = regexp.MustCompile(`<a href="([^"./][^"]*)">`)

// links are the entries of an autoindex page.
func links(page string) []string {
	var names []string
	for _, found := range link.FindAllStringSubmatch(page, -1) {
		names = append(names, found[1])
	}
	return names
}

// TestManyProcesses starts far more processes than a pod may have, and counts
// from outside what there is. The native lab shares the pod's limit, so the pod
// may go; the machine may not.
func TestManyProcesses(t *testing.T) {
	eachDriver(t, func(t *testing.T, d pod.Driver, b nginx.Build) {
		marker := "badgateway-bomb-" + d.Name()
		limits := pod.Limits{Processes: 200}
		p := start(t, d, pod.Spec{Name: "many", Nginx: b, Conf: conf, Backends: upstreams, Limits: limits})
		bomb := `i=0; while [ $i -lt 2000 ]; do sh -c "sleep 60; : ` + marker + `" & i=$((i+1)); done`
		ended := make(chan error, 1)
		go func() {
			_, err := p.Exec(t.Context(), pod.Command{Args: []string{"sh", "-c", bomb}, Limit: 20 * time.Second})
			ended <- err
		}()
		most := 0
		until(t, 30*time.Second, "the bomb does not end", func() bool {
			most = max(most, len(processesWith(t, marker)))
			select {
			case err := <-ended:
				t.Logf("the bomb ended: %v", err)
				return true
			default:
				return false
			}
		})
		require.Positive(t, most, "the bomb did not start")
		require.Less(t, most, int(limits.Processes))
	})
}

// TestThreadsOfManyPods starts pods that each stay below their limit, and that
// are above it together: one does not count against the other, although all
// workers may be the same user's.
func TestThreadsOfManyPods(t *testing.T) {
	eachDriver(t, func(t *testing.T, d pod.Driver, b nginx.Build) {
		const threads = "error_log /var/log/nginx/error.log;\nthread_pool default threads=200;\nevents {}\nhttp { aio threads; server { listen 80; return 204; } }\n"
		for range 3 {
			p := start(t, d, pod.Spec{Name: "threads", Nginx: b, Conf: threads, Limits: pod.Limits{Processes: 300}})
			require.Equal(t, http.StatusNoContent, get(t, p, "/").Status)
		}
	})
}

// TestTooMuchMemory asks for more memory than a pod may have, by configuration.
// nginx's own words are the answer, not the end of a wait.
func TestTooMuchMemory(t *testing.T) {
	for name, text := range map[string]string{
		"connections": "error_log /var/log/nginx/error.log; events { worker_connections 200000000; }\nhttp { server { listen 80; } }\n",
		"zone":        "error_log /var/log/nginx/error.log; events {}\nhttp { limit_req_zone $binary_remote_addr zone=x:20480m rate=1r/s; server { listen 80; } }\n",
	} {
		eachDriver(t, func(t *testing.T, d pod.Driver, b nginx.Build) {
			start(t, d, pod.Spec{Name: "healthy", Nginx: b, Conf: conf, Backends: upstreams}) // whose image is there then
			began := time.Now()
			p, err := pod.Start(t.Context(), d, pod.Spec{Name: name, Nginx: b, Conf: text}, pod.DefaultTimeouts)
			require.Less(t, time.Since(began), 20*time.Second)
			defer func() { require.NoError(t, p.Close()) }()
			var refused *pod.StartError
			require.ErrorAs(t, err, &refused)
			require.Contains(t, refused.Output, "Cannot allocate memory", name)
		})
	}
}

// TestWorkersGiveUp starts an nginx whose workers end as they start, and that
// says so in a log that the lab does not read: nobody waits for a worker.
func TestWorkersGiveUp(t *testing.T) {
	const conf = "error_log /var/log/nginx/own.log;\nworker_processes 4;\nevents { worker_connections 200000000; }\nhttp { server { listen 80; } }\n"
	eachDriver(t, func(t *testing.T, d pod.Driver, b nginx.Build) {
		p, err := pod.Start(t.Context(), d, pod.Spec{Name: "gives-up", Nginx: b, Conf: conf}, pod.DefaultTimeouts)
		defer func() { require.NoError(t, p.Close()) }()
		require.ErrorContains(t, err, "all workers gave up")
	})
}
