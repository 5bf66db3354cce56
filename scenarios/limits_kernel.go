package scenarios

import (
	"badgateway/backends"
	"badgateway/harness"
	"badgateway/harness/nginx"
	"badgateway/harness/pod"
)

var acceptQueue = harness.Scenario{
	Name:  "limits/accept-queue",
	Title: "the application accepts no more connections, and the kernel's queue in front of it is full",
	Step:  "9",
	Claims: append(confirmed("R1", "R2"),
		conditional("S9.9", "an application that accepts nothing is 504 after proxy_connect_timeout: its kernel drops the SYNs and refuses none"),
		conditional("S8.6", "the listener is there; Recv-Q above Send-Q says that its queue is full, and nstat counts TcpExtListenOverflows")),
	Looks:    []harness.Look{{Claim: "S8.6", Command: `ss -tlnH 'sport = :3000'`, Tools: []string{"ss"}, Broken: `LISTEN\s+1\s+0\s`, Fixed: `LISTEN\s+0\s`}},
	Cause:    "the application hangs (a lock, a full garbage collection, no free thread) or its backlog is smaller than its bursts",
	Why:      "the kernel answers no SYN while the accept queue is full (net.ipv4.tcp_abort_on_overflow is off), so nginx waits until proxy_connect_timeout ends: 504",
	Conf:     conf("limits/accept-queue"),
	Backends: []backends.Spec{app("127.0.0.1:3000")},
	Methods:  readAndWrite,
	Break:    harness.Break{Faults: []pod.Fault{{Kind: pod.KindBacklog, Target: "app"}}},
	Symptom:  harness.Symptom{Client: pod.GatewayTimeout, Log: []nginx.Signature{nginx.ConnectTimedOut}},
	Fix:      harness.Fix{Title: "let the application accept again (restart, more workers), then raise its backlog and net.core.somaxconn", Lift: true},
	Waits:    2000 * ms,
}
