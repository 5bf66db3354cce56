package scenarios

import (
	"net/http"
	"strings"

	"badgateway/backends"
	"badgateway/harness"
	"badgateway/harness/nginx"
	"badgateway/harness/pod"
)

// answer: the application answers, and what it sends is no proper answer.
var answer = family(harness.Scenario{Step: "2", Backends: []backends.Spec{app("127.0.0.1:3000")}, Methods: readAndWrite},
	answerNotHTTP, answerBadHeader, answerTruncated, answerReset, answerBadChunk, duplicateEncoding, lengthAndEncoding, unknownEncoding)

// chunked is a body in that encoding, and its header.
var chunked = backends.Script{Header: http.Header{"Transfer-Encoding": {"chunked"}}, Body: "3\r\nok\n\r\n0\r\n\r\n"}

var answerNotHTTP = harness.Scenario{
	Name:  "answer/not-http",
	Title: "the application's answer does not begin with HTTP/, and its bytes reach the client as they are",
	Claims: []harness.Claim{
		conditional("S1.2", "not for an answer without a status line: the access log says 009, and a search for 502 finds nothing"),
		conditional("S2.2", "curl says it at once (Received HTTP/0.9 when not allowed); a browser shows the bytes as a page"),
	},
	Looks: []harness.Look{with(access502, "S1.2", `^$`, `^$`),
		{Claim: "S2.2", Command: "curl http://localhost:3000", Tools: []string{"curl"}, Broken: `HTTP/0\.9`, Fixed: `ok from app`}},
	Cause:   "an application that prints before its header (a debug line, a panic, a shell script), or another protocol on that port",
	Why:     "without HTTP/ at its beginning nginx takes an answer for HTTP/0.9, which is a body and nothing else: no status, no header",
	Break:   harness.Break{Faults: behaves("app", backends.Speaking("Warning: low disk space\nHTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\nok\n"))},
	Symptom: steadily(pod.NotHTTP, nginx.NotHTTP),
	Fix:     harness.Fix{Title: "let the application write nothing before its status line (print to standard error)", Lift: true},
}

var answerBadHeader = harness.Scenario{
	Name:  "answer/bad-header",
	Title: "a header name of the application has a space in it",
	Claims: []harness.Claim{
		conditional("S2.2", "curl takes a header that nginx refuses: its 200 does not clear the application"),
	},
	Looks:   []harness.Look{with(directUpstream, "S2.2", `(?s)HTTP/1.1 200 OK.*ok`, `(?s)HTTP/1.1 200 OK.*ok from app`)},
	Cause:   "a header name made of a title or of a user's words; the error log quotes its beginning",
	Why:     "a name is letters, digits and a few signs (RFC 9110, 5.1); since 1.21.1 nginx refuses an answer with a space or control character there, before it was passed on",
	Break:   harness.Break{Faults: behaves("app", backends.Speaking("HTTP/1.1 200 OK\r\nCache State: hit\r\nContent-Length: 3\r\n\r\nok\n"))},
	Symptom: steadily(pod.BadGateway, nginx.BadHeader),
	Fix:     harness.Fix{Title: "correct the header name in the application", Lift: true},
	Since:   "1.21.1",
}

var answerTruncated = harness.Scenario{
	Name:  "answer/truncated",
	Title: "the application ends in the middle of its answer, and the access log says 200",
	Claims: []harness.Claim{
		conditional("W7", "inside the body the line ends while reading upstream, and the client has a 200 that is cut short"),
		conditional("S1.2", "not inside the body: the access log has the 200 that went out, only its bytes are too few"),
	},
	Looks:   []harness.Look{with(access502, "S1.2", `^$`, `^$`)},
	Cause:   "a worker killed while it sends (memory, timeout, a restart), or a Content-Length that is larger than the body",
	Why:     "status and header are with the client already when the connection ends; all that nginx can do is to close too",
	Break:   harness.Break{Faults: behaves("app", backends.Truncated(9000, 5000))},
	Symptom: steadily(pod.TruncatedBody, nginx.BodyPrematureClose),
	Fix:     harness.Fix{Title: "find what ends the worker, or correct Content-Length; nginx needs no change", Lift: true},
}

var answerReset = harness.Scenario{
	Name:    "answer/reset",
	Title:   "the connection is reset in the middle of the answer",
	Claims:  []harness.Claim{conditional("W7", "a reset inside the body ends while reading upstream, as a close there does: 200, and cut short")},
	Cause:   "a worker killed with unread data, a crash, or a firewall that gave the connection up; the access log says 200",
	Why:     "the same as a close: status and header are with the client already, so nginx can only close too",
	Break:   harness.Break{Faults: append([]pod.Fault{{Kind: pod.KindResetEnd, Target: "app"}}, behaves("app", backends.ResetAfter(9000, 5000))...)},
	Symptom: steadily(pod.TruncatedBody, nginx.BodyReset),
	Fix:     harness.Fix{Title: "find who resets (application log, packet capture) and mend it there", Lift: true},
}

