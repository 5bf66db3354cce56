package backends

import (
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"golang.org/x/sys/unix"
)

// gateway is what a real nginx makes of one backend.
type gateway struct {
	name   string
	spec   Spec   // Name, Listen left out
	pass   string // scheme and settings; empty: plain http
	status int
	log    string // in the error log; empty: nothing
}

const verified = "proxy_ssl_verify on; proxy_ssl_name app.internal; proxy_ssl_trusted_certificate %s;"

var gateways = []gateway{
	{"healthy", Spec{Script: Healthy()}, "", 200, ""},
	{"close-at-accept", Spec{Script: ClosingAtAccept()}, "", 502, "upstream prematurely closed connection while reading response header from upstream"},
	{"reset-at-accept", Spec{Script: ResettingAtAccept()}, "", 502, "failed (104: Connection reset by peer) while "},
	{"close-no-answer", Spec{Script: Closing()}, "", 502, "upstream prematurely closed connection while reading response header from upstream"},
	{"reset-no-answer", Spec{Script: Resetting()}, "", 502, "recv() failed (104: Connection reset by peer) while reading response header from upstream"},
	{"truncate-body", Spec{Script: Truncated(9000, 5000)}, "", 200, "upstream prematurely closed connection while reading upstream"},
	{"reset-in-body", Spec{Script: ResetAfter(9000, 5000)}, "", 200, "readv() failed (104: Connection reset by peer) while reading upstream"},
	{"stall-in-body", Spec{Script: Stalled(9000, 5000)}, "", 200, "upstream timed out (110: Connection timed out) while reading upstream"},
	{"silent", Spec{Script: Mute()}, "", 504, "upstream timed out (110: Connection timed out) while reading response header from upstream"},
	{"slow", Spec{Script: Slow(time.Hour)}, "", 504, "upstream timed out (110: Connection timed out) while reading response header from upstream"},
	{"not-http", Spec{Script: Speaking("")}, "", 0, "upstream sent no valid HTTP/1.0 header while reading response header from upstream"},
	{"header-4095", Spec{Script: BigHeaders(4095)}, "", 200, ""},
	{"header-4096", Spec{Script: BigHeaders(4096)}, "", 200, "upstream prematurely closed connection while reading upstream"}, // the body is lost
	{"header-4097", Spec{Script: BigHeaders(4097)}, "", 502, "upstream sent too big header while reading response header from upstream"},
	{"tls", Spec{TLS: &TLS{}, Hosts: []string{"app.internal"}}, verified, 200, ""},
	{"tls-other-name", Spec{TLS: &TLS{Names: []string{"x.test"}}}, verified, 502, "upstream SSL certificate does not match \"app.internal\" while SSL handshaking to upstream"},
	{"tls-expired", Spec{TLS: &TLS{Expired: true}, Hosts: []string{"app.internal"}}, verified, 502, "upstream SSL certificate verify error: (10:certificate has expired) while SSL handshaking to upstream"},
	{"plain-for-tls", Spec{}, "proxy_ssl_verify off;", 502, "SSL_do_handshake() failed (SSL: error:"},
	{"tls-for-plain", Spec{TLS: &TLS{}}, "", 400, ""},
}

// A real nginx must show what the catalogue expects of each behaviour.
func TestNginxSeesEachBehaviour(t *testing.T) {
	t.Parallel()
	path := nginxPath(t)
	dir := t.TempDir()
	var locations strings.Builder
	benches := make(map[string]*bench)
	for _, g := range gateways {
		g.spec.Name, g.spec.Listen = g.name, "127.0.0.1:3000"
		b := serveSpec(t, "tcp", g.spec)
		benches[g.name] = b
		scheme, settings := "http", g.pass
		if settings != "" {
			scheme = "https"
		}
		if b.srv.CertPEM() != nil {
			trust := filepath.Join(dir, g.name+".pem")
			require.NoError(t, os.WriteFile(trust, b.srv.CertPEM(), 0o600))
			settings = strings.ReplaceAll(settings, "%s", trust)
		}
		fmt.Fprintf(&locations, "location = /%s { %s proxy_pass %s://%s; }\n", g.name, settings, scheme, b.addr)
	}
	address, quit := startNginx(t, path, dir, locations.String())
	for _, g := range gateways {
		require.Equal(t, g.status, ask(t, address, "/"+g.name), g.name)
	}
	log := quit()
	for _, g := range gateways {
		var lines []string
		for line := range strings.SplitSeq(log, "\n") {
			if strings.Contains(line, `"GET /`+g.name+` HTTP`) {
				lines = append(lines, line)
			}
		}
		if g.log == "" {
			require.Empty(t, lines)
			continue
		}
		require.Len(t, lines, 1, "%s: %s", g.name, lines)
		require.Contains(t, lines[0], g.log, g.name)
		conns, _ := benches[g.name].rec.Snapshot()
		require.Len(t, conns, 1, g.name)
	}
	require.NotContains(t, log, "[alert]")
}

