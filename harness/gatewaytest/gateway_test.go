package gatewaytest_test

import (
	"context"
	"fmt"
	"net/http"
	"runtime"
	"testing"

	"github.com/stretchr/testify/require"

	"badgateway/backends"
	"badgateway/harness"
	"badgateway/harness/gatewaytest"
	"badgateway/harness/nginx"
	"badgateway/harness/pod"
)

var app = backends.Spec{Name: "app", Listen: "127.0.0.1:3000"}

// TestGateway breaks, looks, lifts and reconfigures.
func TestGateway(t *testing.T) {
	t.Parallel()
	g := gatewaytest.Start(t, conf, app)
	first := g.Get("/", pod.OK)
	require.Len(t, g.Attempts(first), 1)

	g.Inject(pod.Fault{Kind: pod.KindBehave, Target: "app", Script: backends.Script{Action: backends.CloseNoAnswer}})
	post := g.Expect(pod.Request{Method: http.MethodPost, URL: "/"}, pod.BadGateway, nginx.PrematureClose)
	require.Equal(t, backends.CloseNoAnswer, g.Attempts(post)[0].Action)

	g.Lift()
	g.Deploy(conf + "\n# the same")
	g.Get("/", pod.OK)
}

// failing is a harness.T that keeps how its test ended.
type failing struct {
	*testing.T
	said, skipped string
}

func (f *failing) Fatalf(format string, args ...any) {
	f.said = fmt.Sprintf(format, args...)
	runtime.Goexit()
}

func (f *failing) Skipf(format string, args ...any) {
	f.skipped = fmt.Sprintf(format, args...)
	runtime.Goexit()
}

func (f *failing) Context() context.Context { return f.T.Context() }

// try runs a test that may end early.
func try(t *testing.T, test func(harness.T)) *failing {
	f := &failing{T: t}
	done := make(chan struct{})
	go func() {
		defer close(done)
		test(f)
	}()
	<-done
	return f
}

// TestExpectations that are not met fail the test, and say what was seen.
func TestExpectations(t *testing.T) {
	t.Parallel()
	down := pod.Fault{Kind: pod.KindDown, Target: "app"}
	cases := map[string]struct {
		test func(*gatewaytest.Gateway)
		want string
	}{
		"other outcome":    {func(g *gatewaytest.Gateway) { g.Get("/", pod.GatewayTimeout) }, "GET /: expected 504 Gateway Timeout, saw 200 OK"},
		"unexpected error": {func(g *gatewaytest.Gateway) { g.Inject(down); g.Get("/", pod.BadGateway) }, "undeclared upstream error connect-refused"},
		"other error": {func(g *gatewaytest.Gateway) {
			g.Inject(down)
			g.Get("/", pod.BadGateway, nginx.ConnectRefused, nginx.NoLiveUpstreams)
		}, "expected an error-log line no-live-upstreams"},
		"refused configuration": {func(g *gatewaytest.Gateway) { g.Deploy("nonsense;") }, `unknown directive "nonsense"`},
		"unknown target":        {func(g *gatewaytest.Gateway) { g.Inject(pod.Fault{Kind: pod.KindDown, Target: "db"}) }, "db"},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			f := try(t, func(t harness.T) { c.test(gatewaytest.Start(t, conf, app)) })
			require.Contains(t, f.said, c.want)
		})
	}
}

// TestMissingDriver is a skip with its reason, or a failure where one is required.
func TestMissingDriver(t *testing.T) {
	t.Setenv(gatewaytest.EnvRequire, "")
	f := try(t, func(t harness.T) { gatewaytest.Options(t, "vmware") })
	require.Contains(t, f.skipped, `unknown driver "vmware"`)
	require.Empty(t, f.said)

	t.Setenv(gatewaytest.EnvRequire, "1")
	f = try(t, func(t harness.T) { gatewaytest.Options(t, "vmware") })
	require.Contains(t, f.said, `unknown driver "vmware"`)
	require.Empty(t, f.skipped)
}
