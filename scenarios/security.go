package scenarios

import (
	"badgateway/backends"
	"badgateway/harness"
	"badgateway/harness/nginx"
	"badgateway/harness/pod"
)

// security: the kernel forbids nginx to connect. SELinux, AppArmor, Landlock
// and a prohibit route all give connect() the same errno, 13.
var security = []harness.Scenario{deniedByPolicy, prohibited}

var deniedByPolicy = harness.Scenario{
	Name:     "security/policy",
	Title:    "a security policy forbids nginx to open TCP connections",
	Step:     "6",
	Claims:   confirmed("W6", "S6.1", "S6.2", "S6.5", "S6.7", "C5"),
	Cause:    "SELinux enforcing with httpd_can_network_connect off, an AppArmor profile, or a systemd or container sandbox; curl from a shell works all the same",
	Why:      "the security module denies connect() with errno 13 before a packet is sent; nginx logs [crit] and answers 502 at once",
	Conf:     conf("security/policy"),
	Backends: []backends.Spec{app("127.0.0.1:3000")},
	Methods:  readAndWrite,
	Break:    harness.Break{Faults: []pod.Fault{{Kind: pod.KindPolicy, Policy: pod.DenyConnect}}},
	Symptom:  harness.Symptom{Client: pod.BadGateway, Log: []nginx.Signature{nginx.ConnectDenied}, Requests: 2},
	Fix:      harness.Fix{Title: "allow the connection in the policy (setsebool -P httpd_can_network_connect 1, the profile, the unit) and restart nginx", Lift: true},
}

var prohibited = harness.Scenario{
	Name:     "security/prohibited",
	Title:    "a route forbids the way to the application",
	Step:     "6",
	Claims:   confirmed("W6", "C2", "C5"),
	Cause:    "ip route get ADDRESS says prohibited: the very line that SELinux causes, without SELinux; the security log stays empty",
	Why:      "the kernel finds a prohibit route (or a firewall answers so) and connect() fails with errno 13",
	Conf:     conf("security/prohibited"),
	Backends: []backends.Spec{app("10.0.3.7:8080")},
	Methods:  readAndWrite,
	Break:    harness.Break{Faults: []pod.Fault{{Kind: pod.KindProhibit, Target: "app"}}},
	Symptom:  harness.Symptom{Client: pod.BadGateway, Log: []nginx.Signature{nginx.ConnectDenied}, Requests: 2},
	Fix:      harness.Fix{Title: "remove the prohibit route or rule; nginx needs no reload", Lift: true},
}