// startNginx runs nginx on a listener of ours, so that it takes connections
// from the first moment on; quit ends it and returns its error log.
func startNginx(t *testing.T, path, dir, locations string) (address string, quit func() string) {
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	defer func() { require.NoError(t, ln.Close()) }()
	file, err := ln.(*net.TCPListener).File()
	require.NoError(t, err)
	defer func() { require.NoError(t, file.Close()) }()
	conf := fmt.Sprintf(`daemon off; user root; worker_processes 1; pid %[1]s/pid; error_log %[1]s/error.log;
events {}
http {
  access_log off; client_body_temp_path %[1]s/body; proxy_temp_path %[1]s/proxy; fastcgi_temp_path %[1]s/fastcgi;
  uwsgi_temp_path %[1]s/uwsgi; scgi_temp_path %[1]s/scgi;
  proxy_read_timeout 300ms; proxy_buffer_size 4k; proxy_buffers 8 4k;
  server { listen %[2]s; %[3]s }
}`, dir, ln.Addr(), locations)
	require.NoError(t, os.WriteFile(filepath.Join(dir, "nginx.conf"), []byte(conf), 0o600))
	cmd := exec.Command(path, "-p", dir, "-e", filepath.Join(dir, "error.log"), "-c", filepath.Join(dir, "nginx.conf"))
	cmd.Env, cmd.ExtraFiles = append(os.Environ(), "NGINX=3;"), []*os.File{file}
	var said strings.Builder
	cmd.Stdout, cmd.Stderr = &said, &said
	cmd.SysProcAttr = &unix.SysProcAttr{Pdeathsig: unix.SIGTERM}
	require.NoError(t, cmd.Start())
	ended := false
	t.Cleanup(func() {
		if !ended {
			// The test failed before quit, which is the error to show. TERM,
			// so that the master takes its worker with it.
			_ = cmd.Process.Signal(unix.SIGTERM)
			_ = cmd.Wait()
		}
		if t.Failed() {
			log, err := os.ReadFile(filepath.Join(dir, "error.log"))
			t.Logf("nginx said: %s; its log (%v):\n%s", said.String(), err, log)
		}
	})
	return ln.Addr().String(), func() string {
		ended = true
		require.NoError(t, cmd.Process.Signal(unix.SIGTERM))
		require.NoError(t, cmd.Wait(), said.String())
		log, err := os.ReadFile(filepath.Join(dir, "error.log"))
		require.NoError(t, err)
		return string(log)
	}
}

// ask makes one request and returns the status, 0 for a response without one.
func ask(t *testing.T, address, target string) int {
	conn, err := net.Dial("tcp", address)
	require.NoError(t, err)
	defer func() { require.NoError(t, conn.Close()) }()
	require.NoError(t, conn.SetDeadline(time.Now().Add(limit)))
	_, err = io.WriteString(conn, "GET "+target+" HTTP/1.1\r\nHost: app.internal\r\nConnection: close\r\n\r\n")
	require.NoError(t, err)
	raw, err := io.ReadAll(conn)
	require.NoError(t, err, target)
	if !strings.HasPrefix(string(raw), "HTTP/") {
		return 0
	}
	resp, err := http.ReadResponse(newReader(string(raw)), nil)
	require.NoError(t, err)
	require.NoError(t, resp.Body.Close())
	return resp.StatusCode
}

// nginxPath is the machine's nginx; in CI there must be one.
func nginxPath(t *testing.T) string {
	t.Helper()
	path, err := exec.LookPath("nginx")
	if err != nil {
		require.NotEqual(t, "1", os.Getenv("BADGATEWAY_REQUIRE"), "nginx required: apt-get install nginx")
		t.Skipf("no nginx: %v; apt-get install nginx", err)
	}
	return path
}
