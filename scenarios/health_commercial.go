package scenarios

import (
	"badgateway/harness"
	"badgateway/harness/nginx"
	"badgateway/harness/pod"
)

// commercial are directives that the open nginx does not know.
var commercial = []harness.Scenario{healthCheck, statusPage}

var healthCheck = harness.Scenario{
	Name:    "health/health-check",
	Title:   "health_check was configured on the open nginx, and it does not start any more",
	Claims:  confirmed("S8.2", "S1.6"),
	Cause:   "a recipe for the commercial edition: a reload keeps the old configuration, the next restart ends the service",
	Why:     "health_check is part of a module that only the commercial edition has; for the open one it is an unknown directive",
	Break:   harness.Break{Restart: true},
	Symptom: harness.Symptom{Client: pod.Refused, Log: []nginx.Signature{nginx.UnknownDirective}},
	Fix:     harness.Fix{Title: "remove it; max_fails and fail_timeout are what the open nginx has"},
}

var statusPage = harness.Scenario{
	Name:  "health/status-page",
	Title: "upstream_status was configured, and nginx does not start any more",
	Claims: append(confirmed("S1.6"),
		refuted("S8.4", "no nginx has a directive upstream_status: [emerg] unknown directive, and a restart does not come up")),
	Cause:   "a recipe that nobody tried; nginx -t would have told",
	Why:     "nginx refuses a configuration with a directive that none of its modules declares",
	Break:   harness.Break{Restart: true},
	Symptom: harness.Symptom{Client: pod.Refused, Log: []nginx.Signature{nginx.UnknownDirective}},
	Fix:     harness.Fix{Title: "remove it; $upstream_addr and $upstream_status in the access log tell the same"},
}
