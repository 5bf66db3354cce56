package scenarios

import (
	"net/http"

	"badgateway/backends"
	"badgateway/harness"
	"badgateway/harness/nginx"
	"badgateway/harness/pod"
)

// keepalive: connections between nginx and the application, used again or not.
var keepalive = family(harness.Scenario{Step: "4", Backends: []backends.Spec{app("127.0.0.1:3000")}, Methods: readAndWrite},
	noKeepalive, keepaliveByDefault, staleConnection, staleReset, sharedPool)

var noKeepalive = harness.Scenario{
	Name:  "keepalive/none",
	Title: "keepalive is configured, and every request opens a connection all the same",
	Claims: []harness.Claim{
		conditional("S4.7", "all three lines are needed until nginx 1.29.6; keepalive alone changes nothing"),
	},
	Cause: "keepalive 32 in the upstream block without proxy_http_version 1.1 and an empty Connection header in the location",
	Why:   "nginx before 1.29.7 asks in HTTP/1.0 with Connection: close, so the application closes after each answer and nothing is left to keep",
	Symptom: harness.Symptom{
		Client: pod.OK, Requests: 3,
		Arrival: &harness.Arrival{Header: map[string]string{"Connection": "^close$"}, Conns: 6, Attempts: 1},
	},
	Fix: harness.Fix{
		Title:   "proxy_http_version 1.1 and proxy_set_header Connection \"\" beside keepalive 32",
		Arrival: &harness.Arrival{Header: map[string]string{"Connection": ""}, Conns: 1, Attempts: 1},
	},
	Until: "1.29.6",
}

var keepaliveByDefault = harness.Scenario{
	Name:  "keepalive/default",
	Title: "nginx keeps connections by default, and one header line from an old recipe ends that",
	Claims: []harness.Claim{
		conditional("S4.7", "since nginx 1.29.7 none of the three lines is needed; Connection close still undoes them"),
	},
	Cause: "proxy_set_header Connection close (or \"upgrade\" for every request) in a configuration that is older than the default",
	Why:   "since 1.29.7 nginx speaks HTTP/1.1 and keeps 32 connections per upstream block; the application closes when it is told to",
	Symptom: harness.Symptom{
		Client: pod.OK, Requests: 3,
		Arrival: &harness.Arrival{Header: map[string]string{"Connection": "^close$"}, Conns: 6, Attempts: 1},
	},
	Fix: harness.Fix{
		Title:   "remove the line: the default keeps connections",
		Arrival: &harness.Arrival{Header: map[string]string{"Connection": ""}, Conns: 1, Attempts: 1},
	},
	Since: "1.29.7",
}

var staleConnection = stale(harness.Scenario{
	Name:  "keepalive/stale",
	Title: "now and then a POST fails: the application closes idle connections that nginx still uses",
	Claims: []harness.Claim{
		conditional("S4.7", "reused connections need an application that keeps them longer than nginx does, or a POST now and then is a 502"),
		conditional("W7", "on a kept connection it only says that the idle timeout of the application was shorter; the request was not read"),
	},
	Cause: "the application's idle timeout (5s in Node.js) is shorter than nginx's keepalive_timeout for upstreams (60s)",
	Why:   "the close crosses the next request on the wire: nginx repeats a GET on a new connection and nobody notices, a POST it must not repeat, so 502",
}, nginx.PrematureClose)

var staleReset = stale(harness.Scenario{
	Name:  "keepalive/stale-reset",
	Title: "now and then a POST fails with a reset: something on the way forgets idle connections",
	Claims: []harness.Claim{
		conditional("W7", "a connection that the other side no longer knows is reset: recv() failed (104) instead, and the request was not read"),
	},
	Cause: "an application server, firewall, balancer or NAT that drops idle connections without a word, and answers the next packet with RST",
	Why:   "the request meets a connection that is gone: nginx repeats a GET on a new one, a POST it must not repeat, so 502",
}, nginx.ReadReset, pod.Fault{Kind: pod.KindResetEnd, Target: "app"})

// stale adds what the two have in common: HEAD opens the connection that GET
// finds ended, and the POST the next one.
func stale(s harness.Scenario, line nginx.Signature, faults ...pod.Fault) harness.Scenario {
	s.Methods = []string{http.MethodHead, http.MethodGet, http.MethodPost}
	s.Break.Faults = append(faults, behaves("app", backends.StaleAfter(1))...)
	s.Symptom = harness.Symptom{
		Client:    pod.BadGateway,
		PerMethod: map[string]pod.Outcome{http.MethodHead: pod.OK, http.MethodGet: pod.OK},
		Log:       []nginx.Signature{line},
		Arrival:   &harness.Arrival{Conns: 2}, // HEAD's and the repeated GET's; the POST is not repeated
	}
	s.Fix = harness.Fix{Title: "give the application an idle timeout above keepalive_timeout of the upstream block (or lower that below it)", Lift: true}
	return s
}

var sharedPool = harness.Scenario{
	Name:  "keepalive/shared-pool",
	Title: "one upstream block for pages and for gRPC calls, and calls fail that come after a page",
	Claims: []harness.Claim{
		conditional("S4.7", "a kept connection is used again for whatever goes through its upstream block: HTTP/1.1 and HTTP/2 need a block each"),
	},
	Cause:    "proxy_pass and grpc_pass (or proxy_http_version 2) to the same upstream block with keepalive, or by default since nginx 1.29.7",
	Why:      "nginx takes the connection that the page left, finds no state of HTTP/2 on it, and gives up; the next call opens one of its own",
	Backends: []backends.Spec{{Name: "app", Listen: "127.0.0.1:50051", Protocol: backends.Dual}},
	Symptom:  harness.Symptom{Client: pod.BadGateway, PerMethod: map[string]pod.Outcome{http.MethodGet: pod.OK}, Log: []nginx.Signature{nginx.H2NoConnection}},
	Fix:      harness.Fix{Title: "an upstream block for each, with the same server"},
	Modules:  []string{"http_v2_module"},
}
