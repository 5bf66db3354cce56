package scenarios

import (
	"badgateway/backends"
	"badgateway/harness"
	"badgateway/harness/nginx"
	"badgateway/harness/pod"
)

// scgi: the application is an SCGI server.
var scgi = []harness.Scenario{scgiNoParams}

var scgiNoParams = harness.Scenario{
	Name:     "scgi/no-params",
	Title:    "scgi_pass without scgi_params: the application learns neither method nor path",
	Step:     "3",
	Claims:   confirmed("W7"),
	Cause:    "the line include scgi_params was left out; the same happens with uwsgi_pass and uwsgi_params, fastcgi_pass and fastcgi_params",
	Why:      "nginx sends the request's headers and its length by itself, and no REQUEST_METHOD: the application fails and closes without an answer",
	Backends: []backends.Spec{{Name: "app", Listen: "127.0.0.1:4000", Protocol: backends.SCGI}},
	Methods:  readAndWrite,
	Symptom:  steadily(pod.BadGateway, nginx.PrematureClose),
	Fix:      harness.Fix{Title: "include scgi_params in that location, nginx -t, reload"},
}
