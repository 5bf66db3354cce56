package scenarios

import (
	"net/http"

	"badgateway/backends"
	"badgateway/harness"
	"badgateway/harness/nginx"
	"badgateway/harness/pod"
)

// client: nginx and what is in front of it do not agree.
var client = family(harness.Scenario{Step: "9", Backends: []backends.Spec{app("127.0.0.1:3000")}, Methods: readAndWrite},
	proxyProtocol, proxyHeader)

const balancerNote = "behind a TCP balancer the client's address comes in a PROXY header; nginx must expect it exactly where it is sent"

var proxyProtocol = harness.Scenario{
	Name:    "client/proxy-protocol",
	Title:   "nginx expects a PROXY header that nobody sends, and every connection ends without an answer",
	Claims:  []harness.Claim{conditional("S5.1", balancerNote), conditional("S1.2", "nothing: what fails before the request has no access-log line")},
	Looks:   []harness.Look{with(access502, "S1.2", `^$`, `^$`)},
	Cause:   "proxy_protocol was added to listen before the balancer sends it, or a health check and the host itself come without",
	Why:     "nginx takes the beginning of the request for a PROXY header, finds it broken, and closes; there is no request yet that could be answered",
	Symptom: steadily(pod.NoAnswer, nginx.ClientBadProxyHeader),
	Fix:     harness.Fix{Title: "proxy_protocol on that listen only when the balancer sends it (a port of its own for what comes directly)"},
}

var proxyHeader = harness.Scenario{
	Name:    "client/proxy-header",
	Title:   "the balancer sends a PROXY header that nginx does not expect, and every request is a 400",
	Claims:  []harness.Claim{conditional("S5.1", balancerNote), conditional("S1.2", "the access log says 400, and its request begins with PROXY TCP4")},
	Looks:   []harness.Look{with(access502, "S1.2", `^$`, `^$`), {Claim: "S1.2", Command: `tail -n 1 /var/log/nginx/access.log`, Broken: `"PROXY TCP4 .* 400 `, Fixed: ` 200 `}},
	Cause:   "PROXY protocol was switched on at the balancer, or a server of nginx was added without it",
	Why:     "PROXY TCP4 and two addresses are no request line: nginx answers 400 and asks no application",
	Probe:   pod.Request{ProxyProtocol: true},
	Symptom: steadily(pod.StatusOutcome(http.StatusBadRequest)),
	Fix:     harness.Fix{Title: "listen 80 proxy_protocol, nginx -t, reload", Arrival: seen("X-Real-Ip", `^127\.0\.0\.1$`)},
}
