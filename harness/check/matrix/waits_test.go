package matrix

import (
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