var answerBadChunk = harness.Scenario{
	Name:  "answer/bad-chunk",
	Title: "the application's chunks are no chunks, and clients get a 200 that is cut short",
	Claims: []harness.Claim{
		conditional("S2.2", "curl directly fails too (Malformed encoding, exit 56), where a browser may show what it has"),
	},
	Looks:   []harness.Look{{Claim: "S2.2", Command: `curl -s -o /dev/null http://localhost:3000; echo "exit $?"`, Tools: []string{"curl"}, Broken: `exit 56$`, Fixed: `exit 0$`}},
	Cause:   "Transfer-Encoding: chunked set by hand over a body that is not, or two layers of the application that both encode",
	Why:     "a chunk begins with its size in hexadecimal; what is none ends the answer after the header went out",
	Break:   harness.Break{Faults: behaves("app", brokenChunks)},
	Symptom: steadily(pod.TruncatedBody, nginx.BadChunk),
	Fix:     harness.Fix{Title: "leave Transfer-Encoding to the application's server", Lift: true},
}

// brokenChunks is one chunk of 40 KiB and then none. It is more than nginx holds
// (proxy_buffers), so that the answer has begun before the error is seen.
var brokenChunks = backends.Script{Header: chunked.Header, Body: "a000\r\n" + strings.Repeat("line\n", 8192) + "\r\n<p>and more</p>\r\n"}

const sinceStrict = "curl and nginx before 1.23 take it: an upgrade of nginx alone turns 200 into 502"

var duplicateEncoding = harness.Scenario{
	Name:    "answer/duplicate-encoding",
	Title:   "the application says Transfer-Encoding twice",
	Claims:  []harness.Claim{conditional("S2.2", sinceStrict)},
	Looks:   []harness.Look{with(directUpstream, "S2.2", `HTTP/1.1 200 OK`, `HTTP/1.1 200 OK`)},
	Cause:   "the application copies the header of a service behind it, and its own server adds one; often seen after nginx was upgraded",
	Why:     "since 1.23.0 nginx refuses an answer whose framing stands there twice; until 1.22 it took the last one",
	Break:   harness.Break{Faults: behaves("app", backends.Script{Header: http.Header{"Transfer-Encoding": {"chunked", "chunked"}}, Body: chunked.Body})},
	Symptom: steadily(pod.BadGateway, nginx.DuplicateHeader),
	Fix:     strictly("duplicate-encoding", "do not copy Transfer-Encoding from one answer into another (RFC 9110, 7.6.1)"),
	Since:   "1.23.0",
}

var lengthAndEncoding = harness.Scenario{
	Name:    "answer/length-and-encoding",
	Title:   "the application sends Content-Length and Transfer-Encoding in one answer",
	Claims:  []harness.Claim{conditional("S2.2", sinceStrict)},
	Looks:   []harness.Look{with(directUpstream, "S2.2", `HTTP/1.1 200 OK`, `HTTP/1.1 200 OK`)},
	Cause:   "a handler sets Content-Length and then streams, or a middleware compresses and leaves the old length",
	Why:     "where one answer has two lengths two servers may disagree where it ends (RFC 9112, 6.3); since 1.23.0 nginx refuses it",
	Break:   harness.Break{Faults: behaves("app", backends.Script{Header: http.Header{"Content-Length": {"3"}, "Transfer-Encoding": {"chunked"}}, Body: chunked.Body})},
	Symptom: steadily(pod.BadGateway, nginx.LengthAndEncoding),
	Fix:     strictly("length-and-encoding", "let the application send one of them: no Content-Length with chunks"),
	Since:   "1.23.0",
}

// strictly is the remedy of an answer that nginx refuses for its framing.
func strictly(name, title string) harness.Fix {
	return harness.Fix{Title: title, Lift: true, Traps: []harness.Trap{{
		Title:  "proxy_hide_header takes it from what clients get, after nginx has read it: 502 as before",
		Conf:   conf("answer/" + name + ".trap"),
		Client: map[string]pod.Outcome{http.MethodGet: pod.BadGateway, http.MethodPost: pod.BadGateway},
	}}}
}

var unknownEncoding = harness.Scenario{
	Name:    "answer/unknown-encoding",
	Title:   "the application sends Transfer-Encoding: identity",
	Claims:  []harness.Claim{conditional("S2.2", sinceStrict)},
	Looks:   []harness.Look{with(directUpstream, "S2.2", `HTTP/1.1 200 OK`, `HTTP/1.1 200 OK`)},
	Cause:   "an old framework that says identity for no encoding at all (gone from HTTP since RFC 7230), or gzip where Content-Encoding is meant",
	Why:     "nginx speaks no transfer encoding but chunked, and since 1.23.0 refuses what it cannot read; until 1.22 it ignored the header",
	Break:   harness.Break{Faults: behaves("app", backends.Script{Header: http.Header{"Transfer-Encoding": {"identity"}, "Connection": {"close"}}})},
	Symptom: steadily(pod.BadGateway, nginx.BadTransferEncoding),
	Fix:     strictly("unknown-encoding", "leave Transfer-Encoding to the application's server"),
	Since:   "1.23.0",
}
