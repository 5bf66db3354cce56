package check_test

import (
	"context"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"

	"badgateway/harness/builds"
	"badgateway/harness/check"
	"badgateway/harness/check/finding"
	"badgateway/harness/check/result"
	"badgateway/harness/nginx"
	"badgateway/harness/pod/drivers"
	"badgateway/scenarios"
)

func TestMain(m *testing.M) {
	goleak.VerifyTestMain(m,
		// The thread that starts pods never ends, by design.
		goleak.IgnoreAnyFunction("badgateway/harness/pod/native.spawner"),
		// The clock of match limits ends by itself, a second after the last match.
		goleak.IgnoreAnyFunction("github.com/dlclark/regexp2.runClock"))
}

// rule is a configuration that breaks a rule, and the same with what mends it.
type rule struct {
	name   string
	faults []string // that show it; none: it is about routes
	at     string   // the directive that the finding points to
	fix    string   // what the finding tells to write
	// broken becomes fine where every from is to. Without http { it is a location
	// of a server with the upstreams one, two and late.
	broken string
	mend   []string // from, to, from, to ...
}

var rules = []rule{
	{name: "long-wait", faults: []string{"slow-headers"}, at: "proxy_read_timeout 50s;", fix: "proxy_read_timeout 30s;",
		broken: "proxy_pass http://one; proxy_read_timeout 50s;", mend: []string{"50s", "30s"}},
	{name: "long-wait", faults: []string{"syn-dropped"}, at: "proxy_pass http://one;", fix: "proxy_connect_timeout 5s;",
		broken: "proxy_pass http://one;", mend: []string{"one;", "one; proxy_connect_timeout 5s;"}},
	{name: "long-wait", faults: []string{"upload-unread"}, at: "proxy_send_timeout 40s;", fix: "proxy_send_timeout 30s;",
		broken: "proxy_pass http://one; proxy_send_timeout 40s;", mend: []string{"40s", "30s"}},
	{name: "long-wait", faults: []string{"resolver-silent"}, at: "resolver_timeout 40s;", fix: "resolver_timeout 5s;",
		broken: "set $u late.internal; proxy_pass http://$u:80; resolver_timeout 40s; resolver 10.0.0.53 valid=20s;", mend: []string{"40s", "5s"}},
	{name: "retries-multiply-wait", faults: []string{"slow-headers"}, at: "proxy_pass http://two;", fix: "proxy_next_upstream_timeout 10s;",
		broken: "proxy_pass http://two; proxy_read_timeout 20s;", mend: []string{"20s;", "20s; proxy_next_upstream_timeout 10s;"}},
	{name: "duplicate-post", faults: []string{"closed-before-headers"}, at: "proxy_next_upstream error non_idempotent;", fix: "proxy_next_upstream error timeout;",
		broken: "proxy_pass http://two; proxy_next_upstream error non_idempotent;", mend: []string{" non_idempotent", " timeout"}},
	{name: "no-failover", faults: []string{"one-peer-dead"}, at: "proxy_next_upstream off;", fix: "proxy_next_upstream error timeout;",
		broken: "proxy_pass http://two; proxy_next_upstream off;", mend: []string{" off", " error timeout"}},
	{name: "all-marked-down", faults: []string{"closed-before-headers"}, at: "server 10.0.0.2:80;", fix: "server ADDRESS max_fails=3 fail_timeout=5s;",
		broken: "http { upstream app { server 10.0.0.2:80; server 10.0.0.3:80; } server { listen 80; location / { proxy_pass http://app; } } }",
		mend:   []string{":80;", ":80 max_fails=3 fail_timeout=5s;"}},
	{name: "all-marked-down", faults: []string{"slow-headers"}, at: "proxy_next_upstream error timeout;", fix: "server ADDRESS max_fails=3 fail_timeout=5s;",
		broken: "proxy_pass http://two; proxy_next_upstream error timeout; proxy_read_timeout 5s;", mend: []string{" error timeout", " error"}},
	{name: "slow-recovery", faults: []string{"refused"}, at: "server 10.0.0.2:80 fail_timeout=60s;", fix: "server ADDRESS fail_timeout=2s;",
		broken: "http { upstream app { server 10.0.0.2:80 fail_timeout=60s; server 10.0.0.3:80 fail_timeout=60s; } server { listen 80; location / { proxy_pass http://app; } } }",
		mend:   []string{"60s", "2s"}},
	{name: "slow-recovery", faults: []string{"slow-headers"}, at: "server 10.0.0.2:80 fail_timeout=60s;", fix: "server ADDRESS fail_timeout=2s;",
		broken: "http { upstream app { server 10.0.0.2:80 fail_timeout=60s; server 10.0.0.3:80 fail_timeout=60s; } server { listen 80; location / { proxy_pass http://app; proxy_read_timeout 9s; } } }",
		mend:   []string{"60s", "2s"}},
	{name: "slow-recovery", faults: []string{"address-changed"}, at: "resolver 10.0.0.53 valid=60s;", fix: "resolver ADDRESS valid=5s;",
		broken: "set $u late.internal; proxy_pass http://$u:80; resolver 10.0.0.53 valid=60s;", mend: []string{"60s", "5s"}},
	{name: "truncated-answer", faults: []string{"truncated-body"}, at: "proxy_pass http://one;",
		broken: "proxy_pass http://one;"}, // which no directive mends
	{name: "raw-bytes", faults: []string{"not-http"}, at: "proxy_pass http://one;",
		broken: "proxy_pass http://one;", mend: []string{"proxy_pass http://one", "include fastcgi_params; fastcgi_pass one"}},
	{name: "header-limit", faults: []string{"headers-8k"}, at: "proxy_pass http://one;", fix: "proxy_buffer_size 16k; proxy_buffers 8 16k; proxy_busy_buffers_size 32k;",
		broken: "proxy_pass http://one;", mend: []string{"one;", "one; proxy_buffer_size 16k; proxy_buffers 8 16k; proxy_busy_buffers_size 32k;"}},
	{name: "header-limit", faults: []string{"headers-*"}, at: "proxy_buffer_size 12k;", fix: "proxy_buffer_size 16k; proxy_buffers 8 16k; proxy_busy_buffers_size 32k;",
		broken: "proxy_pass http://one; proxy_buffer_size 12k; proxy_buffers 8 16k; proxy_busy_buffers_size 32k;", mend: []string{"12k", "16k"}},
	{name: "stale-address", faults: []string{"address-changed"}, at: "server one.internal:80;", fix: "resolver ADDRESS valid=10s; set $upstream NAME; proxy_pass http://$upstream;",
		broken: "proxy_pass http://named;", mend: []string{"proxy_pass http://named;", "resolver 10.0.0.53 valid=10s; set $u one.internal; proxy_pass http://$u;"}},
	{name: "name-needed-at-start", faults: []string{"name-unresolvable"}, at: "server one.internal:80;", fix: "resolver ADDRESS; set $upstream NAME; proxy_pass http://$upstream;",
		broken: "http { upstream named { server one.internal:80; } server { listen 80; location / { proxy_pass http://named; } } }",
		mend:   []string{"upstream named { server one.internal:80; }", "resolver 10.0.0.53;", "proxy_pass http://named;", "set $u one.internal; proxy_pass http://$u;"}},
	{name: "stale-keepalive-post", faults: []string{"stale-keepalive"}, at: "keepalive 4;", fix: "keepalive_timeout 4s;",
		broken: "proxy_pass http://kept; proxy_http_version 1.1; proxy_set_header Connection '';", mend: []string{"http://kept", "http://one"}},
	{name: "certificate-not-verified", faults: []string{"tls-self-signed"}, at: "proxy_pass https://10.0.0.2;", fix: "proxy_ssl_verify on; proxy_ssl_trusted_certificate CA-FILE; proxy_ssl_server_name on;",
		broken: "proxy_pass https://10.0.0.2;", mend: []string{"10.0.0.2;", "10.0.0.2; proxy_ssl_verify on; proxy_ssl_trusted_certificate /etc/ssl/ca.pem;"}},
	{name: "websocket-cut", faults: []string{"websocket-idle"}, at: "proxy_pass http://one;", fix: "proxy_read_timeout 1h;",
		broken: "proxy_pass http://one; proxy_http_version 1.1; proxy_set_header Upgrade $http_upgrade; proxy_set_header Connection upgrade;", mend: []string{"one;", "one; proxy_read_timeout 1h;"}},
	{name: "hidden-errors", at: "error_log /var/log/nginx/x.log crit;", fix: "error_log /var/log/nginx/error.log warn;",
		broken: "proxy_pass http://one; error_log /var/log/nginx/x.log crit;", mend: []string{" crit", " warn"}},
	{name: "host-not-forwarded", at: "proxy_pass http://one;", fix: "proxy_set_header Host $host;",
		broken: "proxy_pass http://one;", mend: []string{"one;", "one; proxy_set_header Host $host;"}},
	{name: "host-not-forwarded", at: "proxy_set_header X-Real-IP $remote_addr;", fix: "proxy_set_header Host $host;",
		broken: "proxy_pass http://one; proxy_set_header X-Real-IP $remote_addr;", mend: []string{"X-Real-IP $remote_addr", "host blog.example"}},
	{name: "host-not-forwarded", at: "proxy_pass https://two;", fix: "proxy_set_header Host $host;",
		broken: "proxy_pass https://two;", mend: []string{"two", "api.example.com"}},
	{name: "host-twice", at: "proxy_set_header Host $host;", fix: "proxy_set_header Host $host;",
		broken: "proxy_pass http://one; include proxy_params; proxy_set_header Host $host;", mend: []string{"; proxy_set_header Host $host;", ";"}},
	{name: "client-not-forwarded", at: "proxy_pass http://one;", fix: "proxy_set_header X-Forwarded-For $proxy_add_x_forwarded_for; proxy_set_header X-Forwarded-Proto $scheme;",
		broken: "proxy_pass http://one;", mend: []string{"one;", "one; proxy_set_header X-Forwarded-For $proxy_add_x_forwarded_for; proxy_set_header X-Forwarded-Proto $scheme;"}},
}

