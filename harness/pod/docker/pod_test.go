package docker

import (
	"context"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"badgateway/backends"
	"badgateway/harness/pod"
)

const proxyConf = `
events {}
error_log /var/log/nginx/error.log info;
http {
	access_log /var/log/nginx/access.log;
	server {
		listen 80;
		location / { proxy_pass http://10.0.3.7:8080; }
		location /named { proxy_pass http://app.internal:8080; }
		location /sock { proxy_pass http://unix:/var/run/app.sock:; }
		location /six { proxy_pass http://[::1]:3000; }
	}
}
`

func proxySpec(name string) pod.Spec {
	return pod.Spec{Name: name, Conf: proxyConf, Backends: []backends.Spec{
		{Name: "app", Listen: "10.0.3.7:8080", Hosts: []string{"app.internal"}},
		{Name: "sock", Listen: "unix:/var/run/app.sock"},
		{Name: "six", Listen: "[::1]:3000"},
	}}
}

func TestPodServes(t *testing.T) {
	d := driver(t)
	p := start(t, d, proxySpec("serves"))
	for _, url := range []string{"/", "/named", "/sock", "/six"} {
		r, err := p.Request(t.Context(), pod.Request{URL: url})
		require.NoError(t, err)
		require.Equal(t, pod.OK, r.Outcome, "%s: %+v", url, r)
	}
	log, err := p.Read(t.Context(), "/var/log/nginx/access.log")
	require.NoError(t, err)
	require.Contains(t, string(log), "GET /six")
}

// TestCancelledStartLeavesNothing ends the start of a pod at moments spread
// over it; the leak gate of the process would name what stays.
func TestCancelledStartLeavesNothing(t *testing.T) {
	d := driver(t)
	require.NoError(t, d.Prepare(t.Context(), proxySpec("").Nginx))
	e, err := d.connect(t.Context())
	require.NoError(t, err)
	for after := range 10 {
		ctx, cancel := context.WithTimeout(t.Context(), time.Duration(after)*25*time.Millisecond)
		p, err := pod.New(ctx, d, proxySpec("cancelled"), pod.DefaultTimeouts)
		cancel()
		require.NoError(t, p.Close())
		list, errList := ofSession(t.Context(), e.api, session)
		require.NoError(t, errList)
		require.Empty(t, list, "after %d x 25 ms: %v", after, err)
	}
}
