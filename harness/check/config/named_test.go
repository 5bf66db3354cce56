package config_test

import (
	"os"
	"testing"

	"github.com/stretchr/testify/require"

	"badgateway/harness/check/config"
	"badgateway/harness/check/result"
)

// TestNamed holds which includes may be absent: those whose name tells of
// settings. One that may pass requests on must be there.
func TestNamed(t *testing.T) {
	for include, tells := range map[string]string{
		"snippets/ssl-shop.conf": "TLS settings", "ssl_params/shop.conf": "TLS settings", "/config/nginx/ssl.conf": "TLS settings",
		"proxy.conf": "proxy headers", "proxy_headers.inc": "proxy headers", "php_fastcgi.conf": "FastCGI parameters",
		"cloudflare-ips.conf": "lists of clients", "/srv/app/ip_whitelist": "lists of clients", "ai-block-list.conf": "lists of clients",
		"limits/general.conf": "limits", "logging.conf": "logs", "gzip.conf": "compression and caches", "security-headers.conf": "headers and error pages",
		"letsencrypt.conf": "the challenge of certificates", "upstreams.conf": "upstreams", "conf.d/server_name.active": "a server_name",
		"/var/lib/app/envsubst.conf": "variables", "resolvers.conf": "a resolver", "listen.conf": "ports", "fastcgi.default.conf": "FastCGI parameters", "snippets/self-signed.conf": "TLS settings",
		"conf.d/gateway/server_variables.conf": "variables", "api-limits.conf": "limits", "location_headers": "headers and error pages", "h5bp/basic.conf": "common settings",
		"common.conf": "", "locations.conf": "", "ssl-server.conf": "", "cache-locations.conf": "", "auth.conf": "", "ssl/default.conf": "",
		"reverse-proxy.conf": "", "sites/shop.conf": "", "proxy/api.conf": "", "php.conf": "", "x": "", "/x": "", "h5bp": "",
	} {
		enter(t, map[string]string{"nginx.conf": "events {}\nhttp { server {\n include " + include + ";\n} }"})
		c, err := config.Read(t.Context(), "nginx.conf", config.Options{})
		if tells == "" {
			var refused *config.InputError
			require.ErrorAs(t, err, &refused, include)
			require.Equal(t, 3, refused.Place.Line)
			continue
		}
		require.NoError(t, err, include)
		require.Len(t, supplied(c, result.SuppliedAbsent), 1)
		require.Contains(t, c.Supplied[0].Note, "as its name tells of "+tells, include)
		require.Equal(t, result.Place{File: "nginx.conf", Line: 3, Text: "include " + include + ";"}, c.Supplied[0].For)
	}
}

// TestNamedDefines fills what stands in for an absent include as nginx asks.
func TestNamedDefines(t *testing.T) {
	enter(t, map[string]string{"nginx.conf": "events {} http { include logs.conf; server { listen 443 ssl; include tls.conf; } server { listen 444 ssl; include tls-b.conf; } server { listen 445 ssl; include snippets/ssl-params.conf; } }"})
	c, err := config.Read(t.Context(), "nginx.conf", config.Options{})
	require.NoError(t, err)
	complaint := `no "ssl_certificate" is defined for the "listen ... ssl" directive in /etc/nginx/nginx.conf:1`
	require.True(t, c.Repair(complaint, result.Place{}))
	for _, file := range []string{"/etc/nginx/tls.conf", "/etc/nginx/tls-b.conf"} {
		require.Contains(t, podFile(t, c, file), "ssl_certificate_key ")
	}
	require.Contains(t, podFile(t, c, "/etc/nginx/snippets/ssl-params.conf"), "ssl_certificate ", "a standard one")
	require.NotContains(t, podFile(t, c, "/etc/nginx/logs.conf"), "ssl_certificate")
	require.True(t, c.Repair(`unknown log format "main"`, result.Place{}))
	require.Contains(t, podFile(t, c, "/etc/nginx/logs.conf"), "log_format main ")
}

// TestNamedTwice leaves out of what stands in for an absent include the header
// fields beside it, which nginx would send twice. Debian's own file stays.
func TestNamedTwice(t *testing.T) {
	enter(t, map[string]string{"nginx.conf": `events {} http { server { location / { include proxy_headers.conf; include proxy_params; proxy_set_header host $host; proxy_pass http://127.0.0.1:1; }
		location /b { include proxy.conf; proxy_pass http://127.0.0.1:1; } } }`})
	c, err := config.Read(t.Context(), "nginx.conf", config.Options{})
	require.NoError(t, err)
	require.NotContains(t, podFile(t, c, "/etc/nginx/proxy_headers.conf"), "Host")
	for _, whole := range []string{"/etc/nginx/proxy_params", "/etc/nginx/proxy.conf"} {
		require.Contains(t, podFile(t, c, whole), "proxy_set_header Host $host;")
	}
	for d := range c.Tree.All() {
		require.False(t, d.Is("proxy_set_header") && d.Arg(0) == "Host" && d.Pos().File == "/etc/nginx/proxy_headers.conf", "the tree is the one that nginx reads")
	}
}

// TestNamedInFragment gives all servers of a fragment a certificate, those
// without the include too.
func TestNamedInFragment(t *testing.T) {
	enter(t, map[string]string{"x.conf": "server { listen 443 ssl; include tls.conf; } server { listen 444 ssl; }"})
	c, err := config.Read(t.Context(), "x.conf", config.Options{})
	require.NoError(t, err)
	require.True(t, c.Repair(`no "ssl_certificate" is defined for the "listen ... ssl" directive`, result.Place{}))
	require.Contains(t, podFile(t, c, "/etc/nginx/tls.conf"), "ssl_certificate ")
	require.Contains(t, podFile(t, c, "/etc/nginx/nginx.conf"), "ssl_certificate ")
}

// TestSamples takes a file's sample where its owner copies it to the name.
func TestSamples(t *testing.T) {
	enter(t, map[string]string{"nginx.conf": "events {} http { include /config/nginx/own.conf; include conf.d/*.conf; }",
		"own.conf.sample": "gzip on;", "conf.d/x.conf.example": "}"})
	c, err := config.Read(t.Context(), "nginx.conf", config.Options{})
	require.NoError(t, err)
	require.Equal(t, "own.conf.sample", c.Place(first(t, c, "gzip")).File)
}

// TestMovedLinks follows a link made where the tree lay before.
func TestMovedLinks(t *testing.T) {
	enter(t, map[string]string{"nginx.conf": "events {} http { include sites-enabled/*; }", "sites-available/shop": "server { listen 81; }",
		"sites-enabled/.keep": ""})
	link := func(target string) {
		_ = os.Remove("sites-enabled/shop")
		require.NoError(t, os.Symlink(target, "sites-enabled/shop"))
	}
	link("/home/me/gateway/sites-available/shop")
	c, err := config.Read(t.Context(), "nginx.conf", config.Options{})
	require.NoError(t, err)
	require.Equal(t, "sites-enabled/shop", c.Place(first(t, c, "listen")).File)
	link("/home/me/gateway/other/shop")
	_, err = config.Read(t.Context(), "nginx.conf", config.Options{})
	require.ErrorContains(t, err, "is not followed")
}
