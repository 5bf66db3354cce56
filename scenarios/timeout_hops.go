package scenarios

import (
	"badgateway/backends"
	"badgateway/harness"
	"badgateway/harness/nginx"
	"badgateway/harness/pod"
)

var otherHop = harness.Scenario{
	Name:    "timeout/other-hop",
	Title:   "the gateway's timeout was raised, and the hop in front of it still cuts",
	Methods: readOnly,
	Claims: []harness.Claim{
		conditional("S4.3", "the shortest timeout on the way counts: a balancer, a CDN or the client in front cuts first, and this nginx logs 499"),
		conditional("S1.2", "the gateway that was cut off logs 499, which no client has seen"),
	},
	Looks:   []harness.Look{{Claim: "S1.2", Command: `grep -c '" 499 ' /var/log/nginx/access.log`, Broken: `^[1-9]`, Fixed: `^[1-9]`}},
	Cause:   "every failure takes the same round time (30s, 60s, 100s) that is not in this nginx's configuration; compare the times of all hops",
	Why:     "each hop counts by itself; the one that gives up first answers 504 and closes, and the one behind it sees a client that went away: 499",
	Break:   harness.Break{Faults: behaves("app", backends.Slow(1000*ms))},
	Symptom: harness.Symptom{Client: pod.GatewayTimeout, Log: []nginx.Signature{nginx.ReadTimedOut, nginx.ClientGone}, Arrival: &harness.Arrival{Attempts: 1}},
	Fix: harness.Fix{
		Title:    "raise the timeout of the hop that cuts; from the client inwards each hop waits less than the one before",
		Requests: 1,
	},
	Waits: 1500 * ms,
}

var anHour = harness.Scenario{
	Name:    "timeout/an-hour",
	Title:   "proxy_read_timeout 3600s for every request: a server that hangs is never found out",
	Methods: readOnly,
	Claims: []harness.Claim{
		conditional("S4.6", "in the location of the WebSocket alone: for all others an hour hides a server that hangs, and its clients wait"),
		conditional("S4.5", "a timeout is how failover finds a server that hangs: what is added to it every client of that server waits"),
		conditional("S1.1", "nothing is logged before the timeout is over"),
	},
	Looks:    []harness.Look{with(named502, "S1.1", `^$`, `while reading response header from upstream`)},
	Cause:    "the runbook's timeout for WebSockets in the http or server block; one of the servers hangs, and half of the pages load without end",
	Why:      "a server that takes connections and says nothing fails only by its timeout; until then nginx neither logs a line nor asks the next server",
	Backends: twoServers,
	Probe:    pod.Request{Limit: 2500 * ms},
	Break:    harness.Break{Faults: behaves("app1", backends.Mute())},
	Symptom:  harness.Symptom{Client: pod.Hung, Arrival: &harness.Arrival{Reached: map[string]int{"app1": 1, "app2": 0}}},
	Fix: harness.Fix{
		Title:    "3600s in the location of the WebSocket, and for the rest a timeout just above the slowest answer",
		Masked:   []nginx.Signature{nginx.ReadTimedOut},
		Requests: 2,
	},
	Waits: 4500 * ms,
}
