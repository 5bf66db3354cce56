package nginx

// The client's side of a request to an upstream (ngx_http_upstream.c:ngx_http_upstream_check_broken_connection,
// ngx_http_request_body.c).
var (
	ClientGone = Signature{
		Name: "client-gone", Phrase: "epoll_wait() reported that client prematurely closed connection, so upstream connection is closed too", Exact: true, Errno: -1, Levels: infoLevel,
		Meaning: "the client gave up waiting: 499",
	}
	ClientGoneKept = Signature{
		Name: "client-gone-kept", Phrase: "epoll_wait() reported that client prematurely closed connection", Exact: true, Errno: -1, Levels: infoLevel,
		Meaning: "the client gave up; the upstream goes on for the cache",
	}
	ClientGonePolled = Signature{
		Name: "client-gone-polled", Phrase: "client prematurely closed connection, so upstream connection is closed too", Exact: true, Errno: -1, Levels: infoLevel,
		Meaning: "the client gave up waiting: 499 (without epoll)",
	}
	ClientGoneUpload = Signature{
		Name: "client-gone-upload", Phrase: "client prematurely closed connection", Exact: true, Errno: -1, Levels: infoLevel,
		Meaning: "the client closed inside the request, or while it was answered",
	}
	ClientTimedOut = Signature{
		Name: "client-timed-out", Phrase: "client timed out", Exact: true, Errno: 110, Levels: infoLevel,
		Meaning: "the client was silent or read too slowly",
	}
	ClientReadFailed = Signature{
		Name: "client-read-failed", Phrase: "recv() failed", Exact: true, Errno: -1, Levels: infoLevel,
		Meaning: "the client reset its connection",
	}
	ClientWriteFailed = Signature{
		Name: "client-write-failed", Phrase: "writev() failed", Exact: true, Errno: -1, Levels: infoLevel,
		Meaning: "the client closed or reset while it was answered",
	}
	ClientSendFailed = Signature{
		Name: "client-send-failed", Phrase: "send() failed", Exact: true, Errno: -1, Levels: infoLevel,
		Meaning: "the client closed or reset while it was answered",
	}
	ClientSendfileFailed = Signature{
		Name: "client-sendfile-failed", Phrase: "sendfile() failed", Exact: true, Errno: -1, Levels: infoLevel,
		Meaning: "the client closed or reset while it was answered",
	}
	ClientTLSReadFailed = Signature{
		Name: "client-tls-read-failed", Phrase: "SSL_read() failed", Errno: -1, Levels: infoLevel,
		Meaning: "the client broke its TLS connection",
	}
	ClientTLSWriteFailed = Signature{
		Name: "client-tls-write-failed", Phrase: "SSL_write() failed", Errno: -1, Levels: infoLevel,
		Meaning: "the client closed or reset while it was answered over TLS",
	}
	ClientInvalidRequest = Signature{
		Name: "client-invalid-request", Phrase: "client sent invalid ", Levels: infoLevel,
		Meaning: "the request is malformed: 400",
	}
	ClientBadChunk = Signature{
		Name: "client-bad-chunk", Phrase: "client sent invalid chunked body", Exact: true, Levels: errorLevel,
		Meaning: "the client broke the framing of its body: 400",
	}
	ClientTooLarge = Signature{
		Name: "client-too-large", Phrase: "client intended to send too large body: ", Levels: errorLevel,
		Meaning: "the request body is larger than client_max_body_size: 413",
	}
	ClientBadProxyHeader = Signature{
		Name: "client-bad-proxy-header", Phrase: `broken header: "`, Levels: errorLevel,
		Meaning: "listen has proxy_protocol, and the client sent no PROXY header: closed without an answer",
	}
	ClientTooLargeChunked = Signature{
		Name: "client-too-large-chunked", Phrase: "client intended to send too large chunked body: ", Levels: errorLevel,
		Meaning: "the request body is larger than client_max_body_size: 413",
	}
)

var clientFamily = []Signature{
	ClientGone, ClientGoneKept, ClientGonePolled, ClientGoneUpload, ClientTimedOut, ClientReadFailed,
	ClientWriteFailed, ClientSendFailed, ClientSendfileFailed, ClientTLSReadFailed, ClientTLSWriteFailed,
	ClientInvalidRequest, ClientBadChunk, ClientBadProxyHeader, ClientTooLarge, ClientTooLargeChunked,
}
