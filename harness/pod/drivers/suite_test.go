package drivers

import (
	"context"
	"errors"
	"fmt"
	"os"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"

	"badgateway/backends"
	"badgateway/harness/builds"
	"badgateway/harness/nginx"
	"badgateway/harness/pod"
)

// TestMain has this very program play the lab of native pods, with every fault:
// with the race detector it is watched.
func TestMain(m *testing.M) {
	if err := os.Unsetenv(pod.EnvProgram); err != nil {
		panic(err)
	}
	goleak.VerifyTestMain(m,
		// The thread that starts pods never ends, by design.
		goleak.IgnoreAnyFunction("badgateway/harness/pod/native.spawner"))
}

// conf is the configuration that most cases start from.
const conf = `
error_log /var/log/nginx/error.log notice;
pid /run/nginx.pid;
worker_processes 1;
events { worker_connections 64; }
http {
    access_log /var/log/nginx/access.log;
    server {
        listen 80;
        proxy_connect_timeout 300ms;
        proxy_read_timeout 500ms;
        location / { proxy_pass http://127.0.0.1:3000; }
        location /remote { proxy_pass http://10.0.3.7:8080; }
        location /named { proxy_pass http://app.internal:8081; }
        location /unix { proxy_pass http://unix:/run/app.sock; }
    }
}
`

// upstreams stand behind conf.
var upstreams = []backends.Spec{
	{Name: "local", Listen: "127.0.0.1:3000"},
	{Name: "remote", Listen: "10.0.3.7:8080"},
	{Name: "named", Listen: "10.0.3.8:8081", Hosts: []string{"app.internal"}},
	{Name: "unix", Listen: "unix:/run/app.sock"},
}

// build is the nginx under test, found once.
var build = sync.OnceValues(func() (nginx.Build, error) {
	return builds.Resolve(context.Background(), os.Getenv("BADGATEWAY_NGINX"), builds.Options{})
})

// eachDriver runs a case for every driver; one that this machine lacks is a
// skip with its reason, and an error where BADGATEWAY_REQUIRE is set.
func eachDriver(t *testing.T, run func(t *testing.T, d pod.Driver, b nginx.Build)) {
	for _, d := range all {
		t.Run(d.Name(), func(t *testing.T) {
			t.Parallel()
			b, err := build()
			require.NoError(t, err)
			if err := d.Check(t.Context(), b); err != nil {
				require.NotEqual(t, "1", os.Getenv("BADGATEWAY_REQUIRE"), "driver required: %v", err)
				t.Skip(err)
			}
			run(t, d, b)
		})
	}
}

// eachPod runs a case in a pod with conf and upstreams, for every driver.
func eachPod(t *testing.T, run func(t *testing.T, p *pod.Pod)) {
	eachDriver(t, func(t *testing.T, d pod.Driver, b nginx.Build) {
		run(t, start(t, d, pod.Spec{Name: t.Name(), Nginx: b, Conf: conf, Backends: upstreams}))
	})
}

// start makes a pod that ends with the test.
func start(t *testing.T, d pod.Driver, spec pod.Spec) *pod.Pod {
	t.Helper()
	p, err := pod.Start(t.Context(), d, spec, pod.DefaultTimeouts)
	t.Cleanup(func() { require.NoError(t, p.Close()) })
	require.NoError(t, err)
	return p
}

// get makes one request and returns what came back.
func get(t *testing.T, p *pod.Pod, url string) pod.Response {
	t.Helper()
	r, err := p.Request(t.Context(), pod.Request{URL: url})
	require.NoError(t, err)
	return r
}

// errorLog is the error log so far.
func errorLog(t *testing.T, p *pod.Pod) string {
	t.Helper()
	data, err := p.Read(t.Context(), "/var/log/nginx/error.log")
	require.NoError(t, err)
	return string(data)
}

func TestReachesEveryUpstream(t *testing.T) {
	eachPod(t, func(t *testing.T, p *pod.Pod) {
		for url, name := range map[string]string{"/": "local", "/remote": "remote", "/named": "named", "/unix": "unix"} {
			r := get(t, p, url)
			require.Equal(t, pod.OK, r.Outcome, "%s: %+v", url, r)
			require.Equal(t, "ok from "+name+"\n", string(r.Body))
		}
		_, attempts, err := p.Observed(t.Context())
		require.NoError(t, err)
		require.Len(t, attempts, 4)
		for _, a := range attempts {
			require.NotEmpty(t, a.ID)
		}
	})
}

