package nginx

// HTTP/2 to the upstream: frames and header compression that break RFC 9113 or RFC 7541
// (ngx_http_grpc_module.c:ngx_http_grpc_parse_frame, ngx_http_grpc_parse_fragment and their neighbours).
var (
	H2ShortFrame = Signature{
		Name: "h2-short-frame", Phrase: "upstream sent too short http2 frame", Exact: true, Levels: errorLevel,
		Meaning: "padded data without a pad length",
	}
	H2Padding = Signature{
		Name: "h2-padding", Phrase: "upstream sent http2 frame with too long padding: ", Levels: errorLevel,
		Meaning: "padding longer than the frame",
	}
	H2BigFrame = Signature{
		Name: "h2-big-frame", Phrase: "upstream sent too large http2 frame: ", Levels: errorLevel,
		Meaning: "a frame above 16384 bytes; 4740180 is HTT, an HTTP/1 server",
	}
	H2HeadersLength = Signature{
		Name: "h2-headers-length", Phrase: "upstream sent headers frame with invalid length: ", Levels: errorLevel,
		Meaning: "HEADERS too short for its flags",
	}
	H2Truncated = Signature{
		Name: "h2-truncated", Phrase: "upstream sent truncated http2 header", Exact: true, Levels: errorLevel,
		Meaning: "the header block ends inside a field",
	}
	H2TableIndex = Signature{
		Name: "h2-table-index", Phrase: "upstream sent invalid http2 table index: ", Levels: errorLevel,
		Meaning: "a reference to an empty table",
	}
	H2TableSize = Signature{
		Name: "h2-table-size", Phrase: "upstream sent invalid http2 dynamic table size update: ", Levels: errorLevel,
		Meaning: "a table larger than nginx allows, which is 0",
	}
	H2TableContinuation = Signature{
		Name: "h2-table-continuation", Phrase: "upstream sent http2 table index with continuation flag", Exact: true, Levels: errorLevel,
		Meaning: "a table index too large to be valid",
	}
	H2EmptyName = Signature{
		Name: "h2-empty-name", Phrase: "upstream sent zero http2 header name length", Exact: true, Levels: errorLevel,
		Meaning: "a header without name",
	}
	H2LongName = Signature{
		Name: "h2-long-name", Phrase: "upstream sent too large http2 header name length", Levels: errorLevel,
		Meaning: "a header name larger than the buffer",
	}
	H2Encoding = Signature{
		Name: "h2-encoding", Phrase: "upstream sent invalid encoded header", Exact: true, Levels: errorLevel,
		Meaning: "bad Huffman code",
	}
	H2LongValue = Signature{
		Name: "h2-long-value", Phrase: "upstream sent too large http2 header value length", Levels: errorLevel,
		Meaning: "a header value larger than the buffer",
	}
	H2LongHeader = Signature{
		Name: "h2-long-header", Phrase: "upstream sent too large http2 header", Exact: true, Levels: errorLevel,
		Meaning: "name and value together larger than the buffer",
	}
	H2ResetLength = Signature{
		Name: "h2-reset-length", Phrase: "upstream sent rst stream frame with invalid length: ", Levels: errorLevel,
		Meaning: "RST_STREAM of a wrong length",
	}
	H2GoawayStream = Signature{
		Name: "h2-goaway-stream", Phrase: "upstream sent goaway frame with non-zero stream id: ", Levels: errorLevel,
		Meaning: "GOAWAY on a stream",
	}
	H2GoawayLength = Signature{
		Name: "h2-goaway-length", Phrase: "upstream sent goaway frame with invalid length: ", Levels: errorLevel,
		Meaning: "GOAWAY of a wrong length",
	}
	H2WindowLength = Signature{
		Name: "h2-window-length", Phrase: "upstream sent window update frame with invalid length: ", Levels: errorLevel,
		Meaning: "WINDOW_UPDATE of a wrong length",
	}
	H2WindowZero = Signature{
		Name: "h2-window-zero", Phrase: "upstream sent zero window update", Exact: true, Levels: errorLevel,
		Meaning: "WINDOW_UPDATE by 0",
	}
	H2WindowLarge = Signature{
		Name: "h2-window-large", Phrase: "upstream sent too large window update", Exact: true, Levels: errorLevel,
		Meaning: "a window beyond its maximum",
	}
	H2SettingsStream = Signature{
		Name: "h2-settings-stream", Phrase: "upstream sent settings frame with non-zero stream id: ", Levels: errorLevel,
		Meaning: "SETTINGS on a stream",
	}
	H2SettingsAck = Signature{
		Name: "h2-settings-ack", Phrase: "upstream sent settings frame with ack flag and non-zero length: ", Levels: errorLevel,
		Meaning: "an acknowledgement with content",
	}
	H2SettingsLength = Signature{
		Name: "h2-settings-length", Phrase: "upstream sent settings frame with invalid length: ", Levels: errorLevel,
		Meaning: "SETTINGS of a wrong length",
	}
	H2SettingsMany = Signature{
		Name: "h2-settings-many", Phrase: "upstream sent too many settings frames", Exact: true, Levels: errorLevel,
		Meaning: "a flood of SETTINGS",
	}
	H2SettingsWindow = Signature{
		Name: "h2-settings-window", Phrase: "upstream sent settings frame with too large initial window size: ", Levels: errorLevel,
		Meaning: "an initial window beyond its maximum",
	}
	H2PingStream = Signature{
		Name: "h2-ping-stream", Phrase: "upstream sent ping frame with non-zero stream id: ", Levels: errorLevel,
		Meaning: "PING on a stream",
	}
	H2PingLength = Signature{
		Name: "h2-ping-length", Phrase: "upstream sent ping frame with invalid length: ", Levels: errorLevel,
		Meaning: "PING of a wrong length",
	}
	H2PingAck = Signature{
		Name: "h2-ping-ack", Phrase: "upstream sent ping frame with ack flag", Exact: true, Levels: errorLevel,
		Meaning: "an acknowledgement nobody asked for",
	}
	H2PingMany = Signature{
		Name: "h2-ping-many", Phrase: "upstream sent too many ping frames", Exact: true, Levels: errorLevel,
		Meaning: "a flood of PING",
	}
)

var http2FrameFamily = []Signature{
	H2ShortFrame, H2Padding, H2BigFrame, H2HeadersLength, H2Truncated, H2TableIndex, H2TableSize,
	H2TableContinuation, H2EmptyName, H2LongName, H2Encoding, H2LongValue, H2LongHeader, H2ResetLength,
	H2GoawayStream, H2GoawayLength, H2WindowLength, H2WindowZero, H2WindowLarge, H2SettingsStream, H2SettingsAck,
	H2SettingsLength, H2SettingsMany, H2SettingsWindow, H2PingStream, H2PingLength, H2PingAck, H2PingMany,
}
