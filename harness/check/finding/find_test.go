package finding_test

import (
	"net/http"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"badgateway/harness/check/finding"
	"badgateway/harness/check/result"
	"badgateway/harness/pod"
	"badgateway/scenarios"
)

// text is a configuration that has these directives, all on line 7.
type text map[string][]string

func (t text) Directive(_ result.Route, name string) (result.Place, []string, bool) {
	args, found := t[name]
	return result.Place{File: "nginx.conf", Line: 7, Text: name}, args, found
}

func (t text) All(_ result.Route, name string) [][]string {
	if args, found := t[name]; found {
		return [][]string{args}
	}
	return nil
}

var today = time.Date(2027, 3, 31, 12, 0, 0, 0, time.UTC)

// shop is a route of two servers; good what a healthy cell of it is.
var (
	shop = result.Route{ID: "shop.example:80/ -> app", Protocol: "http", Upstream: "app", Peers: []string{"a:80", "b:80"},
		Pass: result.Place{File: "nginx.conf", Line: 3}, Request: pod.Request{URL: "/", Header: http.Header{"Host": {"shop.example"}}},
		Seen: http.Header{"Host": {"shop.example"}, "X-Forwarded-For": {"127.0.0.1"}, "X-Forwarded-Proto": {"http"}}}
	good = result.Cell{Route: shop.ID, Method: "GET", Client: pod.OK, Status: 200, Total: time.Second, Body: result.BodyIntact}
)

// bad is what a cell with a 502 of nginx looks like.
func bad(fault string, change func(*result.Cell)) result.Cell {
	l := good
	l.Client, l.Status, l.Body, l.Fault = pod.BadGateway, 502, result.BodyNginx, fault
	l.ID = l.Route + "|" + fault + "|" + l.Method
	if change != nil {
		change(&l)
	}
	return l
}

// still is a cell that is served under a fault.
func still(fault string, change func(*result.Cell)) result.Cell {
	return bad(fault, func(l *result.Cell) {
		l.Client, l.Status, l.Body = pod.OK, 200, result.BodyIntact
		if change != nil {
			change(l)
		}
	})
}

func at(peer string, after time.Duration, executed bool) result.Attempt {
	return result.Attempt{Peer: peer, At: after, Arrived: executed, Executed: executed}
}

func late(d time.Duration) *time.Duration { return &d }

// TestRules has for each rule a cell that breaks it and one, as near as can
// be, that does not.
func TestRules(t *testing.T) {
	cases := map[string]struct{ broken, fine result.Cell }{
		"endless-wait": {
			bad("slow-headers", func(l *result.Cell) { l.Client, l.Status, l.Floor, l.Total = pod.Hung, 0, true, time.Hour }),
			bad("slow-headers", func(l *result.Cell) { l.Client, l.Status, l.Total = pod.GatewayTimeout, 504, 20*time.Second })},
		"long-wait": {
			bad("syn-dropped", func(l *result.Cell) { l.Total = time.Minute }),
			bad("syn-dropped", func(l *result.Cell) { l.Total, l.Within = 31*time.Second, 2*time.Second })},
		"retries-multiply-wait": {
			bad("all-peers-dead", func(l *result.Cell) {
				l.Total, l.Attempts = 40*time.Second, []result.Attempt{at("a:80", 0, true), at("b:80", 20*time.Second, true)}
			}),
			bad("all-peers-dead", func(l *result.Cell) {
				l.Total, l.Attempts = 40*time.Second, []result.Attempt{at("a:80", 0, true), at("b:80", 0, true)}
			})},
		"duplicate-post":  {bad("closed-before-headers", func(l *result.Cell) { l.Twice = true }), bad("closed-before-headers", nil)},
		"no-failover":     {bad("one-peer-dead", nil), still("one-peer-dead", nil)},
		"all-marked-down": {bad("status-500", func(l *result.Cell) { l.AllDown = true }), bad("status-500", nil)},
		"slow-recovery": {
			bad("refused", func(l *result.Cell) { l.Recovery = late(16 * time.Second) }),
			bad("refused", func(l *result.Cell) { l.Recovery = late(14 * time.Second) })},
		"truncated-answer": {
			still("truncated-body", func(l *result.Cell) { l.Client, l.Body = pod.TruncatedBody, result.BodyTruncated }),
			bad("truncated-body", nil)},
		"raw-bytes":                {bad("not-http", func(l *result.Cell) { l.Body = result.BodyRaw }), bad("not-http", nil)},
		"header-limit":             {bad("headers-8k", func(l *result.Cell) { l.Log = []string{"too-big-header"} }), still("headers-8k", nil)},
		"stale-address":            {bad("address-changed", nil), still("address-changed", nil)},
		"name-needed-at-start":     {bad("name-unresolvable", func(l *result.Cell) { l.Log = []string{"host-not-found"} }), bad("name-unresolvable", nil)},
		"stale-keepalive-post":     {bad("stale-keepalive", nil), still("stale-keepalive", nil)},
		"certificate-not-verified": {still("tls-expired", nil), bad("tls-expired", nil)},
		"websocket-cut": {
			bad("websocket-idle", func(l *result.Cell) { l.Total, l.Within = time.Minute+time.Second, 3*time.Second }),
			bad("websocket-idle", func(l *result.Cell) { l.Total = time.Hour })},
	}
	for _, rule := range finding.Rules() {
		c, ok := cases[rule.Name]
		if !ok {
			continue
		}
		t.Run(rule.Name, func(t *testing.T) {
			require.Contains(t, names(find(c.broken, text{}, finding.Default())), rule.Name)
			require.NotContains(t, names(find(c.fine, text{}, finding.Default())), rule.Name)
		})
		delete(cases, rule.Name)
	}
	require.Empty(t, cases, "cases of no rule")
}

