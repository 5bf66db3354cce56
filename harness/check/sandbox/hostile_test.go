package sandbox_test

import (
	"errors"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	"golang.org/x/sys/unix"

	"badgateway/harness/check/config"
	"badgateway/harness/check/sandbox"
	"badgateway/harness/nginx"
	"badgateway/harness/pod"
)

// listener is a service of the host, over TCP and UDP, that must not be reached.
type listener struct {
	tcp  net.Listener
	udp  net.PacketConn
	port int
	met  chan string
}

func listen(t *testing.T) *listener {
	t.Helper()
	tcp, err := net.Listen("tcp", ":0")
	require.NoError(t, err)
	l := &listener{tcp: tcp, port: tcp.Addr().(*net.TCPAddr).Port, met: make(chan string, 100)}
	l.udp, err = net.ListenPacket("udp", fmt.Sprintf(":%d", l.port))
	require.NoError(t, err)
	ended := make(chan struct{}, 2)
	go func() {
		defer func() { ended <- struct{}{} }()
		for {
			conn, err := l.tcp.Accept()
			if err != nil {
				return
			}
			l.met <- "tcp from " + conn.RemoteAddr().String()
			_ = conn.Close()
		}
	}()
	go func() {
		defer func() { ended <- struct{}{} }()
		for {
			_, from, err := l.udp.ReadFrom(make([]byte, 64))
			if err != nil {
				return
			}
			l.met <- "udp from " + from.String()
		}
	}()
	t.Cleanup(func() {
		require.NoError(t, l.tcp.Close())
		require.NoError(t, l.udp.Close())
		<-ended
		<-ended
	})
	return l
}

// addresses are the host's own, and one that is routed everywhere.
func addresses(t *testing.T) []string {
	t.Helper()
	own, err := net.InterfaceAddrs()
	require.NoError(t, err)
	all := []string{"127.0.0.1", "8.8.8.8"}
	for _, a := range own {
		if ip := a.(*net.IPNet).IP; ip.To4() != nil && !ip.IsLoopback() {
			all = append(all, ip.String())
		}
	}
	return all
}

// TestHostileNetwork passes requests to the host and into the Internet, by
// address, by a name that requests choose, as logs; nothing leaves the pod.
func TestHostileNetwork(t *testing.T) {
	eachDriver(t, func(t *testing.T, d pod.Driver, b nginx.Build) {
		host := listen(t)
		var locations, logs strings.Builder
		for i, ip := range addresses(t) {
			fmt.Fprintf(&locations, "location /%d { proxy_pass http://%s:%d; }\n", i, ip, host.port)
			fmt.Fprintf(&logs, "access_log syslog:server=%s:%d;\nerror_log syslog:server=%s:%d debug;\n", ip, host.port, ip, host.port)
		}
		box, err := sandbox.Build(t.Context(), d, b, read(t, map[string]string{"nginx.conf": `events {}
http {
    resolver 8.8.8.8 ipv6=off;
    ` + logs.String() + `
    proxy_connect_timeout 1s;
    server {
        listen 80;
        ` + locations.String() + `
        location /any { proxy_pass http://$arg_to; }
        location /docker { proxy_pass http://unix:/var/run/docker.sock:/containers/json; }
    }
}
`}))
		require.NoError(t, err)
		p := open(t, d, box)
		for i := range addresses(t) {
			r, err := p.Request(t.Context(), pod.Request{URL: fmt.Sprintf("/%d", i)})
			require.NoError(t, err)
			require.Equal(t, pod.OK, r.Outcome, "the pod's own backend answers: %+v", r)
			_, err = p.Request(t.Context(), pod.Request{URL: fmt.Sprintf("/any?to=%s:%d", addresses(t)[i], host.port)})
			require.NoError(t, err)
		}
		for _, to := range []string{"1.1.1.1:53", "169.254.169.254", "[2606:4700:4700::1111]:53", "example.com", "host.docker.internal"} {
			r, err := p.Request(t.Context(), pod.Request{URL: "/any?to=" + to})
			require.NoError(t, err)
			require.Contains(t, []pod.Outcome{pod.BadGateway, pod.GatewayTimeout}, r.Outcome, "%s: %+v", to, r)
		}
		queries, err := p.Queries(t.Context())
		require.NoError(t, err)
		require.NotEmpty(t, queries)
		for _, q := range queries {
			require.Equal(t, "8.8.8.8:53", q.Server, "answered in the pod")
		}
		r, err := p.Request(t.Context(), pod.Request{URL: "/docker"})
		require.NoError(t, err)
		require.Contains(t, string(r.Body), "ok from", "not the engine's socket")
		select {
		case met := <-host.met:
			require.Fail(t, "the host was reached", met)
		default:
		}
	})
}

