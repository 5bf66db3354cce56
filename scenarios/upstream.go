package scenarios

import (
	"badgateway/backends"
	"badgateway/harness"
	"badgateway/harness/nginx"
	"badgateway/harness/pod"
)

// upstream: the application is not there, not where nginx looks for it, or
// ends the connection without an answer.
var upstream = family(harness.Scenario{Step: "2", Backends: []backends.Spec{app("127.0.0.1:3000")}, Methods: readAndWrite},
	refused, wrongPort, otherAddress, unreachable, blackhole, closesEarly, resets, localhost, loop, oldVersion, noFailover, masked, errorPage, authServerDown)

var refused = harness.Scenario{
	Name:  "upstream/refused",
	Title: "the application is down",
	Claims: append(confirmed("W1", "S1.2", "S2.5", "C1", "V1", "V4", "V6"),
		conditional("S1.1", `grep finds it with \| or -E (a bare bar finds nothing); 502 itself is never in the error log, and the lines stay after the fix`),
		conditional("S2.2", "curl's answer is nginx's too only if both ask under the same rules: a security policy on nginx does not bind curl"),
		conditional("S2.3", "tells open from refused; where packets vanish, nc without -w hangs for minutes"),
		refuted("S4.8", "shows what the files say: no default in force (60s each), and edits that were never loaded"),
		refuted("S7.6", "shows what the files say: no default in force (one page, 8 pages), and edits that were never loaded"),
		conditional("V2", "nginx -t checks the files alone: it is successful while nothing listens on the upstream's port"),
		conditional("V5", "the lines of before stay in the log: only new ones count"),
	),
	Looks:   append([]harness.Look{named502, barLiteral, access502, directUpstream, portOpen, writtenTimeouts, writtenBuffers}, verifyFix...),
	Cause:   "nothing listens on the address and port in proxy_pass: the application is stopped, crashed or still starting",
	Why:     "the kernel answers nginx's SYN with RST, connect() fails with 111 at once, and nginx has no other server to try",
	Break:   harness.Break{Faults: down("app")},
	Symptom: steadily(pod.BadGateway, nginx.ConnectRefused),
	Fix:     harness.Fix{Title: "start the application again; nginx needs no reload", Lift: true},
}

var wrongPort = harness.Scenario{
	Name:  "upstream/wrong-port",
	Title: "proxy_pass names a port on which nothing listens",
	Step:  "3",
	Claims: append(confirmed("W3", "S3.1", "S3.6", "S1.4", "C7", "V3"), conditional("V2", "nginx -t checks the files alone: it is successful while nothing listens on the upstream's port"),
		conditional("S2.1", "only for what stands in the file that is searched; nginx -T shows all files"),
		conditional("W2", "a refused or unreachable address is a 502, one whose packets vanish a 504")),
	Cause: "the port in proxy_pass is not the one the application listens on (compare with ss -tlnp)",
	Why:   "a port without a listener answers with RST, exactly as a stopped application does: the log line is the same, only its port tells",
	Looks: []harness.Look{testAndReload, with(configTest, "V2", "test is successful", "test is successful"), reloadAlone,
		{Claim: "S2.1", Command: `grep -E "proxy_pass|upstream" /etc/nginx/nginx.conf`, Broken: `proxy_pass http://127.0.0.1:3001;`, Fixed: `proxy_pass http://127.0.0.1:3000;`}},
	Symptom: harness.Symptom{Client: pod.BadGateway, Log: []nginx.Signature{nginx.ConnectRefused}},
	Fix:     harness.Fix{Title: "correct the port in proxy_pass, nginx -t, reload"},
}

