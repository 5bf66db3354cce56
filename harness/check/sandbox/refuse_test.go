package sandbox_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"badgateway/harness/check/config"
	"badgateway/harness/check/sandbox"
)

// TestRefuses holds configurations that cannot start with the line, nginx's
// word and the way out that their owner is told.
func TestRefuses(t *testing.T) {
	d, b := driver(t, "native")
	for _, c := range []struct {
		text      string
		line      int
		msg, next string
	}{
		{"events {}\nhttp {\n  init_by_lua_block { x = {} }\n}\n", 3, `nginx: unknown directive "init_by_lua_block"`, "lua-nginx-module (OpenResty), which this nginx"},
		{"load_module modules/ngx_http_nothing_module.so;\nevents {}\n", 1, "ngx_http_nothing_module.so", "--nginx image:NAME"},
		{"events {}\nhttp {\n  server {\n    prox_pass http://a;\n  }\n}\n", 4, `nginx: unknown directive "prox_pass"`, "correct it"},
		{"events {}\nhttp { server { listen 80;\n listen 80; } }\n", 3, "duplicate listen", "mend the line"},
		{"events {}\nhttp { upstream a { }\n server { location / { proxy_pass http://a; } } }\n", 2, "no servers are inside upstream", "mend the line"},
		{"events {}\nhttp { server { listen 443 ssl;\n ssl_certificate a.pem;\n ssl_certificate_key engine:x:y; } }\n", 4, "hardware token", "name a file in ssl_certificate_key"},
	} {
		_, err := sandbox.Build(t.Context(), d, b, read(t, map[string]string{"nginx.conf": c.text}))
		var refused *config.InputError
		require.ErrorAs(t, err, &refused, c.text)
		require.Contains(t, refused.Place.File, "nginx.conf", c.text)
		require.Equal(t, c.line, refused.Place.Line, "%s: %v", c.text, err)
		require.Contains(t, refused.Msg, c.msg, c.text)
		require.Contains(t, refused.Next, c.next, c.text)
	}
}
