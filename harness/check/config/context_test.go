package config_test

import (
	"io/fs"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"badgateway/harness/check/config"
	"badgateway/harness/check/result"
	"badgateway/harness/pod"
)

// TestContext supplies what a fragment's absent parent defines.
func TestContext(t *testing.T) {
	for name, c := range map[string]struct {
		text  string
		wants []string // directives of the parent
	}{
		"log format":   {"server { access_log /x main; access_log /x combined; access_log /x buffer=1k; access_log off; }", []string{"log_format main"}},
		"limits":       {"server { limit_req zone=a burst=1; limit_conn b 1; }", []string{"limit_req_zone $binary_remote_addr zone=a:1m", "limit_conn_zone $binary_remote_addr zone=b:1m"}},
		"caches":       {"server { proxy_cache a; fastcgi_cache b; uwsgi_cache off; scgi_cache $x; }", []string{"proxy_cache_path /var/cache/nginx/a keys_zone=a:1m", "fastcgi_cache_path /var/cache/nginx/b keys_zone=b:1m"}},
		"upgrade":      {"server { location / { proxy_set_header Connection $connection_upgrade; proxy_pass http://a; } }", []string{"map $http_upgrade $connection_upgrade"}},
		"resolver":     {"server { location / { set $a a; proxy_pass http://$a; } }", []string{"resolver 127.0.0.11"}},
		"parameters":   {"server { location /a { fastcgi_pass app:9000; } location /b { fastcgi_pass app:9000; } location /c { uwsgi_param A b; uwsgi_pass app:9001; } }", []string{"include fastcgi_params;"}},
		"stream":       {"server { listen 1; access_log /x main; proxy_pass a:1; }", []string{"log_format main '$remote_addr $protocol"}},
		"all its own":  {"log_format main x; limit_req_zone $uri zone=a:1m rate=1r/s; resolver 10.0.0.1; server { access_log /x main; limit_req zone=a; location / { proxy_pass http://$host; } }", nil},
		"own variable": {"map $uri $connection_upgrade { default a; } server { add_header X $connection_upgrade; }", nil},
	} {
		t.Run(name, func(t *testing.T) {
			enter(t, map[string]string{"x.conf": c.text})
			got, err := config.Read(t.Context(), "x.conf", config.Options{})
			require.NoError(t, err)
			main := podFile(t, got, pod.ConfPath)
			for _, want := range c.wants {
				require.Contains(t, main, want)
			}
			require.Len(t, supplied(got, result.SuppliedContext), len(c.wants), main)
		})
	}
}

// TestOwnContext prefers the definitions of the owner's tree: of its nginx.conf,
// and of files beside the fragment.
func TestOwnContext(t *testing.T) {
	enter(t, map[string]string{
		"nginx.conf":           "events {}\nhttp {\n  log_format main own;\n  include conf.d/*.conf;\n  include gone.conf;\n}",
		"conf.d/zones.conf":    "limit_req_zone $uri zone=a:1m rate=1r/s;",
		"sites/upstreams.conf": "# ours\nupstream app {\n  server one:1;\n  server two:2 backup;\n}",
		"sites/shop.conf":      "server { access_log /x main; limit_req zone=a; location / { proxy_pass http://app; } }",
		"sites/broken.conf":    "}",
	})
	c, err := config.Read(t.Context(), "sites/shop.conf", config.Options{})
	require.NoError(t, err)
	require.Contains(t, directives(c), "server two:2 backup;")
	require.Contains(t, directives(c), "log_format main own;")
	require.Contains(t, directives(c), "limit_req_zone $uri zone=a:1m rate=1r/s;")
	for _, s := range c.Supplied {
		if s.Name == "upstream app" {
			require.Equal(t, "your sites/upstreams.conf:2", s.Note)
			require.Equal(t, result.Place{File: "sites/shop.conf", Line: 1, Text: "proxy_pass http://app;"}, s.For)
		}
	}
}

// TestOwnGroups follows the owner's variables to its upstreams.
func TestOwnGroups(t *testing.T) {
	enter(t, map[string]string{
		"nginx.conf": "events {} http { upstream a { server a:1; } upstream b { server b:1; } upstream c { server c:1; }\nmap '' $group { default a; } include sites/*; }",
		"sites/x":    "server { location / { fastcgi_pass $group; } location /b { set $b http://b; proxy_pass $b; } }",
	})
	c, err := config.Read(t.Context(), "sites/x", config.Options{})
	require.NoError(t, err)
	require.Equal(t, []string{"resolver 127.0.0.11", "fastcgi_params", "upstream b"}, supplied(c, result.SuppliedContext))
	require.True(t, c.Repair(`unknown "group" variable`, result.Place{}))
	require.Equal(t, []string{"resolver 127.0.0.11", "fastcgi_params", "upstream b", "variable group", "upstream a"}, supplied(c, result.SuppliedContext))
	require.Contains(t, directives(c), "server a:1;")
}