var otherAddress = harness.Scenario{
	Name:   "upstream/other-address",
	Title:  "the application listens on 127.0.0.1 only, nginx asks for it on the network address",
	Step:   "3",
	Claims: append(confirmed("W3"), conditional("S2.4", "netstat or ss tells the address; systemctl, journalctl and ssh need a host that a pod is not")),
	Looks: []harness.Look{{Claim: "S2.4", Command: `netstat -tlnp | grep 8080`, Tools: []string{"netstat"}, Broken: `127\.0\.0\.1:8080 .*LISTEN`, Fixed: `127\.0\.0\.1:8080 .*LISTEN`},
		{Claim: "S2.4", Command: `ss -tlnp | grep 8080`, Tools: []string{"ss"}, Broken: `\A[^\n]*127\.0\.0\.1:8080[^\n]*\z`, Fixed: `\A[^\n]*127\.0\.0\.1:8080[^\n]*\z`}},
	Cause:    "the application was bound to 127.0.0.1; ss -tlnp shows the port open, but on another address than proxy_pass names",
	Why:      "a listener on one address does not answer for the others of the same host: the kernel refuses the connection",
	Backends: []backends.Spec{app("10.0.3.7:8080"), named("local", "127.0.0.1:8080")},
	Break:    harness.Break{Faults: down("app")},
	Symptom:  harness.Symptom{Client: pod.BadGateway, Log: []nginx.Signature{nginx.ConnectRefused}},
	Fix: harness.Fix{
		Title: "proxy_pass to the address the application is bound to (or bind it to 0.0.0.0)",
	},
}

var unreachable = harness.Scenario{
	Name:     "upstream/unreachable",
	Title:    "proxy_pass names an address that no host answers for",
	Step:     "3",
	Claims:   append(confirmed("C2", "C7"), conditional("S2.3", "here nc says no route to host, as nginx does"), conditional("W2", "a refused or unreachable address is a 502, one whose packets vanish a 504")),
	Cause:    "the address in proxy_pass is wrong or stale: no machine on that network has it",
	Why:      "nobody answers ARP, or a router says host unreachable: connect() fails with 113 and nginx answers 502",
	Backends: []backends.Spec{app("10.0.3.7:8080")},
	Looks:    []harness.Look{with(harness.Look{Command: `nc -zv 10.0.3.70 8080`, Tools: []string{"nc"}}, "S2.3", "No route to host", "No route to host")},
	Break: harness.Break{
		Faults: []pod.Fault{{Kind: pod.KindUnreach, Target: "10.0.3.70:8080"}},
	},
	Symptom: harness.Symptom{Client: pod.BadGateway, Log: []nginx.Signature{nginx.ConnectUnreachable}},
	Fix:     harness.Fix{Title: "correct the address in proxy_pass, nginx -t, reload"},
}

var blackhole = harness.Scenario{
	Name:     "upstream/blackhole",
	Title:    "packets to the address in proxy_pass vanish: a firewall drops them",
	Step:     "3",
	Claims:   append(confirmed("R1", "R2"), conditional("S2.3", "where packets vanish nc without -w hangs: that is the answer"), conditional("W2", "a refused or unreachable address is a 502, one whose packets vanish a 504")),
	Cause:    "a firewall or security group drops what nginx sends, or the host is off: nc hangs where it would otherwise be refused",
	Why:      "no answer comes to the SYN, so connect() waits until proxy_connect_timeout (60s by default) and the client gets 504, not 502",
	Backends: []backends.Spec{app("10.0.3.7:8080")},
	Looks:    []harness.Look{{Claim: "S2.3", Command: `timeout 1 nc -zv 10.0.9.9 8080; echo "exit $?"`, Tools: []string{"nc", "timeout"}, Broken: `^exit 124$`, Fixed: `^exit 124$`}},
	Break: harness.Break{
		Faults: []pod.Fault{{Kind: pod.KindDropSYN, Target: "10.0.9.9:8080"}},
	},
	Symptom: harness.Symptom{Client: pod.GatewayTimeout, Log: []nginx.Signature{nginx.ConnectTimedOut}},
	Fix:     harness.Fix{Title: "proxy_pass to an address that answers (or open the firewall), nginx -t, reload"},
	Waits:   800 * ms,
}

