package scenarios

import (
	"badgateway/backends"
	"badgateway/harness"
	"badgateway/harness/nginx"
	"badgateway/harness/pod"
)

// reload: what a running nginx makes of a new configuration.
var reload = append([]harness.Scenario{badConfig, portTaken}, rollouts...)

var badConfig = harness.Scenario{
	Name:     "reload/bad-config",
	Title:    "the configuration was corrected, and nginx goes on with the old one",
	Step:     "3",
	Claims:   append(confirmed("S1.6", "S3.1", "V2", "V3"), conditional("S1.4", "only a configuration that nginx -t accepts; one that it refuses leaves the old one serving, and nobody is told but the error log"), conditional("S3.6", "the order matters: a reload without nginx -t fails in silence and the old configuration goes on")),
	Cause:    "the correction has a mistake of its own (a misspelt directive, a missing brace), and nobody ran nginx -t",
	Why:      "a reload only sends a signal: the master reads the file, logs [emerg], and keeps the workers with the configuration they have",
	Backends: []backends.Spec{app("127.0.0.1:3000")},
	Methods:  readAndWrite,
	Symptom:  harness.Symptom{Client: pod.BadGateway, Log: []nginx.Signature{nginx.ConnectRefused}},
	Fix: harness.Fix{
		Title: "nginx -t names file and line: correct the correction, then reload",
		Traps: []harness.Trap{
			{
				Title:   "a misspelt directive: refused, and the old configuration goes on",
				Refused: []nginx.Signature{nginx.UnknownDirective},
			},
			{
				Title:   "a missing brace: refused, and the old configuration goes on",
				Refused: []nginx.Signature{nginx.UnexpectedEnd},
			},
			{Title: "an include that is not there: refused", Refused: []nginx.Signature{nginx.IncludeMissing}},
			{Title: "a misspelt variable: refused", Refused: []nginx.Signature{nginx.UnknownVariable}},
			{Title: "an upstream block without a server: refused", Refused: []nginx.Signature{nginx.NoServers}},
		},
	},
}

var portTaken = harness.Scenario{
	Name:     "reload/port-taken",
	Title:    "a port in listen belongs to another program, and nginx does not start any more",
	Step:     "1",
	Claims:   []harness.Claim{conditional("S1.6", "it binds no port: it says nothing of one that is taken"), conditional("S8.6", "ss -tlnp tells which program has the port")},
	Looks:    []harness.Look{with(configTest, "S1.6", "test is successful", "test is successful"), {Claim: "S8.6", Command: "ss -tlnH 'sport = :3000'", Tools: []string{"ss"}, Broken: "127.0.0.1:3000", Fixed: "127.0.0.1:3000"}},
	Cause:    "another web server on port 80, a second nginx, or the application's own port; a reload keeps the old configuration, the next restart ends the service",
	Why:      "bind() fails with errno 98; nginx tries five times, half a second apart, and gives up with all its servers",
	Backends: []backends.Spec{app("127.0.0.1:3000")},
	Break:    harness.Break{Restart: true},
	Symptom:  harness.Symptom{Client: pod.Refused, Log: []nginx.Signature{nginx.ListenInUse, nginx.ListenGivenUp}},
	Fix:      harness.Fix{Title: "take the port out of listen (or stop who has it), start nginx"},
	Waits:    2500 * ms,
}
