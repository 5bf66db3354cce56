package scenarios

import (
	"badgateway/backends"
	"badgateway/harness"
	"badgateway/harness/nginx"
	"badgateway/harness/pod"
)

var emptyVariable = harness.Scenario{
	Name:  "names/empty-variable",
	Title: "the variable in proxy_pass is empty for some hosts, and they get a 500",
	Claims: []harness.Claim{
		conditional("S3.4", "a variable that is empty for a request is a 500: a map needs a default"),
		conditional("S1.6", "of a value in a variable it says nothing"),
	},
	Looks:   []harness.Look{with(configTest, "S1.6", "test is successful", "test is successful")},
	Cause:   "a map (or a regular expression's capture) without a default, and a host name that is not in it",
	Why:     "http:// and a port without a host is no address: nginx logs no host in upstream and asks nobody",
	Probe:   shop,
	Symptom: steadily(pod.ServerError, nginx.NoHost),
	Fix:     harness.Fix{Title: "a default in the map (an application, or a server that answers 404)"},
}

var conflictingServer = harness.Scenario{
	Name:  "names/conflicting-server",
	Title: "two servers have the same name, and all requests go to the first one's application",
	Claims: []harness.Claim{
		conditional("S1.6", "successful, with a [warn] above it that is easily overlooked: conflicting server name"),
		conditional("S1.1", "the search for upstream or 502 finds nothing: the line says conflicting server name"),
	},
	Looks:    []harness.Look{with(configTest, "S1.6", `(?s)conflicting server name.*test is successful`, `\Anginx: [^\n]* syntax is ok\n[^\n]*test is successful\z`), with(named502, "S1.1", `^$`, `^$`)},
	Cause:    "a copy of the server in another file (a backup that ends in .conf, a package's default), read before the right one",
	Why:      "of servers with one name on one address the first counts, in the order of the files; the second is ignored, with a [warn] at every start and reload",
	Backends: []backends.Spec{app("127.0.0.1:3000"), named("old", "127.0.0.1:3001")},
	Probe:    shop,
	Symptom:  harness.Symptom{Client: pod.OK, Log: []nginx.Signature{nginx.ConflictingName}, Requests: 2, Arrival: &harness.Arrival{Reached: map[string]int{"app": 0, "old": 4}}},
	Fix:      harness.Fix{Title: "remove one of them, nginx -t, reload", Arrival: &harness.Arrival{Reached: map[string]int{"app": 6, "old": 0}}},
}

var redirectCycle = harness.Scenario{
	Name:  "names/redirect-cycle",
	Title: "try_files ends in a file that is not there, and nginx goes in a circle",
	Claims: []harness.Claim{
		conditional("S1.1", "the search for upstream or 502 finds nothing: the line says rewrite or internal redirection cycle"),
		conditional("S1.2", "a circle inside nginx is a 500"),
	},
	Looks:   []harness.Look{with(named502, "S1.1", `^$`, `^$`), with(access502, "S1.2", `^$`, `^$`)},
	Cause:   "try_files $uri /index.php (or /index.html) in the location that handles that file too, and the file is missing: a wrong root, an empty deployment",
	Why:     "the last word of try_files is a URI that is looked up anew; it comes to the same location, and after ten rounds nginx answers 500",
	Symptom: steadily(pod.ServerError, nginx.RedirectCycle),
	Fix:     harness.Fix{Title: "a named location (or =404) as the last word of try_files, and the right root"},
}