var closesEarly = harness.Scenario{
	Name:    "upstream/closes-early",
	Title:   "the application takes the request and closes without an answer",
	Claims:  append(confirmed("W7", "S2.5"), conditional("S1.3", "only an nginx built --with-debug (Debian's is) writes [debug] lines; others take the directive and say no more than before")),
	Looks:   []harness.Look{debugLog},
	Cause:   "a worker of the application dies or is killed while it works on the request (timeout, out of memory, crash): read its own log",
	Why:     "nginx has sent the request and reads end of file where the response header should be; nothing in nginx can mend that",
	Break:   harness.Break{Faults: behaves("app", backends.Script{Action: backends.CloseNoAnswer})},
	Symptom: steadily(pod.BadGateway, nginx.PrematureClose),
	Fix:     harness.Fix{Title: "mend the application (its log, memory, worker timeout) and restart it", Lift: true},
}

var resets = harness.Scenario{
	Name:  "upstream/resets",
	Title: "the connection is reset after the request was sent",
	Claims: []harness.Claim{
		conditional("W7", "an end by RST is logged as recv() failed (104), not as prematurely closed"),
		conditional("S9.9", "an application that breaks connections off is a 502; one that answers 503 is a 503"),
	},
	Cause:   "the application or something before it aborts the connection: a full worker pool, a killed worker with unread data, a protocol mismatch",
	Why:     "nginx reads RST where the response header should be: recv() fails with 104",
	Break:   harness.Break{Faults: []pod.Fault{{Kind: pod.KindResetPeer, Target: "app"}}},
	Symptom: steadily(pod.BadGateway, nginx.ReadReset),
	Fix:     harness.Fix{Title: "find who resets (application log, packet capture) and mend it there", Lift: true},
}

var noFailover = harness.Scenario{
	Name:     "upstream/no-failover",
	Title:    "one of three servers is down, and a third of the requests fail",
	Step:     "3",
	Claims:   append([]harness.Claim{conditional("S1.7", "only in those two places: a block in another included file is seen by nginx -T alone")}, goesOnIf),
	Cause:    "proxy_next_upstream off: every request that round robin gives to the dead server is answered 502",
	Why:      "three servers alone survive nothing; it is proxy_next_upstream (error timeout by default) that passes a request on to the next one",
	Backends: threeServers,
	Looks:    []harness.Look{{Claim: "S1.7", Command: `grep -A 10 "upstream" /etc/nginx/nginx.conf`, Broken: `(?s)upstream app \{.*server 127.0.0.1:3001`, Fixed: `(?s)upstream app \{.*server 127.0.0.1:3001`}},
	Break:    harness.Break{Faults: down("app2")},
	Symptom:  harness.Symptom{Client: pod.BadGateway, Log: []nginx.Signature{nginx.ConnectRefused}, Requests: 2, Of: 6},
	Fix: harness.Fix{
		Title:    "remove proxy_next_upstream off: a refused connection then goes on to the next server, for a POST too (nothing was sent yet)",
		Masked:   []nginx.Signature{nginx.ConnectRefused},
		Requests: 6,
	},
}

var masked = harness.Scenario{
	Name:  "upstream/masked",
	Title: "one of three servers is down and no client notices",
	Step:  "3",
	Claims: append([]harness.Claim{conditional("S8.5", "only with netcat-openbsd, whose word is succeeded, and it tells of the port, not of the application behind it"),
		conditional("S8.6", "only on the host of the servers"), conditional("S1.1", "nothing says 502 here, and the error log has the dead server's line")}, goesOnIf),
	Cause:    "a dead server behind failover: clients see 200, only the error log and $upstream_status show it",
	Why:      "nginx passes the request on after the refused connection; each dead server more costs another attempt, and the last failure is no longer masked",
	Backends: threeServers,
	Looks:    []harness.Look{portLoop, listeners, named502},
	Break:    harness.Break{Faults: down("app2")},
	Symptom:  harness.Symptom{Client: pod.OK, Log: []nginx.Signature{nginx.ConnectRefused}, Requests: 3},
	Fix:      harness.Fix{Title: "start the dead server again, before a second one fails", Lift: true},
}

var threeServers = []backends.Spec{named("app1", "127.0.0.1:3000"), named("app2", "127.0.0.1:3001"), named("app3", "127.0.0.1:3002")}
