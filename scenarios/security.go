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
	Name:  "security/policy",
	Title: "a security policy forbids nginx to open TCP connections",
	Step:  "6",
	Claims: append(confirmed("C5"),
		conditional("W6", "a denied connect() is a 502, the same line from SELinux, AppArmor and Landlock; a profile that denies socket() gives 500 with [alert] socket() failed"),
		conditional("S6.1", "SELinux that denies says Enforcing; where AppArmor, Landlock or seccomp denies, the line is the same and getenforce not installed; inside a container it says Disabled on a machine that enforces"),
		conditional("S6.2", "only under SELinux with nginx in httpd_t: 200 at once, without a reload, and for every port"),
		refuted("S6.3", "it opens the ports that the policy calls a database's (5432) and no port of one's choice: 3000 and 8080 stay 502"),
		conditional("S6.4", "only SELinux, and only what was denied so far: the module for port 3000 leaves 5432 and 8080 a 502; ausearch finds no denial of AppArmor, though audit.log has it, and a deny rule is not even there"),
		conditional("S6.5", "at once and for the whole machine until setenforce 1 or a boot; lifts no denial of Landlock, seccomp or AppArmor"),
		conditional("S6.6", "only a profile is shown, and Debian has none for nginx: grep then finds nothing; which mode it is in stands in lines that grep leaves out"),
		conditional("S6.7", "complain lifts what a profile does not allow, never what it denies by name; disable lifts both at once; without that file (Debian) both skip with exit 0; enforced again, a running nginx stays free until its restart"),
		conditional("S2.2", "curl from a shell succeeds while nginx is denied: the policy is nginx's alone")),
	Looks:    append([]harness.Look{with(directUpstream, "S2.2", `ok from app`, `ok from app`)}, securityState...),
	Cause:    "SELinux enforcing with httpd_can_network_connect off, an AppArmor profile, or a systemd or container sandbox; curl from a shell works all the same",
	Why:      "the security module denies connect() with errno 13 before a packet is sent; nginx logs [crit] and answers 502 at once; the service runs, nginx -t and nc are content",
	Backends: []backends.Spec{app("127.0.0.1:3000")},
	Methods:  readAndWrite,
	Break:    harness.Break{Faults: []pod.Fault{{Kind: pod.KindPolicy, Policy: pod.DenyConnect}}},
	Symptom:  steadily(pod.BadGateway, nginx.ConnectDenied),
	Fix:      harness.Fix{Title: "allow the connection in the policy: a boolean of SELinux or a rule of AppArmor works at once, the sandbox of a unit or container after a restart of nginx", Lift: true},
}

var prohibited = harness.Scenario{
	Name:     "security/prohibited",
	Title:    "a route forbids the way to the application",
	Step:     "6",
	Claims:   append(confirmed("W6", "C2", "C5"), conditional("S2.3", "a route binds every program: nc is denied as nginx is")),
	Looks:    []harness.Look{with(harness.Look{Command: `nc -zv 10.0.3.7 8080`, Tools: []string{"nc"}}, "S2.3", `Permission denied`, `succeeded`)},
	Cause:    "ip route get ADDRESS says prohibited: the very line that SELinux causes, without SELinux; the security log stays empty",
	Why:      "the kernel finds a prohibit route (or a firewall answers so) and connect() fails with errno 13",
	Backends: []backends.Spec{app("10.0.3.7:8080")},
	Methods:  readAndWrite,
	Break:    harness.Break{Faults: []pod.Fault{{Kind: pod.KindProhibit, Target: "app"}}},
	Symptom:  steadily(pod.BadGateway, nginx.ConnectDenied),
	Fix:      harness.Fix{Title: "remove the prohibit route or rule; nginx needs no reload", Lift: true},
}
