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
