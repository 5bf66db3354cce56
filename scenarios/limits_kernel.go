package scenarios

import (
	"net/http"

	"badgateway/harness"
	"badgateway/harness/nginx"
	"badgateway/harness/pod"
)

var acceptQueue = harness.Scenario{
	Name:  "limits/accept-queue",
	Title: "the application accepts no more connections, and the kernel's queue in front of it is full",
	Claims: append(confirmed("R1", "R2"),
		conditional("S9.9", "an application that accepts nothing is 504 after proxy_connect_timeout: its kernel drops the SYNs and refuses none"),
		conditional("S8.6", "the listener is there; Recv-Q above Send-Q says that its queue is full, and nstat counts TcpExtListenOverflows")),
	Looks:   []harness.Look{{Claim: "S8.6", Command: `ss -tlnH 'sport = :3000'`, Tools: []string{"ss"}, Broken: `LISTEN\s+1\s+0\s`, Fixed: `LISTEN\s+0\s`}},
	Cause:   "the application hangs (a lock, a full garbage collection, no free thread) or its backlog is smaller than its bursts",
	Why:     "the kernel answers no SYN while the accept queue is full (net.ipv4.tcp_abort_on_overflow is off), so nginx waits until proxy_connect_timeout ends: 504",
	Break:   harness.Break{Faults: []pod.Fault{{Kind: pod.KindBacklog, Target: "app"}}},
	Symptom: harness.Symptom{Client: pod.GatewayTimeout, Log: []nginx.Signature{nginx.ConnectTimedOut}},
	Fix:     harness.Fix{Title: "let the application accept again (restart, more workers), then raise its backlog and net.core.somaxconn", Lift: true},
	Waits:   2000 * ms,
}

// Of 16 ports one is the backend's own listener's, one the connection's that
// was kept while healthy and is then forgotten for 60 seconds.
var ephemeralPorts = harness.Scenario{
	Name:    "limits/ephemeral-ports",
	Title:   "nginx has no local port left for another connection to the application",
	Methods: readOnly,
	Claims: []harness.Claim{
		conditional("S9.9", "the ports of nginx's own host are used up: the application is idle and does not know"),
	},
	Cause:   "a connection for each request: each closed one keeps its port for 60s (TIME_WAIT), and net.ipv4.ip_local_port_range has 28,000 by default, for each address of the application",
	Why:     "connect() finds no port towards that address: errno 99, [crit], 502 at once; ss -tan state time-wait counts them",
	Sysctls: map[string]string{"net.ipv4.ip_local_port_range": "20000 20015", "net.ipv4.tcp_tw_reuse": "0"},
	Break: harness.Break{
		Faults: []pod.Fault{{Kind: pod.KindSlowClose, Target: "app", Duration: 2000 * ms}}, // nginx closes first
	},
	Symptom: harness.Symptom{Client: pod.BadGateway, Log: []nginx.Signature{nginx.ConnectNoPorts}, Requests: 6, Of: 20},
	Fix: harness.Fix{
		Title:    "keepalive: twenty requests take one port; until the old ports are free, proxy_bind takes those of a second address",
		Requests: 20,
		Arrival:  &harness.Arrival{Conns: 1},
		Traps: []harness.Trap{{
			Title:  "proxy_bind to a second address alone: it works, for as many requests more",
			Client: map[string]pod.Outcome{http.MethodGet: pod.OK},
		}},
	},
}

var openFiles = harness.Scenario{
	Name:  "limits/open-files",
	Title: "a worker has no file descriptor left for the upstream",
	Claims: []harness.Claim{
		conditional("S9.9", "file descriptors that run out in nginx are 500, and clients that wait in the accept queue; the application is idle and does not know"),
	},
	Cause:   "a worker may have as many files as LimitNOFILE of the unit (1024 by default) or ulimit -n says: idle clients, upstream connections, logs and temporary files are all counted",
	Why:     "the client's connection took the last descriptor, so socket() for the upstream fails: errno 24, [alert], 500; with none left at all it is accept4(), [crit], and clients wait",
	Limits:  pod.Limits{OpenFiles: 64},
	Break:   harness.Break{Faults: []pod.Fault{{Kind: pod.KindClients, Target: "127.0.0.1:80"}}},
	Symptom: harness.Symptom{Client: pod.ServerError, Log: []nginx.Signature{nginx.NoDescriptors}, Requests: 3},
	Fix: harness.Fix{
		Title: "worker_rlimit_nofile at twice worker_connections (or LimitNOFILE in the unit); a reload is enough",
		Traps: []harness.Trap{{
			Title:  "worker_connections raised alone: it counts connections and gives no descriptors",
			Client: map[string]pod.Outcome{http.MethodGet: pod.ServerError, http.MethodPost: pod.ServerError},
		}},
	},
}
