package nginx

// HTTP/2 to the upstream: what the peer says (ngx_http_grpc_module.c, ngx_http_proxy_v2_module.c).
var (
	H2UnexpectedFrame = Signature{
		Name: "h2-unexpected-frame", Phrase: "upstream sent unexpected http2 frame: ", Levels: errorLevel,
		Meaning: "a frame where none of its type may stand",
	}
	H2UnknownStream = Signature{
		Name: "h2-unknown-stream", Phrase: "upstream sent frame for unknown stream ", Levels: errorLevel,
		Meaning: "a frame for a stream that nginx did not open",
	}
	H2Rejected = Signature{
		Name: "h2-rejected", Phrase: "upstream rejected request with error ", Levels: errorLevel,
		Meaning: "the upstream reset the stream (RST_STREAM)",
	}
	H2Goaway = Signature{
		Name: "h2-goaway", Phrase: "upstream sent goaway with error ", Levels: errorLevel,
		Meaning: "the upstream is closing and did not take the request; a graceful drain shows so too",
	}
	H2Push = Signature{
		Name: "h2-push", Phrase: "upstream sent unexpected push promise frame", Exact: true, Levels: errorLevel,
		Meaning: "the upstream pushes, which nginx did not allow",
	}
	H2PseudoHeader = Signature{
		Name: "h2-pseudo-header", Phrase: `upstream sent invalid header "`, Levels: errorLevel,
		Meaning: "a pseudo header other than :status",
	}
	H2DuplicateStatus = Signature{
		Name: "h2-duplicate-status", Phrase: "upstream sent duplicate :status header", Exact: true, Levels: errorLevel,
		Meaning: "two :status",
	}
	H2BadStatus = Signature{
		Name: "h2-bad-status", Phrase: `upstream sent invalid :status "`, Levels: errorLevel,
		Meaning: ":status is no number of three digits",
	}
	H2UnexpectedStatus = Signature{
		Name: "h2-unexpected-status", Phrase: `upstream sent unexpected :status "`, Levels: errorLevel,
		Meaning: "an interim :status that nginx does not take",
	}
	H2NoStatus = Signature{
		Name: "h2-no-status", Phrase: "upstream sent no :status header", Exact: true, Levels: errorLevel,
		Meaning: "a header without :status",
	}
	H2PrematureClose = Signature{
		Name: "h2-premature-close", Phrase: "upstream prematurely closed stream", Exact: true, Levels: errorLevel,
		Meaning: "the stream ended before Content-Length",
	}
	H2BadHeader = Signature{
		Name: "h2-bad-header", Phrase: "upstream sent invalid header", Exact: true, Levels: errorLevel,
		Meaning: "the header does not parse; the line before says why",
	}
	H2UnknownDataStream = Signature{
		Name: "h2-unknown-data-stream", Phrase: "upstream sent data frame for unknown stream ", Levels: errorLevel,
		Meaning: "data for a stream that nginx did not open",
	}
	H2StreamWindow = Signature{
		Name: "h2-stream-window", Phrase: "upstream violated stream flow control, ", Levels: errorLevel,
		Meaning: "more data than the window of the stream",
	}
	H2ConnectionWindow = Signature{
		Name: "h2-connection-window", Phrase: "upstream violated connection flow control, ", Levels: errorLevel,
		Meaning: "more data than the window of the connection",
	}
	H2ClosedStream = Signature{
		Name: "h2-closed-stream", Phrase: "upstream sent frame for closed stream ", Levels: errorLevel,
		Meaning: "a frame behind the end of the stream",
	}
	H2PseudoTrailer = Signature{
		Name: "h2-pseudo-trailer", Phrase: `upstream sent invalid trailer "`, Levels: errorLevel,
		Meaning: "a pseudo header in the trailers",
	}
	H2TrailerNoEnd = Signature{
		Name: "h2-trailer-no-end", Phrase: "upstream sent trailer without end stream flag", Exact: true, Levels: errorLevel,
		Meaning: "trailers that do not end the stream",
	}
	H2BadTrailer = Signature{
		Name: "h2-bad-trailer", Phrase: "upstream sent invalid trailer", Exact: true, Levels: errorLevel,
		Meaning: "the trailers do not parse; the line before says why",
	}
	H2BodyTooLong = Signature{
		Name: "h2-body-too-long", Phrase: "upstream sent response body larger than indicated content length", Exact: true, Levels: errorLevel,
		Meaning: "more data than Content-Length",
	}
	H2NoConnection = Signature{
		Name: "h2-no-connection", Phrase: "no connection data found for keepalive http2 connection", Exact: true, Levels: errorLevel,
		Meaning: "a kept HTTP/1.1 connection was taken for HTTP/2: separate the upstream blocks",
	}
	H2RequestMethod = Signature{
		Name: "h2-request-method", Phrase: `too long http2 method: "`, Levels: errorLevel,
		Meaning: "the method does not fit: 500",
	}
	H2RequestURI = Signature{
		Name: "h2-request-uri", Phrase: "too long http2 URI", Exact: true, Levels: errorLevel,
		Meaning: "the URI does not fit: 500",
	}
	H2RequestHost = Signature{
		Name: "h2-request-host", Phrase: `too long http2 host: "`, Levels: errorLevel,
		Meaning: "the host does not fit: 500",
	}
	H2RequestName = Signature{
		Name: "h2-request-name", Phrase: "too long http2 header name", Levels: errorLevel,
		Meaning: "a header name does not fit: 500",
	}
	H2RequestValue = Signature{
		Name: "h2-request-value", Phrase: "too long http2 header value", Levels: errorLevel,
		Meaning: "a header value does not fit: 500",
	}
	H2RequestSpace = Signature{
		Name: "h2-request-space", Phrase: "no buffer space in ", Levels: alertLevel,
		Meaning: "nginx miscounted a request",
	}
)

var http2Family = []Signature{
	H2UnexpectedFrame, H2UnknownStream, H2Rejected, H2Goaway, H2Push, H2PseudoHeader, H2DuplicateStatus,
	H2BadStatus, H2UnexpectedStatus, H2NoStatus, H2PrematureClose, H2BadHeader, H2UnknownDataStream,
	H2StreamWindow, H2ConnectionWindow, H2ClosedStream, H2PseudoTrailer, H2TrailerNoEnd, H2BadTrailer,
	H2BodyTooLong, H2NoConnection, H2RequestMethod, H2RequestURI, H2RequestHost, H2RequestName, H2RequestValue,
	H2RequestSpace,
}
