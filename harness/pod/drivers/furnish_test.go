package drivers

import (
	"fmt"
	"net/netip"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"badgateway/backends"
	"badgateway/harness/nginx"
	"badgateway/harness/pod"
)

// TestUsersAndHosts gives a configuration the accounts, addresses and names
// that it takes for granted.
func TestUsersAndHosts(t *testing.T) {
	const conf = `user deploy web-staff;
error_log /var/log/nginx/error.log notice;
events {}
http {
    server {
        listen 203.0.113.9:443;
        listen [2001:db8::9]:81;
        listen self.example:82;
        location / { proxy_pass http://app.internal:8080; }
        location /self { proxy_pass http://self.example:82/; }
    }
}
`
	eachDriver(t, func(t *testing.T, d pod.Driver, b nginx.Build) {
		p := start(t, d, pod.Spec{Name: "furnished", Nginx: b, Conf: conf,
			Users: []string{"deploy", "web-staff", "www-data", "deploy"},
			Hosts: []pod.Host{{Addr: "203.0.113.9", Names: []string{"self.example", "www.self.example"}}, {Addr: "2001:db8::9"}},
			Backends: []backends.Spec{
				{Name: "a", Listen: "10.0.3.7:8080", Hosts: []string{"app.internal"}},
				{Name: "b", Listen: "10.0.3.7:8081", Hosts: []string{"app.internal"}},
			}})
		for _, via := range []string{"203.0.113.9:443", "[2001:db8::9]:81", "203.0.113.9:82"} {
			for _, path := range []string{"/", "/self"} {
				answer := dialAndGet(t, p, via, path)
				require.Contains(t, answer, "ok from a", "%s%s: %s", via, path, errorLog(t, p))
			}
		}
		r, err := p.Exec(t.Context(), pod.Command{Args: []string{"grep", "-cE", "^(deploy|web-staff|www-data):", "/etc/passwd", "/etc/group"}})
		require.NoError(t, err)
		require.Equal(t, "/etc/passwd:3\n/etc/group:3\n", string(r.Stdout))
		hosts, err := p.Read(t.Context(), "/etc/hosts")
		require.NoError(t, err)
		require.Equal(t, 1, strings.Count(string(hosts), "app.internal"), "%s", hosts)
	})
}

// dialAndGet asks one address of the pod over HTTP/1.0.
func dialAndGet(t *testing.T, p *pod.Pod, via, path string) string {
	t.Helper()
	conn, err := p.Dial(t.Context(), via)
	require.NoError(t, err, via)
	defer conn.Close()
	_, err = fmt.Fprintf(conn, "GET %s HTTP/1.0\r\nHost: x\r\n\r\n", path)
	require.NoError(t, err)
	var answer strings.Builder
	buf := make([]byte, 4096)
	for {
		n, err := conn.Read(buf)
		answer.Write(buf[:n])
		if err != nil {
			return answer.String()
		}
	}
}

func TestRefusesUnusableNames(t *testing.T) {
	eachDriver(t, func(t *testing.T, d pod.Driver, b nginx.Build) {
		for want, spec := range map[string]pod.Spec{
			`"a:b" is no user name`:           {Users: []string{"a:b"}},
			`"two words" is no host name`:     {Hosts: []pod.Host{{Addr: "10.1.1.1", Names: []string{"two words"}}}},
			`read host "app": ParseAddr("app`: {Hosts: []pod.Host{{Addr: "app"}}},
		} {
			spec.Name, spec.Nginx, spec.Conf = "unusable", b, conf
			p, err := pod.New(t.Context(), d, spec, pod.DefaultTimeouts)
			require.ErrorContains(t, err, want)
			require.NoError(t, p.Close())
		}
	})
}

// TestHostsByName asks a DNS server for names that no backend has.
func TestHostsByName(t *testing.T) {
	conf := strings.Replace(conf, "http {", "http {\n    resolver 10.0.0.2;", 1)
	conf = strings.Replace(conf, "location /remote", "location /later { set $host_later other.example; proxy_pass http://$host_later:3000; }\n        location /remote", 1)
	eachDriver(t, func(t *testing.T, d pod.Driver, b nginx.Build) {
		p := start(t, d, pod.Spec{Name: "hosts", Nginx: b, Conf: conf, Backends: upstreams, Resolvers: []string{"10.0.0.2:53"},
			Hosts: []pod.Host{{Addr: "127.0.0.1", Names: []string{"other.example"}}}})
		require.Equal(t, "ok from local\n", string(get(t, p, "/later").Body), errorLog(t, p))
		data, err := p.Read(t.Context(), "/etc/hosts")
		require.NoError(t, err)
		require.Contains(t, string(data), "127.0.0.1\tother.example\n")
		require.NotContains(t, string(data), "app.internal")
	})
}

