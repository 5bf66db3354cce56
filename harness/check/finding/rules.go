package finding

import (
	"badgateway/harness/check/result"
)

// Rule is one way in which a configuration hurts its users.
type Rule struct {
	// Name is what a policy and the reports call it.
	Name     string
	Severity result.Severity
	// Title is one line for a person.
	Title string
	// Scenario of the catalogue explains and mends it.
	Scenario string
	// Directives may cause it: the first that the route has is where the
	// finding points to, else the directive that passes requests on.
	Directives []string
	// Mend is a line to write there, for most applications; {p} is the prefix
	// of the protocol's module, "proxy_" or "fastcgi_", and {pass} its directive
	// up to the address: "proxy_pass https://", "fastcgi_pass ".
	Mend string
	// Causes stand for Scenario, Directives and Mend in some cells; the first
	// that fits counts.
	Causes []Cause

	// cell and route tell whether one of them breaks the rule, and how. One of
	// the two is nil.
	cell  func(c *context, r result.Route, l result.Cell) (message string, broken bool)
	route func(c *context, r result.Route) (message string, broken bool)
}

// Cause is what a rule points to in cells of some faults and protocols; without
// any: of all.
type Cause struct {
	Faults, Protocols []string
	Scenario          string
	Directives        []string
	Mend              string
}

// unread is the wait for an application that reads no further.
var unread = Cause{Faults: []string{"upload-unread"}, Scenario: "timeout/send", Directives: []string{"{p}send_timeout"}, Mend: "{p}send_timeout 30s;"}

// Rules are all rules, in the order in which a report lists them.
func Rules() []Rule { return rules }

