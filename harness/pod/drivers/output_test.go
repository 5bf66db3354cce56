package drivers

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"badgateway/harness/nginx"
	"badgateway/harness/pod"
)

// TestOutput reads an error log that the configuration sends to where nothing
// can be read from, by each of the ways to say so. A line is there when the
// request is answered, as in a file.
func TestOutput(t *testing.T) {
	for _, to := range []string{"stderr", "/dev/stderr", "/dev/stdout"} {
		t.Run(strings.ReplaceAll(to, "/", "-"), func(t *testing.T) {
			eachDriver(t, func(t *testing.T, d pod.Driver, b nginx.Build) {
				p := start(t, d, pod.Spec{Name: "output", Nginx: b,
					Conf: strings.Replace(conf, "/var/log/nginx/error.log", to, 1), Backends: upstreams})
				require.NoError(t, p.Inject(t.Context(), pod.Fault{Kind: pod.KindDown, Target: "local"}))
				for range 3 {
					_, size, err := p.ReadFrom(t.Context(), pod.OutputPath, 0)
					require.NoError(t, err)
					require.Equal(t, pod.BadGateway, get(t, p, "/").Outcome)
					said, _, err := p.ReadFrom(t.Context(), pod.OutputPath, size)
					require.NoError(t, err)
					require.Equal(t, 1, strings.Count(string(said), "connect() failed (111"), "%s", said)
				}
			})
		})
	}
}
