package scenarios

import (
	"net/http"

	"badgateway/backends"
	"badgateway/harness"
	"badgateway/harness/nginx"
	"badgateway/harness/pod"
)

// websocket: requests that leave HTTP (RFC 6455). The probe opens a WebSocket;
// its messages must come back.
var websocket = []harness.Scenario{noUpgrade, idleTunnel, quietTunnel}

// live is the usual application: it sends every message back, and tells plain
// requests that they are none of its own (RFC 9110, 15.5.22).
func live(ping backends.WebSocket) backends.Script {
	return backends.Script{Status: http.StatusUpgradeRequired, Header: http.Header{"Upgrade": {"websocket"}}, WebSocket: &ping}
}

func liveApp(script backends.Script) []backends.Spec {
	return []backends.Spec{{Name: "app", Listen: "127.0.0.1:3000", Script: script}}
}

var noUpgrade = harness.Scenario{
	Name:  "websocket/no-upgrade",
	Title: "a WebSocket does not open: the application never learns that it was asked for one",
	Step:  "5",
	Claims: []harness.Claim{
		conditional("S5.4", "together with proxy_http_version 1.1 until nginx 1.29.6; without the lines the application sees a plain request and answers 426 or 400, not 502"),
	},
	Cause:    "a location without proxy_set_header Upgrade and Connection: pages work, the live part of them does not",
	Why:      "Upgrade and Connection concern one connection only (RFC 9110, 7.6.1), so a proxy drops them unless it is told to send its own",
	Backends: liveApp(live(backends.WebSocket{})),
	Probe:    pod.Request{Upgrade: &pod.Upgrade{}},
	Symptom: harness.Symptom{
		Client: pod.StatusOutcome(http.StatusUpgradeRequired), Requests: 2,
		Arrival: &harness.Arrival{Header: map[string]string{"Upgrade": "", "Sec-Websocket-Version": "^13$"}, Attempts: 1},
	},
	Fix: harness.Fix{
		Title:   "proxy_http_version 1.1, Upgrade $http_upgrade and Connection \"upgrade\" in that location",
		Arrival: &harness.Arrival{Header: map[string]string{"Upgrade": "^websocket$", "Connection": "^upgrade$"}, Attempts: 1},
	},
}

// silence is how long nobody sends anything in the tunnel, and heartbeat how
// often an application pings that has learned from it.
const (
	silence   = 1800 * ms
	heartbeat = 100 * ms
)

var idleTunnel = harness.Scenario{
	Name:  "websocket/idle",
	Title: "WebSockets are cut whenever nobody has said anything for a minute",
	Step:  "4",
	Claims: []harness.Claim{
		conditional("S4.6", "an hour only makes the cut rarer: nginx counts the silence of the application, and of the client only through its answers"),
		conditional("S4.3", "it bounds each pause between two reads, in an open WebSocket as well"),
	},
	Cause:    "an application without pings behind the default proxy_read_timeout of 60s; clients that reconnect at once hide it",
	Why:      "in the tunnel nginx goes on counting proxy_read_timeout from the last byte in either direction, and then closes both sides; the status in the access log is 101",
	Backends: liveApp(live(backends.WebSocket{Ping: heartbeat})),
	Probe:    pod.Request{Upgrade: &pod.Upgrade{Idle: silence}},
	Break:    harness.Break{Faults: behaves("app", live(backends.WebSocket{}))},
	Symptom:  harness.Symptom{Client: pod.TunnelCut, Log: []nginx.Signature{nginx.UpgradedTimedOut}},
	Fix: harness.Fix{
		Title:    "proxy_read_timeout 3600s in that location",
		Requests: 1,
		Traps: []harness.Trap{
			{Title: "proxy_socket_keepalive on: the kernel's probes are no data, and the first comes after two hours; the tunnel is cut all the same",
				Client: map[string]pod.Outcome{http.MethodGet: pod.TunnelCut}},
			{Title: "all other timeouts at an hour: in the tunnel proxy_read_timeout alone counts",
				Client: map[string]pod.Outcome{http.MethodGet: pod.TunnelCut}},
		},
	},
	Waits: 6600 * ms,
}

var quietTunnel = harness.Scenario{
	Name:  "websocket/quiet",
	Title: "an application sends no pings any more, and its WebSockets are cut",
	Step:  "4",
	Claims: []harness.Claim{
		conditional("S4.6", "needed only where the application does not ping: any frame within proxy_read_timeout keeps the tunnel open"),
	},
	Cause:    "a new version or a new library without heartbeat; nothing changed in nginx",
	Why:      "a ping of the application, and the pong that comes back, are bytes that begin the count of proxy_read_timeout anew",
	Backends: liveApp(live(backends.WebSocket{Ping: heartbeat})),
	Probe:    pod.Request{Upgrade: &pod.Upgrade{Idle: silence}},
	Break:    harness.Break{Faults: behaves("app", live(backends.WebSocket{}))},
	Symptom:  harness.Symptom{Client: pod.TunnelCut, Log: []nginx.Signature{nginx.UpgradedTimedOut}},
	Fix:      harness.Fix{Title: "let the application ping more often than proxy_read_timeout (30s for the default of 60s); nginx needs no change", Lift: true, Requests: 1},
	Waits:    4600 * ms,
}
