package scenarios

import (
	"badgateway/backends"
	"badgateway/harness"
	"badgateway/harness/nginx"
	"badgateway/harness/pod"
)

// names: what proxy_pass calls the upstream does not lead to it.
var names = []harness.Scenario{missingBlock}

var missingBlock = harness.Scenario{
	Name:  "names/missing-block",
	Title: "proxy_pass names an upstream block that does not exist, and nginx does not start",
	Step:  "3",
	Claims: append(confirmed("S3.3", "S1.6"),
		conditional("S1.5", "ps tells, without the lines of grep itself; systemctl only where systemd runs nginx, which no pod has")),
	Looks: []harness.Look{service, with(processes, "S1.5", `\A([^\n]*(grep|badgateway)[^\n]*(\n|\z))+\z`, `nginx: master process`),
		with(configTest, "S1.6", `(?s)\[emerg\] .*host not found in upstream.*test failed`, `test is successful`)},
	Cause:    "the upstream block was renamed, lost or not included; a running nginx goes on until the next restart or reboot",
	Why:      "without a block of that name it is a host name, resolved at start-up: not found is [emerg], and every server of this nginx is down, not one location",
	Conf:     conf("names/missing-block"),
	Backends: []backends.Spec{app("127.0.0.1:3000")},
	Methods:  readAndWrite,
	Break:    harness.Break{Conf: conf("names/missing-block.break"), Restart: true},
	Symptom:  harness.Symptom{Client: pod.Refused, Log: []nginx.Signature{nginx.HostNotFound}},
	Fix:      harness.Fix{Title: "add the upstream block (nginx -t names file and line), start nginx", Conf: conf("names/missing-block")},
}