func find(l result.Cell, words text, p finding.Policy) []result.Finding {
	return finding.Find([]result.Route{shop}, []result.Cell{l}, words, titles, p, today)
}

// titles are the fixes of the catalogue.
func titles(name string) (string, bool) {
	for _, s := range scenarios.All() {
		if s.Name == name {
			return s.Fix.Title, true
		}
	}
	return "", false
}

func names(findings []result.Finding) []string {
	var all []string
	for _, f := range findings {
		all = append(all, f.Rule)
	}
	return all
}

func TestRulesAboutRoutes(t *testing.T) {
	plain := shop
	plain.Seen = http.Header{"Host": {"app"}}
	of := func(r result.Route, words text) []string {
		return names(finding.Find([]result.Route{r}, nil, words, titles, finding.Default(), today))
	}
	require.Empty(t, of(shop, text{}))
	require.Equal(t, []string{"host-not-forwarded", "client-not-forwarded"}, of(plain, text{}))
	twice := shop
	twice.Seen = shop.Seen.Clone()
	twice.Seen.Add("Host", "shop.example")
	require.Equal(t, []string{"host-twice"}, of(twice, text{}))
	require.Equal(t, []string{"hidden-errors"}, of(shop, text{"error_log": {"/var/log/nginx/error.log", "crit"}}))
	require.Equal(t, []string{"hidden-errors"}, of(shop, text{"error_log": {"/dev/null"}}))
	require.Empty(t, of(shop, text{"error_log": {"/var/log/nginx/error.log", "warn"}}))
	unreached := shop
	unreached.Seen = nil
	require.Empty(t, of(unreached, text{}))
}

// TestFixesAreInTheCatalogue holds every rule to a scenario that exists.
func TestFixesAreInTheCatalogue(t *testing.T) {
	for _, rule := range finding.Rules() {
		cited := []string{rule.Scenario}
		for _, c := range rule.Causes {
			cited = append(cited, c.Scenario)
		}
		for _, name := range cited {
			_, found := titles(name)
			require.True(t, found, "%s cites %s", rule.Name, name)
		}
	}
}

func TestFindingNamesItsCause(t *testing.T) {
	l := bad("one-peer-dead", func(l *result.Cell) { l.Lines = []string{"connect() failed"} })
	other := l
	other.Method, other.ID = "POST", shop.ID+"|one-peer-dead|POST"
	all := finding.Find([]result.Route{shop}, []result.Cell{l, other}, text{"proxy_next_upstream": {"off"}}, titles, finding.Default(), today)
	require.Len(t, all, 1)
	require.Equal(t, 7, all[0].At.Line)
	require.Equal(t, []string{other.ID}, all[0].Also)
	require.Contains(t, all[0].Evidence, "log: connect() failed")
	require.Equal(t, "proxy_next_upstream error timeout;", all[0].Fix.Directive)
	require.NotEmpty(t, all[0].Fix.Title)
	require.Equal(t, 3, find(l, text{}, finding.Default())[0].At.Line, "without the directive: where requests are passed on")
}

