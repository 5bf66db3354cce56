package sandbox_test

import (
	"errors"
	"testing"

	"github.com/stretchr/testify/require"

	"badgateway/harness/check/config"
	"badgateway/harness/check/sandbox"
	"badgateway/harness/nginx"
	"badgateway/harness/pod"
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
		{"events {}\nhttp {\n  opentracing on;\n}\n", 3, `nginx: unknown directive "opentracing"`, "needs the module nginx-opentracing, which this nginx"},
		{"events {}\nhttp { upstream a { server b:1; queue 5; } }\n", 2, `nginx: unknown directive "queue"`, "NGINX Plus"},
		{"load_module modules/ngx_http_nothing_module.so;\nevents {}\n", 1, "ngx_http_nothing_module.so", "--nginx image:NAME"},
		{"events {}\nhttp {\n  server {\n    prox_pass http://a;\n  }\n}\n", 4, `nginx: unknown directive "prox_pass"`, "correct it"},
		{"events {}\nhttp { server { listen 80;\n listen 80; } }\n", 3, "duplicate listen", "mend the line"},
		{"events {}\nhttp { server { listen 80;\n listen [fe80::1]:81; } }\n", 3, "bind() to [fe80::1]:81 failed", "mend the line"},
		{"events {}\nhttp { server { listen 80\n spdy; } }\n", 3, `invalid parameter "spdy"`, "write http2"},
		{"events {}\nhttp { server { listen 80\n http3; } }\n", 3, `invalid parameter "http3"`, "write quic"},
		{"events {}\nhttp { server { location / {\n proxy_pass gateway; } } }\n", 3, "invalid URL prefix", "if a script replaces the word"},
		{"events {}\nhttp { upstream a { }\n server { location / { proxy_pass http://a; } } }\n", 2, "no servers are inside upstream", "mend the line"},
		{"events {}\nhttp { server { listen 443 ssl;\n ssl_certificate a.pem;\n ssl_certificate_key engine:x:y; } }\n", 4, "hardware token", "name a file in ssl_certificate_key"},
		{"events {}\nmaster_process off;\n", 2, "there are no workers", "leave it out"},
		{"events {}\nhttp { server { listen 80;\n source_charset koi8-r; charset on; } }\n", 3, `no "charset_map" between`, "mend the line"},
		{"events {}\nhttp { server { listen 80;\n listen ${A_HOST}:80; listen ${B_HOST}:80; } }\n", 3, "duplicate listen", "made up in this line: A_HOST, B_HOST; --env NAME=VALUE"},
		{"events {}\nhttp { server { location / {\n fastcgi_pass b.example; } } }\n", 3, `no port in upstream "b.example"`, "write HOST:PORT"},
		{"daemon off;\nevents {}\ndaemon off;\n", 3, `"daemon" directive is duplicate`, "mend the line"},
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

// TestFileAIO says what aio asks of a build that lacks it.
func TestFileAIO(t *testing.T) {
	d, b := driver(t, "native")
	box, err := sandbox.Build(t.Context(), d, b, read(t, map[string]string{"nginx.conf": "events {}\nhttp {\n aio on;\n}\n"}))
	if err == nil {
		require.Contains(t, box.About.Arguments, "--with-file-aio")
		return
	}
	var refused *config.InputError
	require.ErrorAs(t, err, &refused)
	require.Equal(t, 3, refused.Place.Line)
	require.Contains(t, refused.Next, "--with-file-aio")
}

// TestModule runs a stream block that loads no module: on an nginx that has it
// as a file it is loaded, and where it is missing the owner is told its name.
func TestModule(t *testing.T) {
	d, b := driver(t, "native")
	box, err := sandbox.Build(t.Context(), d, b, read(t, map[string]string{
		"nginx.conf": "events {}\nstream { server { listen 9000; proxy_pass db:5432; } }\n"}))
	var refused *config.InputError
	switch {
	case errors.As(err, &refused):
		require.Equal(t, 2, refused.Place.Line)
		require.Contains(t, refused.Next, "needs the module ngx_stream_module")
	case err == nil && box.About.Module("stream") == nginx.Static:
		require.Empty(t, box.Spec.Modules)
	default:
		require.NoError(t, err)
		require.Len(t, box.Spec.Modules, 1)
		r, err := open(t, d, box).Request(t.Context(), pod.Request{URL: "http://127.0.0.1:9000/"})
		require.NoError(t, err)
		require.Equal(t, pod.OK, r.Outcome)
	}
}