// TestHostileFiles looks for what is the host's: served, included, and behind
// links out of the configuration's own tree.
func TestHostileFiles(t *testing.T) {
	const secret = "badgateway-host-secret"
	outside := t.TempDir()
	require.NoError(t, os.WriteFile(filepath.Join(outside, "secret"), []byte(secret+":{PLAIN}x\n"), 0o644))
	here, err := os.Getwd()
	require.NoError(t, err)
	eachDriver(t, func(t *testing.T, d pod.Driver, b nginx.Build) {
		dir := t.TempDir()
		text := `user root;
events {}
http { server {
    listen 80;
    autoindex on;
    location / { root /; }
    location /self/ { alias /proc/self/; }
    location /init/ { alias /proc/1/root/; }
    location /tree/ { alias ` + outside + `/; }
    location /login { auth_basic x; auth_basic_user_file users; proxy_pass http://app:80; }
} }
`
		require.NoError(t, os.WriteFile(filepath.Join(dir, "nginx.conf"), []byte(text), 0o600))
		require.NoError(t, os.Symlink(filepath.Join(outside, "secret"), filepath.Join(dir, "users")))
		c, err := config.Read(t.Context(), filepath.Join(dir, "nginx.conf"), config.Options{})
		require.NoError(t, err)
		box, err := sandbox.Build(t.Context(), d, b, c)
		require.NoError(t, err)
		for _, f := range box.Spec.Files {
			require.NotContains(t, string(f.Data), secret, f.Path)
		}
		p := open(t, d, box)
		_, err = p.Request(t.Context(), pod.Request{URL: "/nothing"})
		require.NoError(t, err)
		for _, path := range []string{outside + "/secret", "/tree/secret", "/init" + outside + "/secret", here + "/hostile_test.go", "/init" + here + "/hostile_test.go",
			"/root/.ssh/", "/root/.bashrc", "/home/", "/etc/ssh/sshd_config", "/etc/machine-id", "/var/run/docker.sock", "/run/docker.sock", "/sys/firmware/", "/proc/kcore", "/init/proc/kcore", "/proc/1/mem", "/dev/mem", "/dev/sda", "/dev/vda"} {
			r, err := p.Request(t.Context(), pod.Request{URL: path})
			require.NoError(t, err)
			require.NotContains(t, string(r.Body), secret, path)
			if strings.HasSuffix(path, "/") && r.Status == 200 {
				require.Equal(t, 1, strings.Count(string(r.Body), "<a href="), "%s lists %s", path, r.Body)
				continue
			}
			require.NotEqual(t, 200, r.Status, "%s: %.200s", path, r.Body)
		}
		for _, path := range []string{"/etc/shadow", "/init/etc/shadow", "/proc/1/environ", "/self/environ", "/init/proc/1/environ"} {
			r, err := p.Request(t.Context(), pod.Request{URL: path})
			require.NoError(t, err)
			require.NotContains(t, string(r.Body), "$y$", path)
			for _, variable := range os.Environ() {
				if name, value, _ := strings.Cut(variable, "="); name != "PATH" && len(value) > 8 {
					require.NotContains(t, string(r.Body), variable, path)
				}
			}
		}
	})
}