// TestCellsThatTellNothing are no evidence.
func TestCellsThatTellNothing(t *testing.T) {
	for _, spoil := range []func(*result.Cell){
		func(l *result.Cell) { l.Unmet = "no connection was refused" },
		func(l *result.Cell) { l.Error = "the pod ended" },
	} {
		require.Empty(t, find(bad("one-peer-dead", spoil), text{}, finding.Default()))
	}
}

func TestFails(t *testing.T) {
	one := []result.Finding{{Severity: result.Warning}}
	require.False(t, finding.Fails(one, result.Error))
	require.True(t, finding.Fails(one, result.Warning))
	require.True(t, finding.Fails(one, result.Note))
	one[0].Accepted = "known"
	require.False(t, finding.Fails(one, result.Note))
}

// TestFixesSpeakTheProtocol demands directives that the protocol's module has.
func TestFixesSpeakTheProtocol(t *testing.T) {
	for _, c := range []struct {
		protocol            string
		cell                result.Cell
		scenario, directive string
	}{
		{"http", bad("syn-dropped", slow), "timeout/slow-connect", "proxy_connect_timeout 5s;"},
		{"http", bad("slow-headers", slow), "timeout/slow-answer", "proxy_read_timeout 30s;"},
		{"http", bad("resolver-silent", slow), "dns/silent", "resolver_timeout 5s;"},
		{"tcp", bad("stalled-body", slow), "timeout/body-stall", "proxy_timeout 30s;"},
		{"uwsgi", bad("slow-headers", slow), "uwsgi/read-timeout", "uwsgi_read_timeout 30s;"},
		{"fastcgi", bad("address-changed", nil), "dns/stale-address", "resolver ADDRESS valid=10s; set $upstream NAME; fastcgi_pass $upstream;"},
		{"grpc", bad("address-changed", nil), "dns/stale-address", "resolver ADDRESS valid=10s; set $upstream NAME; grpc_pass grpc://$upstream;"},
		{"https", bad("address-changed", nil), "dns/stale-address", "resolver ADDRESS valid=10s; set $upstream NAME; proxy_pass https://$upstream;"},
		{"grpc", bad("headers-8k", large), "headers/too-big", "grpc_buffer_size 16k;"},
		{"scgi", bad("headers-8k", large), "fastcgi/too-big", "scgi_buffer_size 16k; scgi_buffers 8 16k; scgi_busy_buffers_size 32k;"},
		{"http", bad("address-changed", func(l *result.Cell) { l.Client, l.Status, l.Recovery = pod.OK, 200, late(time.Minute) }),
			"dns/stale-address", "resolver ADDRESS valid=5s;"},
	} {
		r := shop
		r.Protocol = c.protocol
		all := finding.Find([]result.Route{r}, []result.Cell{c.cell}, text{}, titles, finding.Default(), today)
		require.Len(t, all, 1, c.cell.ID)
		require.Equal(t, c.scenario, all[0].Fix.Scenario, c.cell.ID)
		require.Equal(t, c.directive, all[0].Fix.Directive, c.cell.ID)
	}
}

func slow(l *result.Cell) { l.Total = time.Minute }

func large(l *result.Cell) { l.Log = []string{"too-big-header"} }

// TestErrorPageIsNoRetry: nginx asks its only server again for the page.
func TestErrorPageIsNoRetry(t *testing.T) {
	r := shop
	r.Peers = []string{"a:80"}
	l := bad("slow-headers", func(l *result.Cell) {
		l.Total, l.Attempts = 2*time.Minute, []result.Attempt{at("a:80", 0, true), at("a:80", time.Minute, true)}
	})
	require.Equal(t, []string{"long-wait"}, names(finding.Find([]result.Route{r}, []result.Cell{l}, text{}, titles, finding.Default(), today)))
}
