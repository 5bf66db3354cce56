package scenarios

import (
	"badgateway/backends"
	"badgateway/harness"
	"badgateway/harness/nginx"
	"badgateway/harness/pod"
)

// reload: what a running nginx makes of a new configuration.
var reload = append([]harness.Scenario{badConfig}, rollouts...)

var badConfig = harness.Scenario{
	Name:     "reload/bad-config",
	Title:    "the configuration was corrected, and nginx goes on with the old one",
	Step:     "3",
	Claims:   append(confirmed("S1.6", "S3.1", "V2", "V3"), conditional("S1.4", "only a configuration that nginx -t accepts; one that it refuses leaves the old one serving, and nobody is told but the error log"), conditional("S3.6", "the order matters: a reload without nginx -t fails in silence and the old configuration goes on")),
	Cause:    "the correction has a mistake of its own (a misspelt directive, a missing brace), and nobody ran nginx -t",
	Why:      "a reload only sends a signal: the master reads the file, logs [emerg], and keeps the workers with the configuration they have",
	Conf:     conf("reload/bad-config"),
	Backends: []backends.Spec{app("127.0.0.1:3000")},
	Methods:  readAndWrite,
	Break:    harness.Break{Conf: conf("reload/bad-config.break")},
	Symptom:  harness.Symptom{Client: pod.BadGateway, Log: []nginx.Signature{nginx.ConnectRefused}},
	Fix: harness.Fix{
		Title: "nginx -t names file and line: correct the correction, then reload",
		Conf:  conf("reload/bad-config"),
		Traps: []harness.Trap{
			{
				Title: "a misspelt directive: refused, and the old configuration goes on",
				Conf:  conf("reload/bad-config.trap"), Refused: []nginx.Signature{nginx.UnknownDirective},
			},
			{
				Title: "a missing brace: refused, and the old configuration goes on",
				Conf:  conf("reload/bad-config.trap2"), Refused: []nginx.Signature{nginx.UnexpectedEnd},
			},
		},
	},
}