// TestHostileIncludes reads files that are not the configuration's own.
func TestHostileIncludes(t *testing.T) {
	outside := filepath.Join(t.TempDir(), "elsewhere.conf")
	require.NoError(t, os.WriteFile(outside, []byte("worker_priority 3;"), 0o644))
	for _, include := range []string{"/etc/shadow", "/etc/passwd", "/proc/self/environ", "../../../../../../etc/passwd", "/dev/zero", "/dev/stdin", outside, "link.conf", "up/etc/passwd", "pipe"} {
		dir := t.TempDir()
		require.NoError(t, os.Mkdir(filepath.Join(dir, ".git"), 0o700)) // its own tree ends here
		require.NoError(t, os.WriteFile(filepath.Join(dir, "nginx.conf"), []byte("events {}\ninclude "+include+";\n"), 0o600))
		require.NoError(t, os.Symlink(outside, filepath.Join(dir, "link.conf")))
		require.NoError(t, os.Symlink("/", filepath.Join(dir, "up")))
		require.NoError(t, unix.Mkfifo(filepath.Join(dir, "pipe"), 0o600))
		_, err := config.Read(t.Context(), filepath.Join(dir, "nginx.conf"), config.Options{})
		var refused *config.InputError
		require.ErrorAs(t, err, &refused, include)
		require.Equal(t, filepath.Join(dir, "nginx.conf"), refused.Place.File, include)
		require.Equal(t, 2, refused.Place.Line, include)
	}
}

// TestHostileWrites writes wherever a configuration can name a file.
func TestHostileWrites(t *testing.T) {
	const mark = "badgateway-was-here"
	targets := []string{"/etc/cron.d/" + mark, "/root/" + mark, "/usr/share/" + mark, "/usr/bin/" + mark, "/tmp/" + mark, "/var/spool/cron/" + mark,
		"/home/" + mark, "/dev/" + mark, "/lib/" + mark, "/boot/" + mark, "/opt/" + mark, "/etc/" + mark}
	targets = slices.DeleteFunc(targets, func(path string) bool { // what an ordinary user cannot look for
		_, err := os.Lstat(path)
		return errors.Is(err, os.ErrPermission)
	})
	for _, path := range targets {
		_, err := os.Lstat(path)
		require.ErrorIs(t, err, os.ErrNotExist)
	}
	eachDriver(t, func(t *testing.T, d pod.Driver, b nginx.Build) {
		box, err := sandbox.Build(t.Context(), d, b, read(t, map[string]string{"nginx.conf": `user root;
error_log /etc/cron.d/` + mark + ` debug;
pid /tmp/` + mark + `;
events {}
http {
    client_body_temp_path /root/` + mark + `;
    proxy_temp_path /home/` + mark + `;
    access_log /var/spool/cron/$arg_name;
    server {
        listen 80;
        location /store { root /usr/share; proxy_store /$arg_dir/` + mark + `; proxy_store_access all:rw; proxy_pass http://app:80; }
        location / { root /; dav_methods PUT MKCOL; create_full_put_path on; client_body_in_file_only on; }
    }
}
`}))
		require.NoError(t, err)
		p := open(t, d, box)
		r, err := p.Request(t.Context(), pod.Request{Method: "PUT", URL: "/var/" + mark, Body: "x"})
		require.NoError(t, err)
		require.Contains(t, []int{201, 204}, r.Status, "the means are there: %+v", r)
		for _, path := range targets {
			_, err := p.Request(t.Context(), pod.Request{Method: "PUT", URL: path + "?name=" + mark, Body: "x"})
			require.NoError(t, err)
			_, err = p.Request(t.Context(), pod.Request{URL: "/store?dir=" + filepath.Dir(path)[1:] + "&name=" + mark})
			require.NoError(t, err)
		}
		for _, path := range append(targets, "/var/"+mark) {
			_, err := os.Lstat(path)
			require.ErrorIs(t, err, os.ErrNotExist, path)
		}
	})
}

