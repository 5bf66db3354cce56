package nginx_test

import (
	"os"
	"testing"

	"github.com/stretchr/testify/require"

	"badgateway/harness/nginx"
)

// about parses a `nginx -V` of testdata/V.
func about(t *testing.T, name string) nginx.About {
	t.Helper()
	said, err := os.ReadFile("testdata/V/" + name + ".txt")
	require.NoError(t, err)
	a, err := nginx.ParseAbout(string(said))
	require.NoError(t, err)
	return a
}

func TestParseAboutReadsRealBuilds(t *testing.T) {
	for name, want := range map[string]struct{ version, tls, log string }{
		"debian-bullseye": {"1.18.0", "OpenSSL 1.1.1w 11 Sep 2023", "/var/log/nginx/error.log"},
		"debian-bookworm": {"1.22.1", "OpenSSL 3.0.20 7 Apr 2026", "stderr"},
		"debian-trixie":   {"1.26.3", "OpenSSL 3.5.7 9 Jun 2026", "stderr"},
		"debian-forky":    {"1.30.6", "OpenSSL 3.6.5 29 Sep 2026", "stderr"},
	} {
		a := about(t, name)
		require.Equal(t, "nginx", a.Product, name)
		require.Equal(t, want.version, a.Version.String(), name)
		require.Equal(t, a.Version, a.Nginx, name)
		require.Equal(t, want.tls, a.TLS, name)
		require.Equal(t, "/usr/share/nginx", a.Prefix(), name)
		require.Equal(t, "/etc/nginx/nginx.conf", a.ConfPath(), name)
		require.Equal(t, want.log, a.ErrorLogPath(), name)
		require.Equal(t, "/run/nginx.pid", a.PIDPath(), name)
		require.Equal(t, "/usr/lib/nginx/modules", a.ModulesPath(), name)
		flags, ok := a.Argument("with-ld-opt")
		require.True(t, ok, name)
		require.Equal(t, "-Wl,-z,relro -Wl,-z,now -fPIC", flags, name)
		require.True(t, a.Has("http_ssl_module"), name)
		require.True(t, a.Has("http_grpc_module"), name)
		stream := nginx.Dynamic
		if name == "debian-bullseye" {
			stream = nginx.Absent // in a package of its own
		}
		require.Equal(t, stream, a.Module("stream"), name)
		require.Equal(t, stream, a.Module("stream_ssl_module"), name)
	}
}

func TestParseAboutReadsOtherProducts(t *testing.T) {
	a := about(t, "openresty")
	require.Equal(t, "openresty", a.Product)
	require.Equal(t, "1.15.8.1", a.Version.String())
	require.Equal(t, "1.15.8", a.Nginx.String())
	require.Equal(t, "/usr/local/openresty/nginx/conf/nginx.conf", a.ConfPath())
	require.Equal(t, "/usr/local/openresty/nginx/logs/error.log", a.ErrorLogPath())
	require.Equal(t, "/usr/local/openresty/nginx/logs/nginx.pid", a.PIDPath())
	require.Equal(t, []string{"ngx_devel_kit-0.3.1rc1", "headers-more-nginx-module-0.33"}, a.Added())
	require.Equal(t, nginx.Static, a.Module("stream_map_module"))

	a, err := nginx.ParseAbout("Tengine version: Tengine/2.3.3\nnginx version: nginx/1.18.0\nconfigure arguments:\n")
	require.NoError(t, err)
	require.Equal(t, []string{"Tengine", "2.3.3", "1.18.0"}, []string{a.Product, a.Version.String(), a.Nginx.String()})
	require.Empty(t, a.Arguments)
	require.Equal(t, "/usr/local/nginx/conf/nginx.conf", a.ConfPath())

	a, err = nginx.ParseAbout("nginx version: nginx/1.30.2 (Debian)\n")
	require.NoError(t, err)
	require.Equal(t, []string{"1.30.2", "Debian", ""}, []string{a.Version.String(), a.Build, a.TLS})

	a, err = nginx.ParseAbout("Angie version: Angie/1.0.0\nbuilt by gcc 12.2.0 (GCC)\nconfigure arguments:\n")
	require.NoError(t, err)
	require.Equal(t, "Angie", a.Product)
	require.True(t, a.Nginx.IsZero())

	for _, said := range []string{"", "bash: nginx: command not found", "nginx version: unknown"} {
		_, err := nginx.ParseAbout(said)
		require.ErrorContains(t, err, "nginx -V", said)
	}
}

