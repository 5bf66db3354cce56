package matrix

import (
	"math"
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"badgateway/harness/check/upstream"
	"badgateway/harness/nginx/conf"
	"badgateway/harness/pod"
)

func TestFactor(t *testing.T) {
	s := func(seconds ...float64) (all []time.Duration) {
		for _, n := range seconds {
			all = append(all, time.Duration(n*float64(time.Second)))
		}
		return all
	}
	for _, c := range []struct {
		provoked []time.Duration
		want     float64
	}{
		{nil, 1}, {s(0.5), 1}, {s(1), 1}, {s(5), 5}, {s(60), 60}, {s(86400), 86400},
		{s(60, 20), 60},    // 20 s take 333 ms
		{s(60, 5), 20},     // 5 s take 250 ms, 60 s take 3 s
		{s(3600, 1), 1200}, // an hour may not take more than 3 s
	} {
		require.InDelta(t, c.want, factor(c.provoked), 1e-9, "%v", c.provoked)
	}
}

// siteOf is the first pass of a configuration.
func siteOf(t *testing.T, text string) site {
	t.Helper()
	tree, err := conf.Load(conf.Files{pod.ConfPath: []byte(text)}, pod.ConfPath)
	require.NoError(t, err)
	passes := upstream.Find(tree)
	require.NotEmpty(t, passes)
	return site{tree: tree, pass: &passes[0]}
}

// TestCopy demands that nothing but durations changes in a copy.
func TestCopy(t *testing.T) {
	at := siteOf(t, `http {
    resolver 10.0.0.2 valid=30s; # 30s
    upstream app { server 127.0.0.1:3000 max_fails=2 fail_timeout=30s; server 127.0.0.1:3001; }
    proxy_connect_timeout 5s;
    keepalive_timeout 75s 60s;
    server { location / { proxy_pass http://app; proxy_read_timeout "2m"; send_timeout 0; } }
    open_file_cache max=10 inactive=1h; }
`)
	fault := func(waits ...Wait) Fault { return Fault{Waits: waits} }
	copied := func(k clock) string {
		return string(conf.Rewrite(at.tree.Files[pod.ConfPath].Data, k.edits[pod.ConfPath]))
	}

	k := newClock(at, fault(Read), false)
	require.Equal(t, `http {
    resolver 10.0.0.2 valid=2s; # 30s
    upstream app { server 127.0.0.1:3000 max_fails=2 fail_timeout=2s; server 127.0.0.1:3001 fail_timeout=2s; }
    proxy_connect_timeout 250ms;
    keepalive_timeout 625ms 1s;
    server { location / { proxy_pass http://app; proxy_read_timeout "1000ms"; send_timeout 0; } }
    open_file_cache max=10 inactive=30s;  proxy_send_timeout 500ms; proxy_read_timeout 500ms; resolver_timeout 250ms; client_body_timeout 500ms;}
`, copied(k))
	require.InDelta(t, 120, k.factor, 0)
	require.Equal(t, time.Second, k.wait)
	require.Equal(t, 2*time.Minute, k.real(time.Second))
	require.Equal(t, seconds{10 * time.Second, 2 * time.Second}, k.down)
	require.Equal(t, seconds{30 * time.Second, 2 * time.Second}, k.valid)

	require.Equal(t, time.Duration(math.MaxInt64), clock{factor: 1e9}.real(time.Hour*1e4))

	k = newClock(at, fault(), false)
	require.InDelta(t, 1, k.factor, 0, "nothing is waited for")
	require.Contains(t, copied(k), "proxy_connect_timeout 5s;")
	require.Contains(t, copied(k), "fail_timeout=2s")

	k = newClock(at, fault(Read), true)
	require.Empty(t, k.edits, "in real time nothing changes")
	require.Equal(t, seconds{10 * time.Second, 10 * time.Second}, k.down)
	require.Equal(t, 2*time.Minute, k.wait)
}

func TestRestore(t *testing.T) {
	s := seconds{text: 10 * time.Second, copied: time.Second}
	require.Equal(t, 300*time.Millisecond, s.recovery(300*time.Millisecond).failing, "it did not wait for that")
	require.Equal(t, 10700*time.Millisecond, s.recovery(1700*time.Millisecond).failing)
	require.Equal(t, 3*time.Second, seconds{}.recovery(3*time.Second).failing)
}

func TestWaits(t *testing.T) {
	at := siteOf(t, `stream { server { listen 5432; proxy_connect_timeout 2s; proxy_pass 10.0.0.9:5432; } }`)
	require.Equal(t, 2*time.Second, at.value(Connect))
	require.Equal(t, 10*time.Minute, at.value(Read))
	require.Zero(t, at.value(Send))
	at = siteOf(t, `http { upstream a { server 10.0.0.1 max_fails=0; server 10.0.0.2 fail_timeout=3s; } server { location / { fastcgi_read_timeout 7s; fastcgi_pass a; } } }`)
	require.Equal(t, 7*time.Second, at.value(Read))
	require.Equal(t, time.Minute, at.value(Connect))
	require.Equal(t, 30*time.Second, at.value(Resolve))
	require.Zero(t, at.failTimeout(), "the first is never left out")
	at = siteOf(t, `http { upstream a { server 10.0.0.1; server 10.0.0.2 fail_timeout=3s; } server { location / { proxy_pass http://a; } } }`)
	require.Equal(t, 3*time.Second, at.failTimeout())
}

// TestShorterWait lets the client's timeout count where it ends a request before
// the upstream's.
func TestShorterWait(t *testing.T) {
	i := slices.IndexFunc(faults, func(f Fault) bool { return f.Name == "upload-unread" })
	for text, want := range map[string]float64{
		"": 60, "client_body_timeout 5m;": 60, "client_body_timeout 10s;": 40, "client_body_timeout 10s; grpc_send_timeout 5s;": 5,
	} {
		at := siteOf(t, "http { server { location / { "+text+" grpc_pass 127.0.0.1:3000; } } }")
		require.InDelta(t, want, newClock(at, faults[i], false).factor, 1e-9, text)
	}
}
