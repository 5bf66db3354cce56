package drivers

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"badgateway/backends"
	"badgateway/harness/nginx"
	"badgateway/harness/pod"
)

// uploads sends request bodies on as they come, and gives up soon.
const uploads = `
error_log /var/log/nginx/error.log notice;
pid /run/nginx.pid;
worker_processes 1;
events { worker_connections 64; }
http {
    client_max_body_size 0;
    proxy_send_timeout 500ms;
    proxy_read_timeout 30s;
    server {
        listen 80;
        location / { proxy_pass http://127.0.0.1:3000; }
        location /patient { proxy_pass http://127.0.0.1:3000; proxy_send_timeout 30s; }
    }
}
`

// TestLiftsUnderAStuckUpload turns a fault off while it holds an upload: one
// that nginx has given up, and one that goes on. toxiproxy's toxics write to
// standard error meanwhile.
func TestLiftsUnderAStuckUpload(t *testing.T) {
	for name, f := range map[string]pod.Fault{
		"bandwidth": {Kind: pod.KindBandwidth, Target: "app", Upstream: true, Bytes: 1000},
		"slicer":    {Kind: pod.KindSlicer, Target: "app", Upstream: true, Bytes: 100, Duration: 100 * time.Millisecond},
	} {
		t.Run(name, func(t *testing.T) {
			eachDriver(t, func(t *testing.T, d pod.Driver, b nginx.Build) {
				p := start(t, d, pod.Spec{Name: t.Name(), Nginx: b, Conf: uploads, Backends: []backends.Spec{{Name: "app", Listen: "127.0.0.1:3000"}}})
				require.NoError(t, p.Inject(t.Context(), f))
				require.Equal(t, pod.GatewayTimeout, (<-upload(t, p, "/")).Outcome)
				require.NoError(t, p.Lift(t.Context()))
				require.Equal(t, pod.OK, get(t, p, "/").Outcome)

				require.NoError(t, p.Inject(t.Context(), f))
				stuck := upload(t, p, "/patient")
				until(t, 10*time.Second, "no connection met the fault", func() bool {
					windows, err := p.Windows(t.Context())
					return err == nil && windows[1].Touched > 0
				})
				require.NoError(t, p.Lift(t.Context()))
				require.Equal(t, pod.OK, (<-stuck).Outcome)
				require.Equal(t, pod.OK, get(t, p, "/").Outcome)
			})
		})
	}
}

// upload sends 16 MB, more than the sockets on the way hold.
func upload(t *testing.T, p *pod.Pod, url string) <-chan pod.Response {
	answer := make(chan pod.Response, 1)
	go func() {
		r, err := p.Request(t.Context(), pod.Request{Method: "POST", URL: url, Body: "x", BodyBytes: 16 << 20, Limit: 40 * time.Second})
		if err != nil {
			r.Outcome = pod.Outcome(err.Error())
		}
		answer <- r
	}()
	return answer
}
