package nginx

// Response headers that nginx refuses (ngx_http_upstream.c:ngx_http_upstream_process_header
// and the header handlers, ngx_http_proxy_module.c:ngx_http_proxy_process_status_line,
// ngx_http_proxy_process_header and their fastcgi, uwsgi, scgi and grpc siblings).
var (
	TooBigHeader = Signature{
		Name: "too-big-header", Phrase: "upstream sent too big header", Exact: true, Levels: errorLevel,
		Meaning: "the response header is larger than proxy_buffer_size",
	}
	NotHTTP = Signature{
		Name: "not-http", Phrase: "upstream sent no valid HTTP/", Levels: errorLevel,
		Meaning: "the answer does not begin with an HTTP status line; nginx relays it raw",
	}
	BadHeader = Signature{
		Name: "bad-header", Phrase: `upstream sent invalid header: "`, Levels: errorLevel,
		Meaning: "a response header line has a forbidden character",
	}
	DuplicateHeader = Signature{
		Name: "duplicate-header", Phrase: `upstream sent duplicate header line: "`, Levels: errorLevel,
		Meaning: "Content-Length or Transfer-Encoding twice: refused since 1.23",
	}
	DuplicateHeaderIgnored = Signature{
		Name: "duplicate-header-ignored", Phrase: `upstream sent duplicate header line: "`, Levels: warnLevel,
		Meaning: "a header line came twice, the first one counts (since 1.23)",
	}
	LengthAndEncoding = Signature{
		Name: "length-and-encoding", Phrase: `upstream sent "Content-Length" and "Transfer-Encoding" headers at the same time`, Levels: errorLevel,
		Meaning: "both framings in one response: refused since 1.23",
	}
	BadContentLength = Signature{
		Name: "bad-content-length", Phrase: `upstream sent invalid "Content-Length" header: "`, Levels: errorLevel,
		Meaning: "Content-Length is no number: refused since 1.23",
	}
	BadTransferEncoding = Signature{
		Name: "bad-transfer-encoding", Phrase: `upstream sent unknown "Transfer-Encoding": "`, Levels: errorLevel,
		Meaning: "a Transfer-Encoding other than chunked: refused since 1.23",
	}
	BadStatus = Signature{
		Name: "bad-status", Phrase: `upstream sent invalid status "`, Levels: errorLevel,
		Meaning: "FastCGI, uwsgi or scgi sent a Status that is no number",
	}
	TooBigEarlyHints = Signature{
		Name: "too-big-early-hints", Phrase: "upstream sent too big early hints", Exact: true, Levels: infoLevel,
		Meaning: "103 responses larger than proxy_buffer_size are dropped",
	}
	OldEarlyHints = Signature{
		Name: "old-early-hints", Phrase: "upstream sent HTTP/1.0 response with early hints", Exact: true, Levels: errorLevel,
		Meaning: "a 103 response over HTTP/1.0",
	}
	UpgradeInSubrequest = Signature{
		Name: "upgrade-in-subrequest", Phrase: "connection upgrade in subrequest", Exact: true, Levels: errorLevel,
		Meaning: "auth_request, SSI or mirror reached an upstream that answered 101",
	}
)

var headerFamily = []Signature{
	TooBigHeader, NotHTTP, BadHeader, DuplicateHeader, DuplicateHeaderIgnored, LengthAndEncoding,
	BadContentLength, BadTransferEncoding, BadStatus, TooBigEarlyHints, OldEarlyHints, UpgradeInSubrequest,
}

// Bodies that break their framing (ngx_http_proxy_module.c, ngx_event_pipe.c,
// ngx_http_upstream.c:ngx_http_upstream_non_buffered_filter).
var (
	BadChunk = Signature{
		Name: "bad-chunk", Phrase: "upstream sent invalid chunked response", Exact: true, Levels: errorLevel,
		Meaning: "the chunked body is malformed: the client gets a truncated 200",
	}
	MoreThanLength = Signature{
		Name: "more-than-length", Phrase: `upstream sent more data than specified in "Content-Length" header`, Levels: warnLevel,
		Meaning: "bytes behind Content-Length are dropped",
	}
	DataAfterFinalChunk = Signature{
		Name: "data-after-final-chunk", Phrase: "upstream sent data after final chunk", Exact: true, Levels: warnLevel,
		Meaning: "bytes behind the last chunk are dropped",
	}
	DataAfterTrailers = Signature{
		Name: "data-after-trailers", Phrase: "upstream sent data after trailers", Exact: true, Levels: warnLevel,
		Meaning: "bytes behind the trailers are dropped",
	}
	TooBigTrailers = Signature{
		Name: "too-big-trailers", Phrase: "upstream sent too big trailers", Exact: true, Levels: errorLevel,
		Meaning: "trailers larger than proxy_buffer_size: the client gets a truncated 200",
	}
	BadTrailerLine = Signature{
		Name: "bad-trailer-line", Phrase: `upstream sent invalid trailer: "`, Levels: errorLevel,
		Meaning: "a trailer line has a forbidden character",
	}
	BadGzip = Signature{
		Name: "bad-gzip", Phrase: "inflate() failed: ", Levels: errorLevel,
		Meaning: "gunzip cannot unpack the upstream's body",
	}
	BadSlice = Signature{
		Name: "bad-slice", Phrase: "unexpected ", Any: []string{"in slice response"}, Levels: errorLevel,
		Meaning: "the upstream ignored or misread the Range that the slice module asked for",
	}
	BadSliceRange = Signature{
		Name: "bad-slice-range", Phrase: "invalid range in slice response", Levels: errorLevel,
		Meaning: "the upstream's Content-Range is malformed",
	}
	SliceChanged = Signature{
		Name: "slice-changed", Phrase: "etag mismatch in slice response", Levels: errorLevel,
		Meaning: "the upstream's file changed between two slices",
	}
)

var bodyFamily = []Signature{
	BadChunk, MoreThanLength, DataAfterFinalChunk, DataAfterTrailers, TooBigTrailers, BadTrailerLine,
	BadGzip, BadSlice, BadSliceRange, SliceChanged,
}