// anywhere are paths that configurations name, some of them in directories that
// a pod shares with the host.
var anywhere = []string{"/srv/x/y.html", "/usr/share/nginx/html/index.html", "/usr/share/nginx/html/new/deep.html",
	"/usr/share/nginx/other/a.html", "/etc/letsencrypt/live/example/fullchain.pem", "/etc/ssl/private/example.key",
	"/etc/ssl/certs/example.pem", "/etc/ssl/example.crt", "/opt/app/static/a.txt", "/home/app/run/note", "/root/a", "/var/www/html/a.html",
	"/usr/local/nginx/conf/mime.types", "/mnt/data/a", "/data/a", "/etc/nginx/sites-enabled/a", "/lib/a", "/usr/bin/a"}

func TestFilesAnywhere(t *testing.T) {
	eachDriver(t, func(t *testing.T, d pod.Driver, b nginx.Build) {
		var files []pod.File
		for _, path := range anywhere {
			files = append(files, pod.File{Path: path, Data: []byte(path)})
		}
		conf := strings.Replace(conf, "location /remote", "location /html/ { alias /usr/share/nginx/html/; }\n        location /remote", 1)
		p := start(t, d, pod.Spec{Name: "files", Nginx: b, Conf: conf, Backends: upstreams, Files: files})
		for _, path := range anywhere {
			data, err := p.Read(t.Context(), path)
			require.NoError(t, err)
			require.Equal(t, path, string(data))
		}
		require.Equal(t, "/usr/share/nginx/html/new/deep.html", string(get(t, p, "/html/new/deep.html").Body), errorLog(t, p))
		for range 2 { // what stood beside them is there, and they can be written again
			r, err := p.Exec(t.Context(), pod.Command{Args: []string{"sh", "-c", "test -x /usr/bin/env && ls /usr/share/nginx/"}})
			require.NoError(t, err)
			require.Zero(t, r.Code, "%s", r.Stderr)
			require.Contains(t, string(r.Stdout), "html\n")
			require.NoError(t, p.Put(t.Context(), files...))
		}
	})
}

// TestManyBackends starts forty, each on an address of its own.
func TestManyBackends(t *testing.T) {
	var many []backends.Spec
	var servers strings.Builder
	addr := netip.MustParseAddr("10.9.0.1")
	for i := range 40 {
		listen := netip.AddrPortFrom(addr, 80).String()
		many = append(many, backends.Spec{Name: fmt.Sprintf("b%d", i), Listen: listen})
		fmt.Fprintf(&servers, "server %s;\n", listen)
		addr = addr.Next()
	}
	conf := fmt.Sprintf("error_log /var/log/nginx/error.log;\nevents {}\nhttp { upstream many { %s } server { listen 80; location / { proxy_pass http://many; } } }\n", servers.String())
	eachDriver(t, func(t *testing.T, d pod.Driver, b nginx.Build) {
		p := start(t, d, pod.Spec{Name: "many", Nginx: b, Conf: strings.Replace(conf, "events", "worker_processes 1;\nevents", 1), Backends: many})
		for range 40 {
			require.Equal(t, pod.OK, get(t, p, "/").Outcome)
		}
		_, attempts, err := p.Observed(t.Context())
		require.NoError(t, err)
		reached := map[string]bool{}
		for _, a := range attempts {
			reached[a.Backend] = true
		}
		require.Len(t, reached, 40)
	})
}

// TestManySharePort has more backends on the port that nginx listens on than one
// message to the kernel names.
func TestManySharePort(t *testing.T) {
	var many []backends.Spec
	for i := range 400 {
		many = append(many, backends.Spec{Name: fmt.Sprintf("b%d", i), Listen: fmt.Sprintf("10.1.%d.%d:80", i/200, i%200+1)})
	}
	conf := "events {}\nhttp { server { listen 80; location / { proxy_pass http://10.1.1.200; } location /first { proxy_pass http://10.1.0.1; } } }\n"
	eachDriver(t, func(t *testing.T, d pod.Driver, b nginx.Build) {
		p := start(t, d, pod.Spec{Name: "many", Nginx: b, Conf: conf, Backends: many})
		require.Equal(t, "ok from b399\n", string(get(t, p, "/").Body))
		require.Equal(t, "ok from b0\n", string(get(t, p, "/first").Body))
	})
}

