package scenarios

import (
	"badgateway/backends"
	"badgateway/harness"
	"badgateway/harness/nginx"
	"badgateway/harness/pod"
)

var authServerDown = harness.Scenario{
	Name:  "upstream/auth-server-down",
	Title: "the server that auth_request asks is down, and nobody gets in",
	Step:  "9",
	Claims: []harness.Claim{
		conditional("W1", "behind auth_request the client sees 500: the 502 of the authentication server is only in the log line"),
		conditional("S1.2", "here the access log says 500; a search for 502 finds nothing"),
		conditional("S9.6", "with auth_request nginx itself needs an authentication server, whose failure is a 500 although the application is well"),
	},
	Cause:    "the authentication server is stopped or overloaded; the application behind the same location is well, and is not asked",
	Why:      "auth_request lets 2xx in and hands 401 and 403 on; any other answer, a 502 for a refused connection among them, is unexpected and becomes 500",
	Backends: []backends.Spec{app("127.0.0.1:3000"), named("auth1", "127.0.0.1:4000"), named("auth2", "127.0.0.1:4001")},
	Looks:    []harness.Look{with(access502, "S1.2", `^$`, `^$`)},
	Break:    harness.Break{Faults: down("auth1")},
	Symptom: harness.Symptom{
		Client: pod.ServerError, Log: []nginx.Signature{nginx.ConnectRefused, nginx.AuthUnexpected}, Requests: 2,
	},
	Fix: harness.Fix{
		Title:  "a second authentication server in the upstream block that auth_request leads to",
		Masked: []nginx.Signature{nginx.ConnectRefused},
	},
	Modules: []string{"http_auth_request_module"},
}
