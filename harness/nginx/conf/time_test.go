package conf_test

import (
	"math"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"badgateway/harness/nginx/conf"
)

func TestParseTime(t *testing.T) {
	for text, want := range map[string]time.Duration{
		"60": time.Minute, "60s": time.Minute, "500ms": 500 * time.Millisecond, "1h30m": 90 * time.Minute, "1h 30m": 90 * time.Minute,
		"1m 5": 65 * time.Second, "1s500ms": 1500 * time.Millisecond, "0": 0, "1M": 30 * 24 * time.Hour, "1y": 365 * 24 * time.Hour,
		"1y1M1w1d1h1m1s": (365+30+7+1)*24*time.Hour + time.Hour + time.Minute + time.Second, "400y": math.MaxInt64, "m1": time.Second,
	} {
		got, err := conf.ParseTime(text)
		require.NoError(t, err, text)
		require.Equal(t, want, got, text)
	}
	for _, text := range []string{"", "s", "1x", "30m1h", "1s1s", "-1", "1.5s", "off", "1ms1s", "99999999999999999999", "1y1ms", "5 s", " "} {
		_, err := conf.ParseTime(text)
		require.Error(t, err, text)
	}
	_, err := conf.ParseTimeIn("500ms", time.Second)
	require.Error(t, err)
	_, err = conf.ParseTimeIn("1y", time.Millisecond)
	require.Error(t, err)
}

func TestFormatTime(t *testing.T) {
	require.Equal(t, "250ms", conf.FormatTime(250*time.Millisecond, time.Millisecond))
	require.Equal(t, "1ms", conf.FormatTime(time.Microsecond, time.Millisecond))
	require.Equal(t, "1s", conf.FormatTime(250*time.Millisecond, time.Second))
	require.Equal(t, "0s", conf.FormatTime(0, time.Second))
}

func TestDurations(t *testing.T) {
	text := `http {
 proxy_read_timeout 1m; proxy_cache_valid 200 302 10m; expires 30d; keepalive_timeout "65s" 20;
 proxy_cache_path /c keys_zone=a:1m inactive=60m loader_sleep=50ms;
 resolver 10.0.0.2 valid=30s; map $a $b { proxy_read_timeout 5s; } limit_req_zone $a zone=z:1m rate=10r/s;
 upstream u { server a:1 max_fails=2 'fail_timeout=10s'; keepalive_timeout 60s; }
 server { listen 80 so_keepalive=30m::10; listen 81 so_keepalive=1:2s:3; proxy_send_timeout ${T}; location / { proxy_connect_timeout 500ms; } }
}`
	src := conf.Files{"/n.conf": []byte(text)}
	tree, err := conf.Load(src, "/n.conf")
	require.NoError(t, err)
	var got []string
	var edits []conf.Edit
	for _, d := range conf.Durations(tree) {
		require.Equal(t, d.Text, text[d.Start:d.End])
		require.NotEmpty(t, d.Source)
		got = append(got, d.Directive.Name.Text+" "+d.Key+" "+d.Value.String()+" "+d.Granularity.String())
		edits = append(edits, d.Edit(d.Value/10))
	}
	require.Equal(t, []string{
		"proxy_read_timeout  1m0s 1ms", "proxy_cache_valid  10m0s 1s", "keepalive_timeout  1m5s 1ms", "keepalive_timeout  20s 1s",
		"proxy_cache_path inactive 1h0m0s 1s", "proxy_cache_path loader_sleep 50ms 1ms", "resolver valid 30s 1s",
		"server fail_timeout 10s 1s", "keepalive_timeout  1m0s 1ms", "listen so_keepalive 30m0s 1s",
		"listen so_keepalive 1s 1s", "listen so_keepalive 2s 1s", "proxy_connect_timeout  500ms 1ms",
	}, got)
	require.Equal(t, `http {
 proxy_read_timeout 6000ms; proxy_cache_valid 200 302 60s; expires 30d; keepalive_timeout "6500ms" 2s;
 proxy_cache_path /c keys_zone=a:1m inactive=360s loader_sleep=5ms;
 resolver 10.0.0.2 valid=3s; map $a $b { proxy_read_timeout 5s; } limit_req_zone $a zone=z:1m rate=10r/s;
 upstream u { server a:1 max_fails=2 'fail_timeout=1s'; keepalive_timeout 6000ms; }
 server { listen 80 so_keepalive=180s::10; listen 81 so_keepalive=1s:1s:3; proxy_send_timeout ${T}; location / { proxy_connect_timeout 50ms; } }
}`, string(conf.Rewrite([]byte(text), edits)))
}