// TestSharedPort has backends on the port that nginx listens on with all its
// addresses, and injects what depends on the port.
func TestSharedPort(t *testing.T) {
	conf := strings.NewReplacer("listen 80;", "listen 80; listen [::]:8080;", "http://127.0.0.1:3000", "http://[2001:db8::7]:8080",
		"10.0.3.7:8080", "10.0.3.7", "app.internal:8081", "app.internal").Replace(conf)
	shared := []backends.Spec{{Name: "remote", Listen: "10.0.3.7:80"}, {Name: "named", Listen: "10.0.3.8:80", Hosts: []string{"app.internal"}},
		{Name: "six", Listen: "[2001:db8::7]:8080"}}
	eachDriver(t, func(t *testing.T, d pod.Driver, b nginx.Build) {
		p := start(t, d, pod.Spec{Name: "shared", Nginx: b, Conf: conf, Backends: shared})
		for path, name := range map[string]string{"/": "six", "/remote": "remote", "/named": "named"} {
			require.Equal(t, "ok from "+name+"\n", string(get(t, p, path).Body), errorLog(t, p))
			for kind, want := range map[pod.FaultKind]pod.Outcome{pod.KindDown: pod.BadGateway, pod.KindProhibit: pod.BadGateway,
				pod.KindUnreach: pod.BadGateway, pod.KindDropSYN: pod.GatewayTimeout, pod.KindResetPeer: pod.BadGateway} {
				require.NoError(t, p.Inject(t.Context(), pod.Fault{Kind: kind, Target: name}))
				require.Equal(t, want, get(t, p, path).Outcome, "%s: %s", kind, errorLog(t, p))
				require.NoError(t, p.Lift(t.Context()))
				require.Equal(t, pod.OK, get(t, p, path).Outcome, kind)
			}
			require.NoError(t, p.Reload(t.Context()))
		}
		require.Contains(t, errorLog(t, p), "connect() failed (111: Connection refused) while connecting to upstream, client: 127.0.0.1, server: , request: \"GET /remote HTTP/1.1\", upstream: \"http://10.0.3.7:80/remote\"")
		require.NoError(t, p.StopNginx(t.Context()))
		require.NoError(t, p.StartNginx(t.Context()))
	})
}

// TestDiskSysctlOpenFiles gives a pod a disk of two pages, few local ports and
// an nginx of few open files.
func TestDiskSysctlOpenFiles(t *testing.T) {
	eachDriver(t, func(t *testing.T, d pod.Driver, b nginx.Build) {
		p := start(t, d, pod.Spec{Name: "small", Nginx: b, Conf: conf, Backends: upstreams,
			Sysctls: map[string]string{"net.ipv4.ip_local_port_range": "20000 20099"},
			Disks:   []pod.Disk{{Path: "/srv/small", Bytes: 8192}}, Limits: pod.Limits{OpenFiles: 77}})
		const look = `cat /proc/sys/net/ipv4/ip_local_port_range; head -c 100000 /dev/zero > /srv/small/a; wc -c < /srv/small/a;
			grep 'open files' /proc/$(cat /run/nginx.pid)/limits`
		r, err := p.Exec(t.Context(), pod.Command{Args: []string{"sh", "-c", look}})
		require.NoError(t, err)
		require.Regexp(t, `(?s)^20000\s20099\n8192\nMax open files +77 +[0-9]{4,} `, string(r.Stdout))
		require.Contains(t, string(r.Stderr), "No space left on device")
	})
}

func TestRefusesForeignSysctl(t *testing.T) {
	eachDriver(t, func(t *testing.T, d pod.Driver, b nginx.Build) {
		p, err := pod.New(t.Context(), d, pod.Spec{Name: "foreign", Nginx: b, Conf: conf, Sysctls: map[string]string{"kernel.panic": "1"}}, pod.DefaultTimeouts)
		require.ErrorContains(t, err, "kernel.panic")
		require.NoError(t, p.Close())
	})
}

// TestDaemonInAnotherFile has the directive where the main file does not show it.
func TestDaemonInAnotherFile(t *testing.T) {
	eachDriver(t, func(t *testing.T, d pod.Driver, b nginx.Build) {
		for _, value := range []string{"off", "on"} {
			p := start(t, d, pod.Spec{Name: "daemon", Nginx: b, Conf: "include /etc/nginx/main.d/*.conf;" + conf, Backends: upstreams,
				Files: []pod.File{{Path: "/etc/nginx/main.d/a.conf", Data: []byte("daemon " + value + ";\n")}}})
			require.Equal(t, pod.OK, get(t, p, "/").Outcome)
		}
	})
}
