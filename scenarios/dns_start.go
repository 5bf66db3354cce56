package scenarios

import (
	"net/http"

	"badgateway/backends"
	"badgateway/harness"
	"badgateway/harness/nginx"
	"badgateway/harness/pod"
)

var absentAtStart = harness.Scenario{
	Name:    "dns/absent-at-start",
	Title:   "one host name in the configuration does not exist, and nginx does not start",
	Claims:  []harness.Claim{dynamicOnlyIf, wrongHost, testsLiterals, conditional("S3.3", "it is then a host name, and a mistake only if that name does not resolve: with a name in DNS no upstream block is needed")},
	Cause:   "a literal name in proxy_pass that DNS does not know at this moment: not deployed yet, renamed, or the name server is not up at boot",
	Why:     "literal names are resolved when nginx starts, and one that is not found is [emerg]: every server of this nginx is down, not one location",
	Looks:   []harness.Look{{Claim: "S1.6", Command: "nginx -t", Broken: `host not found in upstream "reports.internal" in .*:\d+`, Fixed: "test is successful"}},
	Break:   harness.Break{Restart: true},
	Symptom: harness.Symptom{Client: pod.Refused, Log: []nginx.Signature{nginx.HostNotFound}},
	Fix: harness.Fix{
		Title: "put that name into a variable, with a resolver: nginx starts, and at most its one location answers 502",
	},
}

var staleAddress = harness.Scenario{
	Name:     "dns/stale-address",
	Title:    "the application was redeployed at another address, and nginx still asks at the old one",
	Claims:   append(confirmed("W1"), dynamicOnlyIf),
	Cause:    "the address in the log line is not the one that the name leads to now (getent hosts NAME): the container or instance was replaced",
	Why:      "a literal name is resolved when the configuration is loaded and never again, whatever its TTL says; the old address refuses",
	Backends: redeployed,
	Break:    harness.Break{Faults: redeployment},
	Symptom:  harness.Symptom{Client: pod.BadGateway, Log: []nginx.Signature{nginx.ConnectRefused}, Requests: 2, Asked: asked("")},
	Fix: harness.Fix{
		Title: "put the address into a variable, with resolver and valid=",
		Asked: asked("app.internal"),
	},
	Waits: 500 * ms,
}

var upstreamBlock = harness.Scenario{
	Name:     "dns/upstream-block",
	Title:    "the application is in an upstream block, and was redeployed at another address",
	Claims:   append(confirmed("W1"), conditional("S3.4", "no variable is needed since 1.27.3: server NAME resolve in an upstream block with zone and resolver follows DNS, and proxy_pass keeps its URI")),
	Cause:    "an upstream block (for keepalive, several servers, weights) whose server is a name",
	Why:      "a name in server is resolved when the configuration is loaded, unless it says resolve; until 1.27.2 that was the commercial edition's",
	Backends: redeployed,
	Break:    harness.Break{Faults: redeployment},
	Symptom:  harness.Symptom{Client: pod.BadGateway, Log: []nginx.Signature{nginx.ConnectRefused}, Requests: 2, Asked: asked("")},
	Fix:      harness.Fix{Title: "zone and resolver, and server NAME resolve", Asked: asked("app.internal")},
	Since:    "1.27.3",
	Waits:    500 * ms,
}

var reusedAddress = harness.Scenario{
	Name:     "dns/reused-address",
	Title:    "after a redeployment the old address belongs to another service, which answers with its own 404 (or, worse, a page)",
	Claims:   []harness.Claim{dynamicOnlyIf},
	Cause:    "containers that get the next free address: $upstream_addr in the access log is not the one that the name leads to now",
	Why:      "nginx keeps the address that the name had when the configuration was loaded, and whoever holds it now answers",
	Backends: redeployed,
	Break: harness.Break{Faults: append(behaves("app", backends.Script{Status: http.StatusNotFound, Body: "another service\n"}),
		pod.Fault{Kind: pod.KindName, Target: "app.internal", Answer: pod.NameAnswer{Addrs: []string{"10.0.3.8"}}})},
	Symptom: harness.Symptom{
		Client: pod.StatusOutcome(http.StatusNotFound), Requests: 2, Asked: asked(""),
		Arrival: &harness.Arrival{Reached: map[string]int{"app": 4, "new": 0}},
	},
	Fix: harness.Fix{
		Title:   "put the address into a variable, with resolver and valid=",
		Arrival: &harness.Arrival{Reached: map[string]int{"app": 0, "new": 6}}, Asked: asked("app.internal"),
	},
	Waits: 500 * ms,
}

