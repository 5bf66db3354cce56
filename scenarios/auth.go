package scenarios

import (
	"net/http"

	"badgateway/harness"
	"badgateway/harness/pod"
)

var authorization = harness.Scenario{
	Name:     "headers/authorization",
	Title:    "the application asks for a password that nginx does not give",
	Step:     "9",
	Claims:   []harness.Claim{conditional("S9.6", "the failure is the application's 401, never a 502; the directive mends it, and replaces what the client itself sends as Authorization")},
	Cause:    "the application was put behind Basic authentication, and nginx is its only client",
	Why:      "a 401 is a complete answer: nginx hands it on with its WWW-Authenticate and logs nothing",
	Backends: answering("Authorization", "^Basic Z2F0ZXdheTpzZWNyZXQ=$", 401, http.Header{"Www-Authenticate": {`Basic realm="app"`}}),
	Methods:  readAndWrite,
	Symptom:  harness.Symptom{Client: pod.StatusOutcome(401), Requests: 2, Arrival: seen("Authorization", "")},
	Fix: harness.Fix{
		Title:   `proxy_set_header Authorization "Basic BASE64-OF-USER:PASSWORD"`,
		Arrival: seen("Authorization", "^Basic "),
	},
}
