package matrix

import (
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// TestFailTimeout holds the shortest time for which a server is left out.
func TestFailTimeout(t *testing.T) {
	for servers, want := range map[string]time.Duration{
		"server 127.0.0.1:3000 fail_timeout=30s;":                                                    0, // one alone
		"server 127.0.0.1:3000; server 127.0.0.1:3001;":                                              10 * time.Second,
		"server 127.0.0.1:3000 fail_timeout=30s; server 127.0.0.1:3001 fail_timeout=20s;":            20 * time.Second,
		"server 127.0.0.1:3000 fail_timeout=0; server 127.0.0.1:3001 backup;":                        0,
		"server 127.0.0.1:3000 max_fails=0; server 127.0.0.1:3001;":                                  0,
		"server 127.0.0.1:3000 down max_fails=0; server 127.0.0.1:3001; server 127.0.0.1:3002 down;": 10 * time.Second,
	} {
		at := siteOf(t, "http { upstream app { "+servers+" } server { location / { proxy_pass http://app; } } }")
		require.Equal(t, want, at.failTimeout(), servers)
	}
}

// TestCachedPage holds for how long nginx serves its own 502 from a cache.
func TestCachedPage(t *testing.T) {
	for text, want := range map[string]time.Duration{
		"proxy_cache c; proxy_cache_valid 200 1h; proxy_cache_valid any 1m;": time.Minute,
		"proxy_cache c; proxy_cache_valid 404 502 30s;":                      30 * time.Second,
		"proxy_cache c; proxy_cache_valid 10m;":                              0, // 200, 301 and 302
		"proxy_cache off; proxy_cache_valid any 1m;":                         0,
		"proxy_cache_valid any 1m;":                                          0,
		"fastcgi_cache c; fastcgi_cache_valid any 1m;":                       0,
	} {
		at := siteOf(t, "http { server { "+text+" location / { proxy_pass http://127.0.0.1:3000; } } }")
		require.Equal(t, want, at.cachedPage(), text)
	}
}

// TestHidesErrors holds whether a line about the upstream can be read.
func TestHidesErrors(t *testing.T) {
	for text, want := range map[string]bool{
		"":                               false, // nginx's own error log, at level error
		"error_log /var/log/e.log warn;": false,
		"error_log /var/log/e.log crit;": true,
		"error_log /dev/null;":           true,
		"error_log /var/log/e.log crit; error_log /var/log/f.log;": false,
		"error_log syslog:server=10.0.0.1 info;":                   true,
	} {
		for _, at := range []string{text + " http { server { location / { proxy_pass http://127.0.0.1:3000; } } }",
			"error_log /var/log/main.log crit; http { " + text + " server { location / { proxy_pass http://127.0.0.1:3000; } } }"} {
			if text != "" || !strings.Contains(at, "main.log") {
				require.Equal(t, want, siteOf(t, at).hidesErrors(), at)
			}
		}
	}
}

// TestNames tells an address from one that begins with it.
func TestNames(t *testing.T) {
	for logged, want := range map[string]bool{
		"http://127.0.0.1:80/uri": true, "127.0.0.1:80": true, "grpc://127.0.0.1:80?x": true,
		"http://127.0.0.1:8080/uri": false, "http://127.0.0.1:81/?at=127.0.0.1:80/": false, "": false,
	} {
		require.Equal(t, want, names(logged, "127.0.0.1:80"), logged)
	}
	require.True(t, names("fastcgi://unix:/run/php.sock:", "unix:/run/php.sock"))
	require.False(t, names("fastcgi://unix:/run/php.sock2:", "unix:/run/php.sock"))
}