// TestFaults injects each fault, asserts what client and log show, lifts it
// and asserts the 200.
func TestFaults(t *testing.T) {
	cases := map[string]struct {
		fault   pod.Fault
		url     string
		outcome pod.Outcome
		log     string
		touched func(int) bool
	}{
		"down":              {pod.Fault{Kind: pod.KindDown, Target: "local"}, "/", pod.BadGateway, "(111: ", unknown},
		"latency":           {pod.Fault{Kind: pod.KindLatency, Target: "remote", Duration: time.Second}, "/remote", pod.GatewayTimeout, "while reading response header", positive},
		"timeout":           {pod.Fault{Kind: pod.KindTimeout, Target: "local", Upstream: true}, "/", pod.GatewayTimeout, "while reading response header", positive},
		"timeout, closing":  {pod.Fault{Kind: pod.KindTimeout, Target: "local", Duration: 50 * time.Millisecond}, "/", pod.BadGateway, "prematurely closed", positive},
		"reset_peer":        {pod.Fault{Kind: pod.KindResetPeer, Target: "local"}, "/", pod.BadGateway, "(104: ", positive},
		"limit_data":        {pod.Fault{Kind: pod.KindLimitData, Target: "local", Bytes: 20}, "/", pod.BadGateway, "prematurely closed", positive},
		"slicer":            {pod.Fault{Kind: pod.KindSlicer, Target: "local", Bytes: 8, Duration: time.Millisecond}, "/", pod.OK, "", positive},
		"bandwidth":         {pod.Fault{Kind: pod.KindBandwidth, Target: "local", Bytes: 1000_000}, "/", pod.OK, "", positive},
		"slow_close":        {pod.Fault{Kind: pod.KindSlowClose, Target: "local", Duration: time.Millisecond}, "/", pod.OK, "", positive},
		"limit_data, unix":  {pod.Fault{Kind: pod.KindLimitData, Target: "unix", Bytes: 20}, "/unix", pod.BadGateway, "prematurely closed", positive},
		"prohibit":          {pod.Fault{Kind: pod.KindProhibit, Target: "local"}, "/", pod.BadGateway, "(13: ", unknown},
		"unreachable":       {pod.Fault{Kind: pod.KindUnreach, Target: "remote"}, "/remote", pod.BadGateway, "(113: ", unknown},
		"drop":              {pod.Fault{Kind: pod.KindDropSYN, Target: "remote"}, "/remote", pod.GatewayTimeout, "while connecting to upstream", positive},
		"drop, loopback":    {pod.Fault{Kind: pod.KindDropSYN, Target: "local"}, "/", pod.GatewayTimeout, "while connecting to upstream", positive},
		"backlog":           {pod.Fault{Kind: pod.KindBacklog, Target: "local"}, "/", pod.GatewayTimeout, "while connecting to upstream", positive},
		"backlog, unix":     {pod.Fault{Kind: pod.KindBacklog, Target: "unix"}, "/unix", pod.BadGateway, "(11: ", unknown},
		"socket missing":    {pod.Fault{Kind: pod.KindMissing, Target: "unix"}, "/unix", pod.BadGateway, "(2: ", unknown},
		"socket stale":      {pod.Fault{Kind: pod.KindStale, Target: "unix"}, "/unix", pod.BadGateway, "(111: ", unknown},
		"behave":            {pod.Fault{Kind: pod.KindBehave, Target: "named", Script: backends.Script{Action: backends.CloseNoAnswer}}, "/named", pod.BadGateway, "prematurely closed", positive},
		"policy":            {pod.Fault{Kind: pod.KindPolicy, Policy: pod.DenyConnect}, "/", pod.BadGateway, "(13: ", unknown},
		"socket permission": {pod.Fault{Kind: pod.KindMode, Target: "unix", Mode: 0o600}, "/unix", pod.BadGateway, "(13: ", unknown},
	}
	eachDriver(t, func(t *testing.T, d pod.Driver, b nginx.Build) {
		for name, c := range cases {
			t.Run(name, func(t *testing.T) {
				t.Parallel()
				if err := d.Supports(pod.NeedUsers); err != nil && c.fault.Kind == pod.KindMode {
					require.NotEqual(t, "1", os.Getenv("BADGATEWAY_REQUIRE"), "driver required: %v", err)
					t.Skip(err)
				}
				p := start(t, d, pod.Spec{Name: name, Nginx: b, Conf: conf, Backends: upstreams})
				require.Equal(t, pod.OK, get(t, p, c.url).Outcome, "healthy")
				before := len(errorLog(t, p))

				require.NoError(t, p.Inject(t.Context(), c.fault))
				r := get(t, p, c.url)
				require.Equal(t, c.outcome, r.Outcome, "%+v\n%s", r, errorLog(t, p))
				require.Contains(t, errorLog(t, p)[before:], c.log)

				require.NoError(t, p.Lift(t.Context()))
				require.Equal(t, pod.OK, get(t, p, c.url).Outcome, "lifted")
				windows, err := p.Windows(t.Context())
				require.NoError(t, err)
				require.Len(t, windows, 1)
				require.True(t, c.touched(windows[0].Touched), "touched %d", windows[0].Touched)
				require.Greater(t, windows[0].To, windows[0].From)
			})
		}
	})
}

func positive(n int) bool { return n > 0 }
func unknown(n int) bool  { return n < 0 }

func TestUntouchedFaultIsKnown(t *testing.T) {
	eachPod(t, func(t *testing.T, p *pod.Pod) {
		require.NoError(t, p.Inject(t.Context(), pod.Fault{Kind: pod.KindLatency, Target: "remote", Duration: time.Second}))
		require.Equal(t, pod.OK, get(t, p, "/").Outcome)
		windows, err := p.Windows(t.Context())
		require.NoError(t, err)
		require.Zero(t, windows[0].Touched)
	})
}

func TestRefusesUnknownFaultAndTarget(t *testing.T) {
	eachPod(t, func(t *testing.T, p *pod.Pod) {
		err := p.Inject(t.Context(), pod.Fault{Kind: pod.KindDown, Target: "nobody"})
		require.ErrorContains(t, err, `no backend is named "nobody"; there are `)
		err = p.Inject(t.Context(), pod.Fault{Kind: "quake", Target: "unix"})
		require.ErrorContains(t, err, `unknown fault kind "quake"`)
		err = p.Inject(t.Context(), pod.Fault{Kind: pod.KindStale, Target: "local"})
		require.ErrorContains(t, err, "needs a unix socket")
	})
}

// until calls check until it says true, for what only shows from outside.
func until(t *testing.T, limit time.Duration, what string, check func() bool) {
	t.Helper()
	ctx, cancel := context.WithTimeoutCause(t.Context(), limit, errors.New(what))
	defer cancel()
	tick := time.NewTicker(10 * time.Millisecond)
	defer tick.Stop()
	for !check() {
		select {
		case <-tick.C:
		case <-ctx.Done():
			require.FailNow(t, fmt.Sprint(context.Cause(ctx)))
		}
	}
}
