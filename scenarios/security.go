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
	Claims: append(confirmed("W6", "C5"),
		conditional("S6.1", "only where SELinux is built in and enforcing: this denial is Landlock's or seccomp's, with the same errno and line, and getenforce knows nothing of it"),
		conditional("S6.2", "only under SELinux; the boolean cannot be set in a pod, whose kernel policy is the host's"),
		conditional("S6.3", "only under SELinux, and not executed here: the boolean is about database ports, not about a port of one's choice (httpd_selinux(8))"),
		conditional("S6.4", "ausearch reads the log only under SELinux with auditd; audit2allow and semodule would change the machine and are not executed; a denial by another module is not in the audit log as avc"),
		conditional("S6.5", "only under SELinux, and not executed here, as it would change the machine: it lifts no Landlock, seccomp or AppArmor denial"),
		conditional("S6.6", "only where AppArmor is built in and its tools are installed"),
		conditional("S6.7", "only under AppArmor, and only for nginx's own profile; not executed here, as it would change the machine"),
		conditional("S2.2", "curl from a shell succeeds while nginx is denied: the policy is nginx's alone")),
	Looks:    append([]harness.Look{with(directUpstream, "S2.2", `ok from app`, `ok from app`)}, securityState...),
	Cause:    "SELinux enforcing with httpd_can_network_connect off, an AppArmor profile, or a systemd or container sandbox; curl from a shell works all the same",
	Why:      "the security module denies connect() with errno 13 before a packet is sent; nginx logs [crit] and answers 502 at once",
	Backends: []backends.Spec{app("127.0.0.1:3000")},
	Methods:  readAndWrite,
	Break:    harness.Break{Faults: []pod.Fault{{Kind: pod.KindPolicy, Policy: pod.DenyConnect}}},
	Symptom:  steadily(pod.BadGateway, nginx.ConnectDenied),
	Fix:      harness.Fix{Title: "allow the connection in the policy (setsebool -P httpd_can_network_connect 1, the profile, the unit) and restart nginx", Lift: true},
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
