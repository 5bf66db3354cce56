package scenarios

import (
	"net/http"

	"badgateway/backends"
	"badgateway/harness"
	"badgateway/harness/nginx"
	"badgateway/harness/pod"
)

// names: what proxy_pass calls the upstream does not lead to it.
var names = family(harness.Scenario{Step: "3", Backends: []backends.Spec{app("127.0.0.1:3000")}, Methods: readAndWrite},
	missingBlock, noScheme, emptyVariable, prefix, conflictingServer, redirectCycle)

var missingBlock = harness.Scenario{
	Name:  "names/missing-block",
	Title: "proxy_pass names an upstream block that does not exist, and nginx does not start",
	Claims: append(confirmed("S3.3", "S1.6"),
		conditional("S1.5", "ps tells, without the lines of grep itself; systemctl only where systemd runs nginx, as no pod does: active (running) also while every answer is a 502")),
	Looks: []harness.Look{service, with(processes, "S1.5", `\A([^\n]*(grep|badgateway)[^\n]*(\n|\z))+\z`, `nginx: master process`),
		with(configTest, "S1.6", `(?s)\[emerg\] .*host not found in upstream.*test failed`, `test is successful`)},
	Cause:   "the upstream block was renamed, lost or not included; a running nginx goes on until the next restart or reboot",
	Why:     "without a block of that name it is a host name, resolved at start-up: not found is [emerg], and every server of this nginx is down, not one location",
	Break:   harness.Break{Restart: true},
	Symptom: harness.Symptom{Client: pod.Refused, Log: []nginx.Signature{nginx.HostNotFound}},
	Fix:     harness.Fix{Title: "add the upstream block (nginx -t names file and line), start nginx"},
}

var noScheme = harness.Scenario{
	Name:  "names/no-scheme",
	Title: "the address in a variable has no scheme, and every request is a 500",
	Claims: []harness.Claim{
		conditional("S3.4", "the variable must hold the scheme too: without http:// it is a 500, which nginx -t does not find"),
		conditional("S1.6", "of a value in a variable it says nothing"),
	},
	Looks:   []harness.Look{with(configTest, "S1.6", "test is successful", "test is successful")},
	Cause:   "set $upstream 127.0.0.1:3000 and proxy_pass $upstream; written as proxy_pass 127.0.0.1:3000 nginx -t would have refused it",
	Why:     "the value is read for each request; one that does not begin with http:// or https:// leads nowhere, and nginx has asked nobody: 500",
	Symptom: steadily(pod.ServerError, nginx.BadScheme),
	Fix:     harness.Fix{Title: "http:// in the variable, or in front of it in proxy_pass"},
}

var prefix = harness.Scenario{
	Name:  "names/prefix",
	Title: "a slash is missing at the end of proxy_pass, and every page is not found",
	Claims: []harness.Claim{
		conditional("S3.1", "the port may be right and the URI behind it wrong: that is the application's 404, and no line in the error log"),
	},
	Cause:    "proxy_pass http://app:3000 in location /api/ where http://app:3000/ is meant: curl to the application's own path works",
	Why:      "a URI in proxy_pass, a slash alone too, takes the place of the location's prefix; without one the application is asked for /api/status as it came",
	Backends: []backends.Spec{{Name: "app", Listen: "127.0.0.1:3000", Script: backends.Script{Status: http.StatusNotFound, Rules: []backends.Rule{{Target: "^/status$"}}}}},
	Probe:    pod.Request{URL: "/api/status"},
	Symptom:  harness.Symptom{Client: pod.StatusOutcome(http.StatusNotFound), Requests: 2, Arrival: &harness.Arrival{Target: "^/api/status$", Attempts: 1}},
	Fix: harness.Fix{
		Title:   "a slash at the end of both, location /api/ and proxy_pass http://app:3000/",
		Arrival: &harness.Arrival{Target: "^/status$", Attempts: 1},
		Traps: []harness.Trap{{
			Title:  "a slash in proxy_pass and none in location /api: the application is asked for //status",
			Client: map[string]pod.Outcome{http.MethodGet: pod.StatusOutcome(http.StatusNotFound), http.MethodPost: pod.StatusOutcome(http.StatusNotFound)},
		}},
	},
}