var untilReload = harness.Scenario{
	Name:     "dns/until-reload",
	Title:    "after a redeployment nginx asks at the old address until somebody reloads it",
	Claims:   confirmed("W1", "S1.4"),
	Cause:    "a redeployment without a reload of the gateway behind it",
	Why:      "a reload loads the configuration anew and resolves its literal names; it mends this redeployment, and the next one needs the next reload",
	Backends: redeployed,
	Break:    harness.Break{Faults: redeployment},
	Symptom:  harness.Symptom{Client: pod.BadGateway, Log: []nginx.Signature{nginx.ConnectRefused}, Requests: 2, Asked: asked("")},
	Fix:      harness.Fix{Title: "nginx -s reload as the last step of every redeployment", Asked: asked("app.internal")},
	Waits:    500 * ms,
}

var literalElsewhere = harness.Scenario{
	Name:     "dns/literal-elsewhere",
	Title:    "variable and resolver are there, and nginx still asks at the old address after a redeployment",
	Claims:   []harness.Claim{dynamicOnlyIf},
	Cause:    "the same name and port stand literally in another proxy_pass (or an upstream block) of the same configuration",
	Why:      "a literal proxy_pass makes an upstream of that name, resolved at the start; a variable is compared with the upstreams first, and the resolver is not asked at all",
	Backends: redeployed,
	Break:    harness.Break{Faults: redeployment},
	Symptom:  harness.Symptom{Client: pod.BadGateway, Log: []nginx.Signature{nginx.ConnectRefused}, Requests: 2, Asked: asked("")},
	Fix:      harness.Fix{Title: "put the address into a variable everywhere", Asked: asked("app.internal")},
	Waits:    500 * ms,
}

var prefixKept = harness.Scenario{
	Name:    "dns/prefix-kept",
	Title:   "with the address in a variable the location's prefix is no longer replaced",
	Claims:  []harness.Claim{dynamicOnlyIf},
	Cause:   "proxy_pass http://app:8080/ in a location /api/ became set and proxy_pass $upstream: the application is asked for /api/status, not /status",
	Why:     "only a literal proxy_pass with a URI replaces the part of the request URI that matches the location; the application answers 404, or a page that is not meant",
	Probe:   pod.Request{URL: "/api/status?full=1"},
	Symptom: harness.Symptom{Client: pod.OK, Arrival: &harness.Arrival{Target: `^/api/status\?full=1$`, Attempts: 1}},
	Fix: harness.Fix{
		Title:   "take the prefix away with rewrite ... break, behind set: break ends the rewrite directives, set among them",
		Arrival: &harness.Arrival{Target: `^/status\?full=1$`, Attempts: 1},
		Traps: []harness.Trap{{
			Title:  "set behind rewrite ... break is never executed: the variable is empty, and nginx answers 500",
			Client: map[string]pod.Outcome{http.MethodGet: pod.ServerError, http.MethodPost: pod.ServerError},
		}},
	},
}

var uriLost = harness.Scenario{
	Name:    "dns/uri-lost",
	Title:   "with a variable and a URI in proxy_pass every request arrives as that URI",
	Claims:  []harness.Claim{dynamicOnlyIf},
	Cause:   "proxy_pass $upstream/ with a slash or path behind the variable: path and arguments of the request are lost",
	Why:     "a URI in a proxy_pass with variables is sent as it is, instead of the request's; the application answers its front page, or 404",
	Probe:   pod.Request{URL: "/api/status?full=1"},
	Symptom: harness.Symptom{Client: pod.OK, Arrival: &harness.Arrival{Target: `^/$`, Attempts: 1}},
	Fix: harness.Fix{
		Title:   "no URI behind the variable; take the prefix away with rewrite ... break behind set",
		Arrival: &harness.Arrival{Target: `^/status\?full=1$`, Attempts: 1},
	},
}
