package drivers

import (
	"errors"
	"io/fs"
	"path"
	"testing"

	"github.com/stretchr/testify/require"

	"badgateway/backends"
	"badgateway/harness/nginx"
	"badgateway/harness/pod"
)

// TestModules runs a stream block that loads nothing itself on an nginx that
// has the module as a file, across a reload and nginx -t.
func TestModules(t *testing.T) {
	const conf = "events {}\nstream { server { listen 9000; proxy_pass 127.0.0.1:3000; } }\n"
	eachDriver(t, func(t *testing.T, d pod.Driver, b nginx.Build) {
		spec := pod.Spec{Name: "modules", Nginx: b, Conf: conf, Backends: []backends.Spec{{Name: "a", Listen: "127.0.0.1:3000"}}}
		asked, err := pod.New(t.Context(), d, spec, pod.DefaultTimeouts)
		t.Cleanup(func() { require.NoError(t, asked.Close()) })
		require.NoError(t, err)
		said, err := asked.Exec(t.Context(), pod.Command{Args: []string{"nginx", "-V"}})
		require.NoError(t, err)
		about, err := nginx.ParseAbout(string(said.Stderr))
		require.NoError(t, err)
		file := path.Join(about.ModulesPath(), "ngx_stream_module.so")
		if _, err := asked.Read(t.Context(), file); errors.Is(err, fs.ErrNotExist) {
			t.Skipf("this nginx has no %s", file)
		}
		spec.Modules = []string{file}
		p := start(t, d, spec)
		test, err := p.Test(t.Context())
		require.NoError(t, err)
		require.Zero(t, test.Code, "%s", test.Stderr)
		require.NoError(t, p.Reload(t.Context()))
		r, err := p.Request(t.Context(), pod.Request{URL: "http://127.0.0.1:9000/"})
		require.NoError(t, err)
		require.Equal(t, pod.OK, r.Outcome)
	})
}