// TestHostileModules loads code that lies beside the configuration: it is not
// put into the pod.
func TestHostileModules(t *testing.T) {
	eachDriver(t, func(t *testing.T, d pod.Driver, b nginx.Build) {
		for _, name := range []string{"modules/evil.so", "/etc/nginx/modules/evil.so", "/etc/nginx/nginx.conf"} {
			c := read(t, map[string]string{"nginx.conf": "load_module " + name + ";\nevents {}\nhttp {}\n", "modules/evil.so": "\x7fELF"})
			_, err := sandbox.Build(t.Context(), d, b, c)
			var refused *config.InputError
			require.ErrorAs(t, err, &refused, name)
			require.Equal(t, c.Path, refused.Place.File, name)
			require.Equal(t, 1, refused.Place.Line, name)
			require.NotEmpty(t, refused.Next, name)
			t.Log(err)
		}
	})
}

// TestHostilePrivileges looks at what nginx's processes may do and get.
func TestHostilePrivileges(t *testing.T) {
	eachDriver(t, func(t *testing.T, d pod.Driver, b nginx.Build) {
		box, err := sandbox.Build(t.Context(), d, b, read(t, map[string]string{"nginx.conf": "user root;\nevents {}\nhttp { server { listen 80; location / { root /; } } }\n"}))
		require.NoError(t, err)
		p := open(t, d, box)
		state, err := p.Nginx(t.Context())
		require.NoError(t, err)
		for _, pid := range append(state.Workers, state.Master) {
			data, err := p.Read(t.Context(), fmt.Sprintf("/proc/%d/status", pid))
			require.NoError(t, err)
			status := string(data)
			require.Contains(t, status, "NoNewPrivs:\t1", "setuid programs give nothing")
			held, bound := capabilities(t, status, "CapPrm")|capabilities(t, status, "CapInh")|capabilities(t, status, "CapAmb"), capabilities(t, status, "CapBnd")
			require.Zero(t, held&dangerous, "%x", held)
			if held != 0 || os.Geteuid() == 0 { // who holds none and may get none is bound by that
				require.Zero(t, bound&dangerous, "%x", bound)
			}
		}
	})
}

// TestHostileDevices names files that a pod has in common with the machine as
// temporary directories, which nginx gives to its workers.
func TestHostileDevices(t *testing.T) {
	paths := []string{"/dev/full", "/proc/version", "/proc/loadavg", "/proc/timer_list"}
	before := owners(t, paths)
	eachDriver(t, func(t *testing.T, d pod.Driver, b nginx.Build) {
		for _, path := range paths {
			if d.Name() != "native" && path == "/dev/full" {
				continue // a container's own
			}
			_, err := sandbox.Build(t.Context(), d, b, read(t, map[string]string{"nginx.conf": "user www-data;\nevents {}\nhttp {\n proxy_temp_path " + path +
				";\n server { listen 80; location / { proxy_pass http://app:80; } } }\n"}))
			t.Logf("%s: %v", path, err)
			require.Equal(t, before, owners(t, paths), path)
		}
	})
}

// owners are the owners and modes of the machine's own files: of /proc a new
// instance tells them, as others keep what they have read.
func owners(t *testing.T, paths []string) string {
	t.Helper()
	cmd := exec.Command("stat", append([]string{"--format=%n %u %a"}, paths...)...)
	if os.Geteuid() == 0 {
		cmd = exec.Command("unshare", append([]string{"--mount", "--pid", "--fork", "--mount-proc"}, cmd.Args...)...)
	}
	out, err := cmd.CombinedOutput()
	require.NoError(t, err, "%s", out)
	return string(out)
}

// dangerous are capabilities (capabilities(7)) that change a network, load
// modules, write to devices, look into processes, and all else.
const dangerous = 1<<unix.CAP_NET_ADMIN | 1<<unix.CAP_SYS_MODULE | 1<<unix.CAP_SYS_RAWIO | 1<<unix.CAP_SYS_PTRACE | 1<<unix.CAP_SYS_ADMIN

// capabilities are one set of a process (proc(5), status).
func capabilities(t *testing.T, status, set string) (held uint64) {
	t.Helper()
	for line := range strings.Lines(status) {
		if value, found := strings.CutPrefix(line, set+":"); found {
			_, err := fmt.Sscanf(value, "%x", &held)
			require.NoError(t, err)
			return held
		}
	}
	t.Fatalf("no %s in %s", set, status)
	return 0
}
