package scenarios

import (
	"net/http"

	"badgateway/backends"
	"badgateway/harness"
	"badgateway/harness/nginx"
	"badgateway/harness/pod"
)

var localhost = harness.Scenario{
	Name:  "upstream/localhost",
	Title: "localhost is two addresses, and the application listens on one of them",
	Step:  "3",
	Claims: []harness.Claim{
		conditional("W3", "one of two addresses of a name refuses: nginx goes on to the other, and only the log shows it"),
		conditional("S1.1", "the line names the address: http://[::1]:3000 where the application is at 127.0.0.1"),
	},
	Looks:    []harness.Look{with(named502, "S1.1", `http://\[::1\]:3000`, `http://\[::1\]:3000`)},
	Cause:    "localhost in proxy_pass or in an upstream block, and an application bound to 0.0.0.0 or 127.0.0.1",
	Why:      "the hosts file gives localhost ::1 and 127.0.0.1, which nginx takes for two servers: one refuses, is left out for 10 seconds, and is tried again; when the other fails once meanwhile there is none left",
	Files:    []pod.File{{Path: "/etc/host.conf", Data: []byte("multi on\n")}},             // as Debian has it
	Backends: []backends.Spec{app("127.0.0.1:3000"), named("other", "[2001:db8::7]:3000")}, // without another IPv6 address ::1 does not count
	Symptom:  steadily(pod.OK, nginx.ConnectRefused),
	Fix:      harness.Fix{Title: "127.0.0.1 in proxy_pass (or let the application listen on [::] too)"},
}

var loop = harness.Scenario{
	Name:  "upstream/loop",
	Title: "proxy_pass leads to nginx itself, in a circle",
	Step:  "3",
	Claims: []harness.Claim{
		conditional("W2", "a wrong port on which nginx itself listens is a 502 or 500, when all its connections are used up"),
		conditional("S2.3", "the port is open, as nginx has it; ss -tlnp says whose it is"),
	},
	Looks:   []harness.Look{{Claim: "S2.3", Command: "ss -tlnpH 'sport = :80'", Tools: []string{"ss"}, Broken: `"nginx"`, Fixed: `"nginx"`}},
	Cause:   "the application's port was taken for nginx's, or a name in proxy_pass leads back to this host (a public name, a split DNS)",
	Why:     "each request makes another one, until worker_connections is used up and the last one fails (502 when a connection can no longer be accepted, 500 when none can be made); other clients find no connection meanwhile",
	Symptom: steadily(pod.BadGateway, nginx.WorkerConnections, nginx.ReadReset),
	Fix: harness.Fix{
		Title: "the application's own address in proxy_pass, nginx -t, reload",
		Traps: []harness.Trap{{
			Title:  "worker_connections doubled: the circle is twice as long",
			Client: map[string]pod.Outcome{http.MethodGet: pod.BadGateway, http.MethodPost: pod.BadGateway},
		}},
	},
}

var oldVersion = harness.Scenario{
	Name:  "upstream/old-version",
	Title: "the application refuses HTTP/1.0, which nginx speaks by default",
	Step:  "4",
	Claims: []harness.Claim{
		conditional("S4.7", "proxy_http_version 1.1 is needed for more than keepalive: Envoy and Istio answer HTTP/1.0 with 426"),
		conditional("S2.2", "curl speaks HTTP/1.1 and gets its 200"),
	},
	Looks:    []harness.Look{with(directUpstream, "S2.2", `(?s)HTTP/1.1 200 OK.*ok from app`, `(?s)HTTP/1.1 200 OK.*ok from app`)},
	Cause:    "a service mesh or an Envoy was put before the application: 426 Upgrade Required for every request, and nothing in nginx's error log",
	Why:      "until 1.29.6 nginx asks in HTTP/1.0 unless proxy_http_version says otherwise; Envoy takes it only with accept_http_10",
	Backends: []backends.Spec{{Name: "app", Listen: "127.0.0.1:3000", Script: backends.Script{Rules: []backends.Rule{{Proto: `^HTTP/1\.0$`, Status: http.StatusUpgradeRequired}}}}},
	Symptom:  harness.Symptom{Client: pod.StatusOutcome(http.StatusUpgradeRequired), Requests: 2, Arrival: &harness.Arrival{Attempts: 1}},
	Fix:      harness.Fix{Title: "proxy_http_version 1.1 (and Connection \"\" for kept connections)"},
	Until:    "1.29.6",
}

var errorPage = harness.Scenario{
	Name:  "upstream/error-page",
	Title: "the standby in error_page is a location that does not exist: 500 instead of 502",
	Claims: []harness.Claim{
		conditional("W1", "with error_page the client sees what that leads to: here a 500, as its location is missing"),
		conditional("S1.2", "the access log says 500, and $upstream_status 502"),
	},
	Looks:    []harness.Look{{Claim: "S1.2", Command: `tail -n 1 /var/log/nginx/access.log`, Broken: ` 500 127\.0\.0\.1:3000 502 `, Fixed: ` 200 `}},
	Cause:    "a named location that was renamed or lost; nothing shows until the application fails for the first time",
	Why:      "nginx -t does not look for the locations that error_page names; when the application is down nginx finds none, and the failure of its own is a 500",
	Backends: []backends.Spec{app("127.0.0.1:3000"), named("standby", "127.0.0.1:3001")},
	Break:    harness.Break{Faults: down("app")},
	Symptom:  steadily(pod.ServerError, nginx.ConnectRefused, nginx.NoNamedLocation),
	Fix:      harness.Fix{Title: "the location that error_page names, with the standby in it", Masked: []nginx.Signature{nginx.ConnectRefused}},
}