// upstreams stand around a configuration that is only a location.
const upstreams = `http {
	upstream one { server 10.0.0.1:80; }
	upstream two { server 10.0.0.2:80; server 10.0.0.3:80; }
	upstream kept { server 10.0.0.4:80; keepalive 4; }
	upstream named { server one.internal:80; }
	server {
		listen 80;
		server_name shop.example;
		location / { `

// TestRulesOnRealNginx breaks each rule with a small configuration, and mends
// that as the finding says, or as near as can be.
func TestRulesOnRealNginx(t *testing.T) {
	t.Parallel()
	covered := map[string]bool{"endless-wait": true} // no configuration is known to bring it about
	for _, r := range rules {
		covered[r.name] = true
		t.Run(r.name+" "+strings.Join(r.faults, " "), func(t *testing.T) {
			t.Parallel()
			all := found(t, r, r.broken)
			require.NotEmpty(t, all, "it is not found")
			f := all[0]
			require.Equal(t, r.at, f.At.Text)
			require.Positive(t, f.At.Line)
			require.Equal(t, r.fix, f.Fix.Directive)
			require.NotEmpty(t, f.Fix.Title, "%s of the catalogue", f.Fix.Scenario)
			require.NotEmpty(t, f.Message)
			if len(r.faults) > 0 {
				require.NotEmpty(t, f.Cell)
				require.Contains(t, f.Evidence[0], "request: ")
				require.Contains(t, f.Evidence[1], "client: ")
			}
			if r.mend == nil {
				return
			}
			require.Empty(t, found(t, r, strings.NewReplacer(r.mend...).Replace(r.broken)), "it is found although mended")
		})
	}
	for _, r := range finding.Rules() {
		require.True(t, covered[r.Name], "no configuration breaks %s", r.Name)
	}
}

