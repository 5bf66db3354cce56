package scenarios

import (
	"net/http"

	"badgateway/backends"
	"badgateway/harness"
	"badgateway/harness/nginx"
	"badgateway/harness/pod"
)

// timeout: the application or the way to it is too slow. nginx answers 504,
// and the runbook's 502 is not.
var timeout = family(harness.Scenario{Step: "4", Backends: []backends.Spec{app("127.0.0.1:3000")}, Methods: readAndWrite},
	slowAnswer, slowConnect, slowUpload, bodyStall, ownTimeout, otherHop, anHour, retriesMultiply)

var slowAnswer = harness.Scenario{
	Name:    "timeout/slow-answer",
	Title:   "the application takes longer to answer than proxy_read_timeout",
	Claims:  confirmed("W4", "S4.3", "S4.5", "C3", "R1", "R2"),
	Cause:   "a slow query, an overloaded application, or a report that really takes that long; curl to the application directly shows how long",
	Why:     "nginx waits proxy_read_timeout (60s by default) between two reads; when the header does not come in time it gives up with 504, not 502, while the application works on",
	Break:   harness.Break{Faults: behaves("app", backends.Script{Delay: 1000 * ms})},
	Symptom: harness.Symptom{Client: pod.GatewayTimeout, Log: []nginx.Signature{nginx.ReadTimedOut}},
	Fix: harness.Fix{
		Title:    "proxy_read_timeout above the slowest answer, for that location",
		Requests: 1,
	},
	Waits: 3000 * ms,
}

var slowConnect = harness.Scenario{
	Name:     "timeout/slow-connect",
	Title:    "connections to the application time out, and a longer proxy_connect_timeout only lets clients wait longer",
	Claims:   append(confirmed("R1", "R2"), conditional("S4.1", "against vanished packets a longer proxy_connect_timeout only makes the 504 later"), goesOnIf),
	Cause:    "packets to the server vanish (firewall, host off, full accept queue); someone has raised proxy_connect_timeout and the 504 has only become slower",
	Why:      "no answer to a SYN comes for waiting: the kernel repeats it after 1s, 3s, 7s and nginx gives up at proxy_connect_timeout, 504",
	Backends: []backends.Spec{app("10.0.3.7:8080"), named("second", "10.0.3.8:8080")},
	Break: harness.Break{
		Faults: []pod.Fault{{Kind: pod.KindDropSYN, Target: "app"}},
	},
	Symptom: harness.Symptom{Client: pod.GatewayTimeout, Log: []nginx.Signature{nginx.ConnectTimedOut}},
	Fix: harness.Fix{
		Title:  "a short proxy_connect_timeout and a second server to go on to",
		Masked: []nginx.Signature{nginx.ConnectTimedOut},
	},
	Waits: 2300 * ms,
}

var slowUpload = harness.Scenario{
	Name:  "timeout/send",
	Title: "the application stops reading a large upload",
	Claims: append(confirmed("R1", "R2"),
		conditional("S4.2", "it bounds each pause between two writes, and only once the kernel's buffers (megabytes) are full: a small request never meets it")),
	Cause:    "the application is busy or stuck before it has read the request body, or the way to it is very slow",
	Why:      "the kernel takes what fits into the socket buffers; when nothing more goes out for proxy_send_timeout, nginx gives up while sending request to upstream: 504",
	Backends: []backends.Spec{app("127.0.0.1:3000"), named("second", "127.0.0.1:3001")},
	Probe:    pod.Request{BodyBytes: 16 << 20},
	Methods:  []string{http.MethodPost},
	Break:    harness.Break{Faults: []pod.Fault{{Kind: pod.KindBandwidth, Target: "app", Upstream: true, Bytes: 1000}}},
	Symptom:  harness.Symptom{Client: pod.GatewayTimeout, Log: []nginx.Signature{nginx.SendTimedOut}},
	Fix: harness.Fix{
		Title:    "send uploads to a server that reads them as they come; a longer proxy_send_timeout only makes the 504 later",
		Requests: 2,
	},
	Waits: 1500 * ms,
}

var bodyStall = harness.Scenario{
	Name:    "timeout/body-stall",
	Title:   "the answer begins, pauses for longer than proxy_read_timeout, and is cut off",
	Methods: readOnly,
	Claims: []harness.Claim{
		conditional("W4", "inside the body the line ends while reading upstream, and the client has a 200 that is cut short"),
		conditional("S4.3", "it bounds each pause between two reads, not the whole answer; inside the body it cuts a 200 short"),
	},
	Cause:    "an export or a stream that computes between two parts of its answer",
	Why:      "the status 200 has been sent when the pause outlasts proxy_read_timeout: nginx can only close, and the access log says 200",
	Backends: []backends.Spec{{Name: "app", Listen: "127.0.0.1:3000", Script: backends.BigBody(5000)}},
	Break:    harness.Break{Faults: []pod.Fault{{Kind: pod.KindSlicer, Target: "app", Bytes: 3000, Duration: 1600 * ms}}},
	Symptom:  harness.Symptom{Client: pod.TruncatedBody, Log: []nginx.Signature{nginx.BodyTimedOut}},
	Fix: harness.Fix{
		Title:    "proxy_read_timeout above the longest pause",
		Requests: 1,
	},
	Waits: 2800 * ms,
}

var ownTimeout = harness.Scenario{
	Name:    "timeout/inherited",
	Title:   "the timeouts were raised in the http block, and one location still times out",
	Methods: readOnly,
	Claims: []harness.Claim{
		conditional("S4.4", "they apply to every server and location that sets no value of its own"),
	},
	Cause: "a location (or an included file) with a proxy_read_timeout of its own: nginx -T | grep timeout shows both",
	Why:   "a directive of the inner block replaces the one of the outer block, whichever is larger",
	Break: harness.Break{
		Faults: []pod.Fault{{Kind: pod.KindBehave, Target: "app", Script: backends.Slow(1100 * ms)}},
	},
	Symptom: harness.Symptom{Client: pod.GatewayTimeout, Log: []nginx.Signature{nginx.ReadTimedOut}},
	Fix: harness.Fix{
		Title:    "remove the location's own value, so that it inherits the one of the http block",
		Requests: 1,
	},
	Waits: 1600 * ms,
}

var retriesMultiply = harness.Scenario{
	Name:    "timeout/retries-multiply",
	Title:   "two of three servers hang, and clients wait for one timeout after the other",
	Methods: readOnly,
	Claims: []harness.Claim{
		conditional("S4.5", "proxy_read_timeout counts per server: with failover a client waits for as many timeouts as servers hang"),
		goesOnIf,
	},
	Cause:    "a long proxy_read_timeout together with failover: the client gives up before nginx reaches the server that answers",
	Why:      "a timeout is a failure that proxy_next_upstream passes on: two hanging servers cost two timeouts before the third is asked",
	Backends: threeServers,
	Probe:    pod.Request{Limit: 2500 * ms},
	Break: harness.Break{Faults: []pod.Fault{
		{Kind: pod.KindBehave, Target: "app1", Script: backends.Mute()},
		{Kind: pod.KindBehave, Target: "app2", Script: backends.Mute()},
	}},
	Symptom: harness.Symptom{Client: pod.Hung, Log: []nginx.Signature{nginx.ReadTimedOut}},
	Fix: harness.Fix{
		Title:    "a proxy_read_timeout that, times the number of servers, is less than a client waits",
		Masked:   []nginx.Signature{nginx.ReadTimedOut},
		Requests: 2,
		Arrival:  &harness.Arrival{Attempts: 3},
	},
	Waits: 5300 * ms,
}
