package nginx

// "upstream timed out", one signature per phase: the phase names the directive
// (ngx_http_upstream.c:ngx_http_upstream_next and its callers).
var (
	ConnectTimedOut = Signature{
		Name: "connect-timed-out", Phrase: "upstream timed out", Exact: true, Errno: 110, Actions: []string{connecting}, Levels: errorLevel,
		Meaning: "no answer to the SYN within proxy_connect_timeout: dropped packets, dead host or a full accept queue",
	}
	HandshakeTimedOut = Signature{
		Name: "handshake-timed-out", Phrase: "upstream timed out", Exact: true, Errno: 110, Actions: []string{handshaking}, Levels: errorLevel,
		Meaning: "the TLS handshake did not end within proxy_connect_timeout",
	}
	SendTimedOut = Signature{
		Name: "send-timed-out", Phrase: "upstream timed out", Exact: true, Errno: 110, Actions: []string{sending}, Levels: errorLevel,
		Meaning: "the upstream stopped reading the request for proxy_send_timeout",
	}
	ReadTimedOut = Signature{
		Name: "read-timed-out", Phrase: "upstream timed out", Exact: true, Errno: 110, Actions: inHeader, Levels: errorLevel,
		Meaning: "the upstream was connected and silent for proxy_read_timeout",
	}
	BodyTimedOut = Signature{
		Name: "body-timed-out", Phrase: "upstream timed out", Exact: true, Errno: 110, Actions: inBody, Levels: errorLevel,
		Meaning: "the upstream stalled inside the body for proxy_read_timeout: the client gets a truncated 200",
	}
	UpgradedTimedOut = Signature{
		Name: "upgraded-timed-out", Phrase: "upstream timed out", Exact: true, Errno: 110, Actions: []string{upgraded}, Levels: []Level{Info, Error},
		Meaning: "an upgraded connection (WebSocket) was idle for proxy_read_timeout",
	}
	StreamTimedOut = Signature{
		Name: "stream-timed-out", Phrase: "upstream timed out", Exact: true, Errno: 110, Actions: []string{"proxying connection"},
		Meaning: "a connection of the stream module was idle for proxy_timeout",
	}
	ReadKernelTimeout = Signature{
		Name: "read-kernel-timeout", Phrase: "recv() failed", Exact: true, Errno: 110, Actions: onUpstream, Levels: severe,
		Meaning: "the upstream vanished: TCP keepalive probes or retransmissions went unanswered",
	}
	BodyKernelTimeout = Signature{
		Name: "body-kernel-timeout", Phrase: "readv() failed", Exact: true, Errno: 110, Actions: onUpstream, Levels: severe,
		Meaning: "the upstream vanished inside the body",
	}
)

var timeoutFamily = []Signature{
	ConnectTimedOut, HandshakeTimedOut, SendTimedOut, ReadTimedOut, BodyTimedOut, UpgradedTimedOut,
	StreamTimedOut, ReadKernelTimeout, BodyKernelTimeout,
}