// TestRepair supplies what nginx asks for.
func TestRepair(t *testing.T) {
	fragment := map[string]string{"x.conf": "server { listen 443 ssl; location / { set $x 1; proxy_pass http://$backend; add_header X $other; fastcgi_pass php; } }"}
	for message, want := range map[string]string{
		`unknown "other" variable`:                                                        "map $remote_addr $other {",
		`unknown "backend" variable`:                                                      "map $remote_addr $backend {\n        default parent_backend;",
		`unknown log format "x"`:                                                          "log_format x ",
		`"proxy_cache" zone "z" is unknown`:                                               "proxy_cache_path /var/cache/nginx/z keys_zone=z:1m;",
		`no "ssl_certificate" is defined for the "listen ... ssl" directive`:              "ssl_certificate /etc/nginx/fragment/parent.pem;\n    ssl_certificate_key ",
		`could not build server_names_hash, you should increase server_names_hash_bucket`: "server_names_hash_bucket_size 512;",
		`no resolver defined to resolve names at run time in upstream "u"`:                "resolver 127.0.0.11;",
		`no port in upstream "php"`:                                                       "upstream php {\n        server php:9000;",
	} {
		enter(t, fragment)
		c, err := config.Read(t.Context(), "x.conf", config.Options{})
		require.NoError(t, err)
		before, tree := len(c.Supplied), c.Tree
		at := result.Place{File: "x.conf", Line: 1}
		if strings.Contains(message, "resolver") {
			require.False(t, c.Repair(message, at), "it has one")
			continue
		}
		require.True(t, c.Repair(message, at), message)
		require.Contains(t, podFile(t, c, pod.ConfPath), want)
		require.Len(t, c.Supplied, before+1)
		require.Equal(t, at, c.Supplied[before].For)
		require.NotSame(t, tree, c.Tree)
		require.False(t, c.Repair(message, at), "a second time it does not help: "+message)
		require.False(t, c.Repair("something else", at))
	}
}

// TestRepairWhole leaves a whole configuration as it is.
func TestRepairWhole(t *testing.T) {
	enter(t, map[string]string{"nginx.conf": "events {}\nstream { server { listen 1; proxy_pass a:1; } }\n"})
	c, err := config.Read(t.Context(), "nginx.conf", config.Options{})
	require.NoError(t, err)
	require.False(t, c.Repair(`unknown "x" variable`, result.Place{}))
}

func TestReplace(t *testing.T) {
	enter(t, map[string]string{"nginx.conf": "events {}\nhttp { include conf.d/*.conf; }", "conf.d/a.conf": "send_timeout 60s;"})
	c, err := config.Read(t.Context(), "nginx.conf", config.Options{})
	require.NoError(t, err)
	copied := c.Replace("/etc/nginx/conf.d/a.conf", []byte("send_timeout 1s;"))
	require.Equal(t, "send_timeout 1s;", first(t, copied, "send_timeout").Text())
	require.Equal(t, "send_timeout 1s;", podFile(t, copied, "/etc/nginx/conf.d/a.conf"))
	require.Equal(t, "conf.d/a.conf", copied.Place(first(t, copied, "send_timeout")).File)
	require.Equal(t, "send_timeout 60s;", podFile(t, c, "/etc/nginx/conf.d/a.conf"))
	require.Equal(t, "send_timeout 60s;", first(t, c, "send_timeout").Text())
	broken := c.Replace("/etc/nginx/conf.d/a.conf", []byte("}"))
	require.Equal(t, "}", podFile(t, broken, "/etc/nginx/conf.d/a.conf"))
	broken.Supply(result.Supplied{Kind: result.SuppliedFile, Name: "/x"}, pod.File{Path: "/x"})
	require.Empty(t, podFile(t, broken, "/x"))
	require.Empty(t, c.Supplied)
}

func TestLookup(t *testing.T) {
	enter(t, map[string]string{"gw/nginx.conf": "events {}", "gw/htpasswd": "own", "certs/a.pem": "pem", "etc/ssl/b.pem": "b", "a.pem": "wrong"})
	c, err := config.Read(t.Context(), "gw/nginx.conf", config.Options{})
	require.NoError(t, err)
	for name, want := range map[string]string{"/etc/nginx/htpasswd": "own", "/etc/nginx/certs/a.pem": "pem", "/etc/ssl/b.pem": "b", "/etc/nginx/nginx.conf": "events {}"} {
		data, err := c.Lookup(name)
		require.NoError(t, err, name)
		require.Equal(t, want, string(data))
	}
	for _, name := range []string{"/etc/passwd", "/etc/ssl/a.pem", "/etc/nginx/gone", "/etc/nginx/certs", "/gw/../../etc/passwd"} {
		_, err := c.Lookup(name)
		require.Error(t, err, name)
	}
	_, err = c.Lookup("/etc/nginx/gone")
	require.ErrorIs(t, err, fs.ErrNotExist)
}
