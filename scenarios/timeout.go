package scenarios

import (
	"badgateway/backends"
	"badgateway/harness"
	"badgateway/harness/nginx"
	"badgateway/harness/pod"
)

// timeout: the application or the way to it is too slow. Every one of these is
// a 504, and the runbook's 502 is not.
var timeout = []harness.Scenario{slowAnswer, slowConnect}

var slowAnswer = harness.Scenario{
	Name:     "timeout/slow-answer",
	Title:    "the application takes longer to answer than proxy_read_timeout",
	Step:     "4",
	Claims:   confirmed("W4", "S4.3", "S4.5", "C3", "R1", "R2"),
	Cause:    "a slow query, an overloaded application, or a report that really takes that long; curl to the application directly shows how long",
	Why:      "nginx waits proxy_read_timeout (60s by default) between two reads; when the header does not come in time it gives up with 504, not 502, while the application works on",
	Conf:     conf("timeout/slow-answer"),
	Backends: []backends.Spec{app("127.0.0.1:3000")},
	Methods:  readAndWrite,
	Break:    harness.Break{Faults: []pod.Fault{{Kind: pod.KindBehave, Target: "app", Script: backends.Script{Delay: 1500 * ms}}}},
	Symptom:  harness.Symptom{Client: pod.GatewayTimeout, Log: []nginx.Signature{nginx.ReadTimedOut}},
	Fix: harness.Fix{
		Title:    "proxy_read_timeout above the slowest answer, for that location",
		Conf:     conf("timeout/slow-answer.fix"),
		Requests: 1,
	},
	Waits: 3400 * ms,
}

var slowConnect = harness.Scenario{
	Name:     "timeout/slow-connect",
	Title:    "connections to the application time out, and a longer proxy_connect_timeout only lets clients wait longer",
	Step:     "4",
	Claims:   append(confirmed("R1", "R2"), conditional("S4.1", "against vanished packets a longer proxy_connect_timeout only makes the 504 later"), conditional("S3.5", "nginx goes on to the next server only for failures that proxy_next_upstream names, and never with a POST that was sent already")),
	Cause:    "packets to the server vanish (firewall, host off, full accept queue); someone has raised proxy_connect_timeout and the 504 has only become slower",
	Why:      "no answer to a SYN comes for waiting: the kernel repeats it after 1s, 3s, 7s and nginx gives up at proxy_connect_timeout, 504",
	Conf:     conf("timeout/slow-connect"),
	Backends: []backends.Spec{app("10.0.3.7:8080"), named("second", "10.0.3.8:8080")},
	Methods:  readAndWrite,
	Break: harness.Break{
		Conf:   conf("timeout/slow-connect.break"),
		Faults: []pod.Fault{{Kind: pod.KindDropSYN, Target: "app"}},
	},
	Symptom: harness.Symptom{Client: pod.GatewayTimeout, Log: []nginx.Signature{nginx.ConnectTimedOut}},
	Fix: harness.Fix{
		Title:  "a short proxy_connect_timeout and a second server to go on to",
		Conf:   conf("timeout/slow-connect.fix"),
		Masked: []nginx.Signature{nginx.ConnectTimedOut},
	},
	Waits: 2300 * ms,
}