func TestModuleKnowsDefaultsAndFamilies(t *testing.T) {
	parse := func(version, arguments string) nginx.About {
		a, err := nginx.ParseAbout("nginx version: nginx/" + version + "\nconfigure arguments: " + arguments)
		require.NoError(t, err)
		return a
	}
	for _, c := range []struct {
		version, arguments, module string
		want                       nginx.Presence
	}{
		{"1.22.1", "", "http_proxy_module", nginx.Static},
		{"1.22.1", "--without-http_proxy_module", "http_proxy_module", nginx.Absent},
		{"1.22.1", "", "http_ssl_module", nginx.Absent},
		{"1.22.1", "--with-http_ssl_module", "http_ssl_module", nginx.Static},
		{"1.22.1", "--with-cc-opt='-O2 --with-http_ssl_module'", "http_ssl_module", nginx.Absent},
		{"1.22.1", "--with-http_geoip_module=dynamic", "http_geoip_module", nginx.Dynamic},
		{"1.22.1", "", "http_upstream_sticky_module", nginx.Absent},
		{"1.29.6", "", "http_upstream_sticky_module", nginx.Static},
		{"1.18.0", "--with-stream", "stream_set_module", nginx.Absent},
		{"1.22.1", "--with-stream", "stream_set_module", nginx.Static},
		{"1.22.1", "--with-stream=dynamic --with-stream_ssl_module", "stream_ssl_module", nginx.Dynamic},
		{"1.22.1", "--with-stream_ssl_module", "stream_ssl_module", nginx.Absent},
		{"1.22.1", "--with-stream", "stream", nginx.Static},
		{"1.22.1", "", "mail", nginx.Absent},
		{"1.22.1", "--without-http --with-http_ssl_module", "http_ssl_module", nginx.Absent},
		{"1.22.1", "", "http", nginx.Static},
		{"1.22.1", "", "http_no_such_module", nginx.Absent},
	} {
		a := parse(c.version, c.arguments)
		require.Equal(t, c.want, a.Module(c.module), "%+v", c)
		require.Equal(t, c.want != nginx.Absent, a.Has(c.module), "%+v", c)
	}
}

func TestVersionCompare(t *testing.T) {
	order := []string{"1.18.0", "1.22", "1.22.1", "1.26.3", "1.29.7-dev", "1.29.10", "1.30.0", "1.30.0.1"}
	for i, a := range order {
		for j, b := range order {
			v, err := nginx.ParseVersion(a)
			require.NoError(t, err)
			w, err := nginx.ParseVersion("nginx/" + b + " (Debian)")
			require.NoError(t, err)
			switch got := v.Compare(w); {
			case i < j:
				require.Negative(t, got, "%s, %s", a, b)
			case i > j:
				require.Positive(t, got, "%s, %s", a, b)
			default:
				require.Zero(t, got, "%s, %s", a, b)
			}
		}
	}
	for _, s := range []string{"", "nginx", "nginx/", "1..2", "1.2.3.4.5", "1.x", "-1"} {
		_, err := nginx.ParseVersion(s)
		require.ErrorContains(t, err, "1.22.1", s)
	}
}

func TestVersionWithinIsInclusive(t *testing.T) {
	for _, c := range []struct {
		version, since, until string
		want                  bool
	}{
		{"1.22.1", "", "", true}, {"1.22.1", "1.22.1", "1.22.1", true}, {"1.22.1", "1.22", "1.22", true},
		{"1.22.1", "1.22.2", "", false}, {"1.22.1", "", "1.22.0", false}, {"1.23.0", "", "1.22", false}, {"1.30.6", "1.23", "", true},
	} {
		v, err := nginx.ParseVersion(c.version)
		require.NoError(t, err)
		got, err := v.Within(c.since, c.until)
		require.NoError(t, err)
		require.Equal(t, c.want, got, "%+v", c)
	}
	v, err := nginx.ParseVersion("1.22.1")
	require.NoError(t, err)
	_, err = v.Within("new", "")
	require.ErrorContains(t, err, "since")
	_, err = v.Within("", "old")
	require.ErrorContains(t, err, "until")
}