// build is the nginx under test, found once.
var build = sync.OnceValues(func() (nginx.Build, error) {
	return builds.Resolve(context.Background(), os.Getenv("BADGATEWAY_NGINX"), builds.Options{})
})

// found are the findings of a rule in a real check.
func found(t *testing.T, r rule, text string) []result.Finding {
	t.Helper()
	b, err := build()
	require.NoError(t, err)
	d, err := drivers.Pick(t.Context(), strings.Replace(os.Getenv("BADGATEWAY_DRIVER"), "all", drivers.Auto, 1), b)
	if err != nil {
		require.Empty(t, os.Getenv("BADGATEWAY_REQUIRE"), "driver required: %v", err)
		t.Skip(err)
	}
	if !strings.Contains(text, "http {") {
		text = upstreams + text + " }\n\t}\n}\n"
	}
	file := filepath.Join(t.TempDir(), "nginx.conf")
	require.NoError(t, os.WriteFile(file, []byte("events {}\nerror_log /var/log/nginx/error.log;\n"+text), 0o600))
	o := check.Options{Side: check.Side{Path: file, Build: b, Driver: d}, Faults: r.faults, Policy: finding.Default(), Fixes: fixes}
	if len(o.Faults) == 0 {
		o.Faults = []string{"none"}
	}
	report, err := check.Run(t.Context(), o)
	require.NoError(t, err)
	require.NotEmpty(t, report.Cells)
	var of []result.Finding
	for _, l := range report.Cells {
		require.Empty(t, l.Error, l.ID)
	}
	for _, f := range report.Findings {
		if f.Rule == r.name {
			of = append(of, f)
		}
	}
	return of
}

// fixes are the catalogue's.
func fixes(scenario string) (title string, found bool) {
	for _, s := range scenarios.All() {
		if s.Name == scenario {
			return s.Fix.Title, true
		}
	}
	return "", false
}
