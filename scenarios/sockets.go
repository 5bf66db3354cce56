package scenarios

import (
	"net/http"

	"badgateway/backends"
	"badgateway/harness"
	"badgateway/harness/nginx"
	"badgateway/harness/pod"
)

// sockets: the application listens on a unix socket.
var sockets = family(harness.Scenario{Step: "9", Backends: []backends.Spec{app("unix:/run/app.sock")}, Methods: readAndWrite},
	socketMissing, socketPermission, socketStale, socketBacklog)

var socketMissing = harness.Scenario{
	Name:    "sockets/missing",
	Title:   "the unix socket does not exist",
	Claims:  append(confirmed(), conditional("S9.1", "the file must exist and have a listener: ls shows the first, not the second")),
	Looks:   []harness.Look{socketFile},
	Cause:   "the application is not running, writes its socket elsewhere, /run was emptied by a reboot, or PrivateTmp hides it",
	Why:     "connect() finds no such file: errno 2, [crit]",
	Break:   harness.Break{Faults: []pod.Fault{{Kind: pod.KindMissing, Target: "app"}}},
	Symptom: steadily(pod.BadGateway, nginx.SocketMissing),
	Fix:     harness.Fix{Title: "start the application so that it makes the socket at that path (RuntimeDirectory in its unit); no reload", Lift: true},
}

var socketPermission = harness.Scenario{
	Name:     "sockets/permission",
	Title:    "nginx's workers may not connect to the unix socket",
	Claims:   append(confirmed(), conditional("S9.2", "write permission for nginx's user is what counts: chmod 666 gives it to every local user, a group and 0660 to nginx alone; either is undone when the application makes its socket anew")),
	Looks:    []harness.Look{with(socketFile, "S9.2", `^srwxr-xr-x \d+ root +root `, `^srw-rw---- \d+ root +www-data `)},
	Cause:    "the socket belongs to another user with mode 0600 or 0755: connecting needs write permission",
	Why:      "connect() to a unix socket checks write permission of the file: errno 13, [crit]; with TCP the same errno means a policy",
	Users:    []string{"stranger"},
	Backends: []backends.Spec{permitted},
	Break:    harness.Break{Faults: []pod.Fault{{Kind: pod.KindMode, Target: "app", Mode: 0o755, Owner: "root:root"}}},
	Symptom:  steadily(pod.BadGateway, nginx.SocketDenied),
	Fix: harness.Fix{Title: "the group of nginx's user and mode 0660, in the application's own settings (listen.group, SocketGroup); no reload", Lift: true,
		Traps: []harness.Trap{
			{
				Title:  "chmod 666 mends it",
				Faults: []pod.Fault{worldWritable},
				Client: map[string]pod.Outcome{http.MethodGet: pod.OK, http.MethodPost: pod.OK},
			},
			{
				Title:  "chmod 666 lets every local user in: one that has nothing to do with nginx or the application talks to it",
				Faults: []pod.Fault{worldWritable}, Conf: conf("sockets/permission.stranger"),
				Client: map[string]pod.Outcome{http.MethodGet: pod.OK, http.MethodPost: pod.OK},
			},
			{
				Title:  "group and mode 0660 keep that user out",
				Faults: []pod.Fault{{Kind: pod.KindMode, Target: "app", Mode: permitted.Mode, Owner: permitted.Owner}}, Conf: conf("sockets/permission.stranger"),
				Client: map[string]pod.Outcome{http.MethodGet: pod.BadGateway, http.MethodPost: pod.BadGateway},
			},
			{
				Title:  "user root mends it too, and runs every worker as root",
				Conf:   conf("sockets/permission.trap"),
				Client: map[string]pod.Outcome{http.MethodGet: pod.OK, http.MethodPost: pod.OK},
			},
		}},
	Needs: []pod.Need{pod.NeedUsers},
}

// permitted is an application whose socket nginx's group may use and nobody else.
var permitted = backends.Spec{Name: "app", Listen: "unix:/run/app.sock", Mode: 0o660, Owner: "root:www-data"}

// worldWritable is chmod 666 on the socket as it is.
var worldWritable = pod.Fault{Kind: pod.KindMode, Target: "app", Mode: 0o666}

var socketStale = harness.Scenario{
	Name:    "sockets/stale",
	Title:   "the unix socket is there, but its application is gone",
	Claims:  append(confirmed(), conditional("S9.1", "the file must exist and have a listener: ls shows the first, not the second")),
	Looks:   []harness.Look{with(socketFile, "S9.1", `^s`, `^s`), {Claim: "S9.1", Command: `ss -xlH | grep -c ' /run/app.sock '`, Tools: []string{"ss"}, Broken: `^0$`, Fixed: `^1$`}},
	Cause:   "the application was killed and left its socket file behind: ls shows it, ss -xl does not",
	Why:     "a socket file without a listener refuses like a closed port: errno 111",
	Break:   harness.Break{Faults: []pod.Fault{{Kind: pod.KindStale, Target: "app"}}},
	Symptom: steadily(pod.BadGateway, nginx.SocketRefused),
	Fix:     harness.Fix{Title: "start the application again; it replaces the file", Lift: true},
}

var socketBacklog = harness.Scenario{
	Name:  "sockets/backlog",
	Title: "the application accepts no more connections on its unix socket, and the queue in front of it is full",
	Claims: append(confirmed(),
		conditional("S9.1", "file and listener are there, and it fails all the same: Recv-Q above Send-Q in ss -xl is a full queue"),
		conditional("S9.9", "an application without free workers is 502 as soon as its queue is full; until then clients wait")),
	Looks:   []harness.Look{{Claim: "S9.1", Command: `ss -xlH | grep ' /run/app.sock '`, Tools: []string{"ss"}, Broken: `LISTEN\s+1\s+0\s`, Fixed: `LISTEN\s+0\s`}},
	Cause:   "every worker of the application (pm.max_children, threads) is busy and its backlog is small; net.core.somaxconn bounds what it asks for",
	Why:     "a unix socket has no SYN to repeat: connect() of a nonblocking nginx gets EAGAIN (11) at once, [error] and 502, where TCP would wait",
	Break:   harness.Break{Faults: []pod.Fault{{Kind: pod.KindBacklog, Target: "app"}}},
	Symptom: steadily(pod.BadGateway, nginx.SocketBacklog),
	Fix:     harness.Fix{Title: "more workers in the application, then a longer backlog (and net.core.somaxconn); nginx needs no change", Lift: true},
}