var rules = []Rule{
	{Name: "endless-wait", Severity: result.Error, Title: "the client waits without end",
		Scenario: "timeout/slow-answer", Directives: []string{"{p}read_timeout", "{p}send_timeout"},
		Mend: "{p}read_timeout 60s;", cell: endlessWait,
		Causes: []Cause{unread}},
	{Name: "long-wait", Severity: result.Warning, Title: "the client waits longer than anyone does",
		Scenario: "timeout/slow-answer", Directives: []string{"{p}read_timeout"}, Mend: "{p}read_timeout 30s;",
		Causes: []Cause{
			unread,
			{Faults: []string{"syn-dropped"}, Scenario: "timeout/slow-connect", Directives: []string{"{p}connect_timeout"}, Mend: "{p}connect_timeout 5s;"},
			{Faults: []string{"resolver-silent"}, Scenario: "dns/silent", Directives: []string{"resolver_timeout", "resolver"}, Mend: "resolver_timeout 5s;"},
			{Protocols: []string{"tcp"}, Scenario: "timeout/body-stall", Directives: []string{"proxy_timeout"}, Mend: "proxy_timeout 30s;"},
			{Protocols: []string{"grpc", "grpcs"}, Scenario: "grpc/stream-idle", Directives: []string{"grpc_read_timeout"}, Mend: "grpc_read_timeout 30s;"},
			{Protocols: []string{"uwsgi", "suwsgi"}, Scenario: "uwsgi/read-timeout", Directives: []string{"uwsgi_read_timeout"}, Mend: "uwsgi_read_timeout 30s;"},
		},
		cell: longWait},
	{Name: "retries-multiply-wait", Severity: result.Warning, Title: "one timeout after the other adds up",
		Scenario: "timeout/retries-multiply", Directives: []string{"{p}next_upstream_timeout", "{p}next_upstream_tries", "{p}next_upstream"},
		Mend: "{p}next_upstream_timeout 10s;", cell: retriesMultiply},
	{Name: "duplicate-post", Severity: result.Error, Title: "a POST is executed more than once",
		Scenario: "health/post-not-retried", Directives: []string{"{p}next_upstream"},
		Mend: "{p}next_upstream error timeout;", cell: duplicatePost},
	{Name: "no-failover", Severity: result.Error, Title: "one dead server fails requests although others live",
		Scenario: "upstream/no-failover", Directives: []string{"{p}next_upstream", "{p}next_upstream_tries"},
		Mend: "{p}next_upstream error timeout;", cell: noFailover},
	{Name: "all-marked-down", Severity: result.Warning, Title: "one failure takes every server out of use",
		Scenario: "health/all-dead", Directives: []string{"{p}next_upstream", "server"},
		Mend: "server ADDRESS max_fails=3 fail_timeout=5s;", cell: allMarkedDown},
	{Name: "slow-recovery", Severity: result.Warning, Title: "clients go on failing after the application is back",
		Scenario: "health/recovery", Directives: []string{"server"}, Mend: "server ADDRESS fail_timeout=2s;",
		Causes: []Cause{{Faults: []string{"name-unresolvable", "resolver-silent", "address-changed"},
			Scenario: "dns/stale-address", Directives: []string{"resolver"}, Mend: "resolver ADDRESS valid=5s;"}},
		cell: slowRecovery},
	{Name: "truncated-answer", Severity: result.Warning, Title: "a truncated answer goes out with status 200",
		Scenario: "upstream/closes-early",
		Causes: []Cause{
			{Faults: []string{"stalled-body"}, Protocols: []string{"grpc", "grpcs"}, Scenario: "grpc/stream-idle", Directives: []string{"grpc_read_timeout"}},
			{Faults: []string{"stalled-body"}, Scenario: "timeout/body-stall", Directives: []string{"{p}read_timeout"}},
			{Protocols: []string{"fastcgi"}, Scenario: "fastcgi/truncated"},
		},
		cell: truncatedAnswer},
	{Name: "raw-bytes", Severity: result.Warning, Title: "bytes that are no HTTP reach the client",
		Scenario: "grpc/proxied", cell: rawBytes},
	{Name: "header-limit", Severity: result.Warning, Title: "an ordinary large response header ends in 502",
		Scenario: "headers/too-big", Directives: []string{"{p}buffer_size", "{p}buffers"},
		Mend: "{p}buffer_size 16k; {p}buffers 8 16k; {p}busy_buffers_size 32k;",
		Causes: []Cause{
			{Protocols: []string{"grpc", "grpcs"}, Scenario: "headers/too-big", Directives: []string{"grpc_buffer_size"}, Mend: "grpc_buffer_size 16k;"},
			{Protocols: []string{"fastcgi", "uwsgi", "suwsgi", "scgi"}, Scenario: "fastcgi/too-big", Directives: []string{"{p}buffer_size", "{p}buffers"},
				Mend: "{p}buffer_size 16k; {p}buffers 8 16k; {p}busy_buffers_size 32k;"},
		},
		cell: headerLimit},
	{Name: "stale-address", Severity: result.Warning, Title: "after a redeployment nginx asks at the old address",
		Scenario: "dns/stale-address", Directives: []string{"server", "resolver"},
		Mend: "resolver ADDRESS valid=10s; set $upstream NAME; {pass}$upstream;", cell: staleAddress},
	{Name: "name-needed-at-start", Severity: result.Warning, Title: "one missing host name keeps nginx from starting",
		Scenario: "dns/absent-at-start", Directives: []string{"server", "resolver"},
		Mend: "resolver ADDRESS; set $upstream NAME; {pass}$upstream;", cell: nameAtStart},
	{Name: "stale-keepalive-post", Severity: result.Warning, Title: "a POST on a connection that the application just closed fails",
		Scenario: "keepalive/stale", Directives: []string{"keepalive_timeout", "keepalive"},
		Mend: "keepalive_timeout 4s;", cell: staleKeepalive},
	{Name: "certificate-not-verified", Severity: result.Warning, Title: "any certificate passes for the upstream's",
		Scenario: "tls/self-signed", Directives: []string{"{p}ssl_verify"},
		Mend: "{p}ssl_verify on; {p}ssl_trusted_certificate CA-FILE; {p}ssl_server_name on;", cell: notVerified},
	{Name: "websocket-cut", Severity: result.Warning, Title: "an idle WebSocket is cut",
		Scenario: "websocket/idle", Directives: []string{"{p}read_timeout"},
		Mend: "{p}read_timeout 1h;", cell: websocketCut},
	{Name: "hidden-errors", Severity: result.Warning, Title: "upstream errors are not logged",
		Scenario: "upstream/refused", Directives: []string{"error_log"},
		Mend: "error_log /var/log/nginx/error.log warn;", route: hiddenErrors},
	{Name: "host-not-forwarded", Severity: result.Warning, Title: "the application does not learn the host that was asked for",
		Scenario: "headers/host-of-block", Directives: []string{"{p}set_header"},
		Mend: "proxy_set_header Host $host;", route: hostNotForwarded},
	{Name: "host-twice", Severity: result.Error, Title: "the application gets Host twice",
		Scenario: "headers/host-empty", Directives: []string{"{p}set_header"},
		Mend: "proxy_set_header Host $host;", route: hostTwice},
	{Name: "client-not-forwarded", Severity: result.Note, Title: "the application does not learn the client's address and scheme",
		Scenario: "headers/client-address", Directives: []string{"{p}set_header"},
		Mend:  "proxy_set_header X-Forwarded-For $proxy_add_x_forwarded_for; proxy_set_header X-Forwarded-Proto $scheme;",
		route: clientNotForwarded},
}
