package scenarios

import (
	"net/http"

	"badgateway/backends"
	"badgateway/harness"
	"badgateway/harness/pod"
)

// websocket: requests that want to leave HTTP (RFC 6455, section 4.1).
var websocket = []harness.Scenario{noUpgrade}

// noUpgrade's application tells an upgrade from a plain request and answers it
// 200, where a WebSocket server says 101: what is proved is the way there.
var noUpgrade = harness.Scenario{
	Name:  "websocket/no-upgrade",
	Title: "a WebSocket does not open: the application never learns that it was asked for one",
	Step:  "5",
	Claims: []harness.Claim{
		conditional("S5.4", "together with proxy_http_version 1.1 until nginx 1.29.6; without the lines the application sees a plain request and answers 426 or 400, not 502"),
	},
	Cause:    "a location without proxy_set_header Upgrade and Connection: pages work, the live part of them does not",
	Why:      "Upgrade and Connection concern one connection only (RFC 9110, 7.6.1), so a proxy drops them unless it is told to send its own",
	Conf:     conf("websocket/no-upgrade"),
	Backends: []backends.Spec{{Name: "app", Listen: "127.0.0.1:3000", Script: upgradesOnly}},
	Probe: pod.Request{Header: http.Header{
		"Connection": {"Upgrade"}, "Upgrade": {"websocket"},
		"Sec-WebSocket-Version": {"13"}, "Sec-WebSocket-Key": {"dGhlIHNhbXBsZSBub25jZQ=="},
	}},
	Break: harness.Break{Conf: conf("websocket/no-upgrade.break")},
	Symptom: harness.Symptom{
		Client: pod.StatusOutcome(http.StatusUpgradeRequired), Requests: 2,
		Arrival: &harness.Arrival{Header: map[string]string{"Upgrade": "", "Sec-Websocket-Version": "^13$"}, Attempts: 1},
	},
	Fix: harness.Fix{
		Title:   "proxy_http_version 1.1, Upgrade $http_upgrade and Connection \"upgrade\" in that location",
		Conf:    conf("websocket/no-upgrade"),
		Arrival: &harness.Arrival{Header: map[string]string{"Upgrade": "^websocket$", "Connection": "^upgrade$"}, Attempts: 1},
	},
}

// upgradesOnly answers plain requests 426 (RFC 9110, 15.5.22).
var upgradesOnly = backends.Script{
	Status: http.StatusUpgradeRequired,
	Header: http.Header{"Upgrade": {"websocket"}},
	Rules:  []backends.Rule{{Field: "Upgrade", Value: "^websocket$", Status: http.StatusOK}},
}
