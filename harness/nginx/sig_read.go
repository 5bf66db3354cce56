package nginx

// Connections that end too early, while reading (ngx_http_upstream.c,
// ngx_recv.c, ngx_readv_chain.c) or writing (ngx_writev_chain.c, ngx_send.c,
// ngx_linux_sendfile_chain.c).
var (
	PrematureClose = Signature{
		Name: "premature-close", Phrase: "upstream prematurely closed connection", Exact: true, Actions: []string{readingHead, sending}, Levels: errorLevel,
		Meaning: "the upstream closed before a complete response header: crash, idle timeout of a kept connection, wrong protocol",
	}
	BodyPrematureClose = Signature{
		Name: "body-premature-close", Phrase: "upstream prematurely closed connection", Exact: true, Actions: inBody, Levels: errorLevel,
		Meaning: "the upstream closed inside the body: the client gets a truncated 200",
	}
	ReadReset = Signature{
		Name: "read-reset", Phrase: "recv() failed", Exact: true, Errno: 104, Actions: inHeader, Levels: errorLevel,
		Meaning: "the upstream reset the connection before a complete response header",
	}
	BodyReset = Signature{
		Name: "body-reset", Phrase: "readv() failed", Exact: true, Errno: 104, Actions: inBody, Levels: errorLevel,
		Meaning: "the upstream reset the connection inside the body: the client gets a truncated 200",
	}
	UnbufferedBodyReset = Signature{
		Name: "unbuffered-body-reset", Phrase: "recv() failed", Exact: true, Errno: 104, Actions: inBody, Levels: errorLevel,
		Meaning: "the upstream reset the connection inside an unbuffered body",
	}
	UpgradedReset = Signature{
		Name: "upgraded-reset", Phrase: "recv() failed", Exact: true, Errno: 104, Actions: []string{upgraded}, Levels: errorLevel,
		Meaning: "the upstream reset an upgraded connection (WebSocket)",
	}
	ReadOther = Signature{
		Name: "read-other", Phrase: "recv() failed", Exact: true, Errno: -1, NotErrno: []int{104, 110}, Actions: onUpstream, Levels: severe,
		Meaning: "reading from the upstream failed with an unusual error",
	}
	BodyReadOther = Signature{
		Name: "body-read-other", Phrase: "readv() failed", Exact: true, Errno: -1, NotErrno: []int{104, 110}, Actions: onUpstream, Levels: severe,
		Meaning: "reading the body from the upstream failed with an unusual error",
	}
	WriteFailed = Signature{
		Name: "write-failed", Phrase: "writev() failed", Exact: true, Errno: -1, Actions: []string{connecting, sending, readingHead}, Levels: severe,
		Meaning: "the upstream closed or reset while the request was being sent; its early answer is lost",
	}
	UpgradedWriteFailed = Signature{
		Name: "upgraded-write-failed", Phrase: "send() failed", Exact: true, Errno: -1, Actions: []string{upgraded, sending, readingHead}, Levels: severe,
		Meaning: "the upstream closed or reset while an upgraded connection was being written",
	}
	SendfileFailed = Signature{
		Name: "sendfile-failed", Phrase: "sendfile() failed", Exact: true, Errno: -1, Actions: []string{connecting, sending, readingHead}, Levels: severe,
		Meaning: "the upstream closed or reset while a request body was being sent from a file",
	}
	SendfileTruncated = Signature{
		Name: "sendfile-truncated", Phrase: `sendfile() reported that "`, Errno: -1, Levels: alertLevel,
		Meaning: "the file being sent became shorter meanwhile",
	}
)

var readFamily = []Signature{
	PrematureClose, BodyPrematureClose, ReadReset, BodyReset, UnbufferedBodyReset, UpgradedReset, ReadOther,
	BodyReadOther, WriteFailed, UpgradedWriteFailed, SendfileFailed, SendfileTruncated,
}
