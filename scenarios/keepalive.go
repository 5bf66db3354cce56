package scenarios

import (
	"badgateway/backends"
	"badgateway/harness"
	"badgateway/harness/pod"
)

// keepalive: connections between nginx and the application, used again or not.
var keepalive = []harness.Scenario{noKeepalive, keepaliveByDefault}

var noKeepalive = harness.Scenario{
	Name:  "keepalive/none",
	Title: "keepalive is configured, and every request opens a connection all the same",
	Step:  "4",
	Claims: []harness.Claim{
		conditional("S4.7", "all three lines are needed until nginx 1.29.6; keepalive alone changes nothing"),
	},
	Cause:    "keepalive 32 in the upstream block without proxy_http_version 1.1 and an empty Connection header in the location",
	Why:      "nginx before 1.29.7 asks in HTTP/1.0 with Connection: close, so the application closes after each answer and nothing is left to keep",
	Conf:     conf("keepalive/none"),
	Backends: []backends.Spec{app("127.0.0.1:3000")},
	Methods:  readAndWrite,
	Break:    harness.Break{Conf: conf("keepalive/none.break")},
	Symptom: harness.Symptom{
		Client: pod.OK, Requests: 3,
		Arrival: &harness.Arrival{Header: map[string]string{"Connection": "^close$"}, Conns: 6, Attempts: 1},
	},
	Fix: harness.Fix{
		Title:   "proxy_http_version 1.1 and proxy_set_header Connection \"\" beside keepalive 32",
		Conf:    conf("keepalive/none"),
		Arrival: &harness.Arrival{Header: map[string]string{"Connection": ""}, Conns: 1, Attempts: 1},
	},
	Until: "1.29.6",
}

var keepaliveByDefault = harness.Scenario{
	Name:  "keepalive/default",
	Title: "nginx keeps connections by default, and one header line from an old recipe ends that",
	Step:  "4",
	Claims: []harness.Claim{
		conditional("S4.7", "since nginx 1.29.7 none of the three lines is needed; Connection close still undoes them"),
	},
	Cause:    "proxy_set_header Connection close (or \"upgrade\" for every request) in a configuration that is older than the default",
	Why:      "since 1.29.7 nginx speaks HTTP/1.1 and keeps 32 connections per upstream block; the application closes when it is told to",
	Conf:     conf("keepalive/default"),
	Backends: []backends.Spec{app("127.0.0.1:3000")},
	Methods:  readAndWrite,
	Break:    harness.Break{Conf: conf("keepalive/default.break")},
	Symptom: harness.Symptom{
		Client: pod.OK, Requests: 3,
		Arrival: &harness.Arrival{Header: map[string]string{"Connection": "^close$"}, Conns: 6, Attempts: 1},
	},
	Fix: harness.Fix{
		Title:   "remove the line: the default keeps connections",
		Conf:    conf("keepalive/default"),
		Arrival: &harness.Arrival{Header: map[string]string{"Connection": ""}, Conns: 1, Attempts: 1},
	},
	Since: "1.29.7",
}
