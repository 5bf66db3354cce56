package nginx

// The phases of a request to an upstream, as log->action names them
// (ngx_http_upstream.c, ngx_stream_proxy_module.c).
const (
	connecting  = "connecting to upstream"
	handshaking = "SSL handshaking to upstream"
	sending     = "sending request to upstream"
	readingHead = "reading response header from upstream"
	readingBody = "reading upstream"
	toClient    = "sending to client" // the body, unbuffered or on its way out
	upgraded    = "proxying upgraded connection"
)

// Sets of phases and levels that several signatures share.
var (
	inHeader   = []string{readingHead}
	inBody     = []string{readingBody, toClient}
	onUpstream = []string{connecting, handshaking, sending, readingHead, readingBody, toClient, upgraded}

	errorLevel = []Level{Error}
	critLevel  = []Level{Crit}
	alertLevel = []Level{Alert}
	warnLevel  = []Level{Warn}
	infoLevel  = []Level{Info}
	severe     = []Level{Error, Crit, Alert}
)

// connect(2), at once (ngx_event_connect.c:ngx_event_connect_peer, "connect()
// to ADDRESS failed") or later (ngx_http_upstream.c:ngx_http_upstream_test_connect,
// "connect() failed").
var (
	ConnectRefused = Signature{
		Name: "connect-refused", Phrase: "connect() ", Errno: 111, Unix: -1, Actions: []string{connecting}, Levels: errorLevel,
		Meaning: "nothing listens on the upstream's address and port",
	}
	ConnectDenied = Signature{
		Name: "connect-denied", Phrase: "connect() ", Errno: 13, Unix: -1, Actions: []string{connecting}, Levels: critLevel,
		Meaning: "the kernel forbids the connection: SELinux, AppArmor, Landlock or a prohibit route",
	}
	ConnectUnreachable = Signature{
		Name: "connect-unreachable", Phrase: "connect() ", Errno: 113, Unix: -1, Actions: []string{connecting}, Levels: errorLevel,
		Meaning: "no host answers for the upstream's address: gone, firewalled with a reject, or an unreachable route",
	}
	ConnectNoNetwork = Signature{
		Name: "connect-no-network", Phrase: "connect() ", Errno: 101, Unix: -1, Actions: []string{connecting}, Levels: errorLevel,
		Meaning: "no route to the upstream's network, often an IPv6 address without IPv6",
	}
	ConnectKernelTimeout = Signature{
		Name: "connect-kernel-timeout", Phrase: "connect() ", Errno: 110, Unix: -1, Actions: []string{connecting}, Levels: errorLevel,
		Meaning: "the kernel gave up sending SYNs before proxy_connect_timeout ended: 502, not 504",
	}
	ConnectReset = Signature{
		Name: "connect-reset", Phrase: "connect() ", Errno: 104, Unix: -1, Actions: []string{connecting}, Levels: errorLevel,
		Meaning: "the upstream accepted and reset before nginx looked",
	}
	ConnectNoPorts = Signature{
		Name: "connect-no-ports", Phrase: "connect() ", Errno: 99, Unix: -1, Actions: []string{connecting}, Levels: critLevel,
		Meaning: "no free local port towards this upstream: too many short connections",
	}
	ConnectOther = Signature{
		Name: "connect-other", Phrase: "connect() ", Errno: -1, NotErrno: []int{0, 111, 13, 113, 101, 110, 104, 99}, Unix: -1,
		Actions: []string{connecting}, Levels: severe,
		Meaning: "connect() failed with an unusual error",
	}
	SocketRefused = Signature{
		Name: "socket-refused", Phrase: "connect() ", Errno: 111, Unix: +1, Actions: []string{connecting}, Levels: errorLevel,
		Meaning: "the unix socket file is there, its listener is not",
	}
	SocketMissing = Signature{
		Name: "socket-missing", Phrase: "connect() ", Errno: 2, Unix: +1, Actions: []string{connecting}, Levels: critLevel,
		Meaning: "the unix socket file does not exist where nginx looks",
	}
	SocketDenied = Signature{
		Name: "socket-denied", Phrase: "connect() ", Errno: 13, Unix: +1, Actions: []string{connecting}, Levels: critLevel,
		Meaning: "nginx's worker may not write to the unix socket or enter its directory",
	}
	SocketBacklog = Signature{
		Name: "socket-backlog", Phrase: "connect() ", Errno: 11, Unix: +1, Actions: []string{connecting}, Levels: errorLevel,
		Meaning: "the unix socket's accept queue is full: too few workers behind it, or a small backlog",
	}
	SocketOther = Signature{
		Name: "socket-other", Phrase: "connect() ", Errno: -1, NotErrno: []int{0, 111, 2, 13, 11}, Unix: +1,
		Actions: []string{connecting}, Levels: severe,
		Meaning: "connect() to a unix socket failed with an unusual error",
	}
	BindFailed = Signature{
		Name: "bind-failed", Phrase: "bind(", Errno: -1, Actions: []string{connecting}, Levels: critLevel,
		Meaning: "proxy_bind names an address that this host does not have, or of another family: 500",
	}
	NoDescriptors = Signature{
		Name: "no-descriptors", Phrase: "socket() failed", Exact: true, Errno: 24, Actions: []string{connecting, "resolving"}, Levels: alertLevel,
		Meaning: "the worker's file descriptors are used up (worker_rlimit_nofile): 500",
	}
	SocketCallFailed = Signature{
		Name: "socket-call-failed", Phrase: "socket() failed", Exact: true, Errno: -1, NotErrno: []int{24}, Actions: []string{connecting, "resolving"}, Levels: alertLevel,
		Meaning: "the kernel gives no socket: 500",
	}
	TransparentFailed = Signature{
		Name: "transparent-failed", Phrase: "setsockopt(IP", Any: []string{"transparent) failed"}, Errno: -1, Levels: alertLevel,
		Meaning: "proxy_bind ... transparent needs CAP_NET_RAW: 500",
	}
	BadLocalAddress = Signature{
		Name: "bad-local-address", Phrase: `invalid local address "`, Levels: errorLevel,
		Meaning: "proxy_bind's variable holds no address; the bind is skipped",
	}
)

var connectFamily = []Signature{
	ConnectRefused, ConnectDenied, ConnectUnreachable, ConnectNoNetwork, ConnectKernelTimeout, ConnectReset,
	ConnectNoPorts, ConnectOther, SocketRefused, SocketMissing, SocketDenied, SocketBacklog, SocketOther,
	BindFailed, NoDescriptors, SocketCallFailed, TransparentFailed, BadLocalAddress,
}
