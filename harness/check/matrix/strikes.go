package matrix

import (
	"fmt"
	"net/http"
	"strconv"
	"strings"
	"time"

	"badgateway/backends"
	"badgateway/harness/pod"
)

// The answers of truncating faults, and how much of them is sent.
const (
	bodyBytes = 32 << 10
	sentBytes = 8 << 10
)

// rawBytes are no answer of any protocol that nginx speaks to an upstream.
const rawBytes = "SSH-2.0-OpenSSH_9.2p1\r\n"

// Bodies that no healthy backend sends.
const (
	failingBody = "the application's own error page\n"
	chunkText   = "the beginning of an answer\n"
)

// chunk is what comes before what is no chunk.
var chunk = strings.Repeat(chunkText, sentBytes/len(chunkText))

// brokenChunks is one chunk, which nginx can pass on, and then none.
var brokenChunks = func() backends.Script {
	good := fmt.Sprintf("%x\r\n%s\r\n", len(chunk), chunk)
	return backends.Script{Header: http.Header{"Transfer-Encoding": {"chunked"}},
		Body: good + "no chunk\r\n", SendBytes: len(good), Pause: 300 * time.Millisecond}
}()

// answerInUpload is a limit on uploads. Where the end of the connection ends the
// answer, the proxy in front of the backend, which has no half-closed connections,
// goes on for a while reading what nginx sent before it read the answer: closed at
// once, it would reset the connection.
func answerInUpload(p backends.Spec) []pod.Fault {
	return append([]pod.Fault{{Kind: pod.KindSlowClose, Target: p.Name, Duration: lingering}}, behave(answerEarly)(p)...)
}

// lingering is that while.
const lingering = 500 * time.Millisecond

var answerEarly = backends.Script{Action: backends.AnswerEarly, Status: http.StatusRequestEntityTooLarge, Body: failingBody}

// resetInUpload resets the connection, as the kernel does for an application
// that closes with a part of the upload unread. What such an application
// answered is lost where nginx meets the reset as it writes; so none comes here.
// A unix socket does not lose an answer so: what was sent is read before the error
// (net/unix/af_unix.c, unix_stream_read_generic).
func resetInUpload(p backends.Spec) []pod.Fault {
	script := backends.ResettingEarly()
	script.Delay = untilFull
	return append(kind(pod.KindResetEnd)(p), behave(script)(p)...)
}

// untilFull is in which nginx fills the buffers, and waits: whether it meets a
// reset by reading or by writing is chance before.
const untilFull = 500 * time.Millisecond

// webSocketApp sends back what it gets.
var webSocketApp = backends.Script{WebSocket: &backends.WebSocket{}}

func failing(status int) backends.Script {
	return backends.Script{Status: status, Body: failingBody}
}

// kind injects one fault of the pod.
func kind(k pod.FaultKind) func(backends.Spec) []pod.Fault {
	return func(p backends.Spec) []pod.Fault { return []pod.Fault{{Kind: k, Target: p.Name}} }
}

// behave makes the backend follow a script, its rules for some requests kept.
func behave(script backends.Script) func(backends.Spec) []pod.Fault {
	return func(p backends.Spec) []pod.Fault {
		if script.Action == "" || script.Action == backends.Respond {
			script := script
			script.Rules = p.Script.Rules
			return []pod.Fault{{Kind: pod.KindBehave, Target: p.Name, Script: script}}
		}
		return []pod.Fault{{Kind: pod.KindBehave, Target: p.Name, Script: script}}
	}
}

func refuse(p backends.Spec) []pod.Fault {
	if isUnix(p.Listen) { // a socket file that nobody listens on: ECONNREFUSED
		return kind(pod.KindStale)(p)
	}
	return kind(pod.KindDown)(p)
}

func unreach(p backends.Spec) []pod.Fault {
	if isUnix(p.Listen) {
		return kind(pod.KindMissing)(p)
	}
	return kind(pod.KindUnreach)(p)
}

// resetOnAccept has the proxy in front of the backend reset a connection at its
// first byte. The backend's own RST the proxy would turn into FIN, and one that
// comes at once nginx meets while it connects or later, by chance.
func resetOnAccept(p backends.Spec) []pod.Fault {
	return []pod.Fault{{Kind: pod.KindResetPeer, Target: p.Name, Upstream: true}}
}

func resetInBody(p backends.Spec) []pod.Fault {
	return append(kind(pod.KindResetEnd)(p), behave(backends.ResetAfter(bodyBytes, sentBytes))(p)...)
}

// invalidHeader has a header that nginx refuses in every version
// (ngx_http_parse.c:ngx_http_parse_header_line, '\0').
func invalidHeader(p backends.Spec) []pod.Fault {
	begin := "HTTP/1.1 200 OK\r\n"
	if p.Protocol == backends.FastCGI || p.Protocol == backends.SCGI {
		begin = "Status: 200 OK\r\n"
	}
	answer := begin + "Broken\x00Name: 1\r\nContent-Type: text/plain\r\n\r\n"
	if p.Protocol == backends.FastCGI { // a record of type STDOUT for request 1 (FastCGI 1.0, section 3.3)
		answer = "\x01\x06\x00\x01\x00" + string(rune(len(answer))) + "\x00\x00" + answer
	}
	return behave(backends.Speaking(answer))(p)
}

func duplicateHeader(p backends.Spec) []pod.Fault {
	size := strconv.Itoa(len(healthyBody(p.Name)))
	return behave(backends.Script{Header: http.Header{"Content-Length": {size, size}}})(p)
}

// healthyBody is what a healthy backend answers (backends.Script.Body).
func healthyBody(backend string) string { return "ok from " + backend + "\n" }

// promised is the whole body that a script announces.
func promised(s backends.Script, backend string) string {
	text := s.Body
	if text == "" {
		text = healthyBody(backend)
	}
	if s.Header.Get("Transfer-Encoding") != "" {
		text = chunk
	}
	if s.BodyBytes > 0 {
		text = strings.Repeat(text, s.BodyBytes/len(text)+1)[:s.BodyBytes]
	}
	return text
}

// The uploads of faults that are about them.
const (
	slowUploadPause = 10 * time.Second
	uploadBytes     = 4000
	pieceBytes      = 1000
	muchBytes       = 512 << 10 // less than client_max_body_size, unless set
)

func uploadSlowly(r *pod.Request, k clock) {
	r.BodyBytes = uploadBytes
	r.Pace = pod.Pace{Bytes: pieceBytes, Pause: k.copied(slowUploadPause)}
}

func uploadMuch(r *pod.Request, _ clock) { r.BodyBytes = muchBytes }

// smallBuffers keeps sockets from taking an upload that nobody reads.
func smallBuffers(s *stage) {
	s.spec.Sysctls = map[string]string{"net.ipv4.tcp_rmem": "4096 16384 16384", "net.ipv4.tcp_wmem": "4096 16384 16384"}
}

// idleTunnel is idle for longer than nginx allows.
func idleTunnel(r *pod.Request, k clock) {
	r.Proto = pod.HTTP11
	r.Upgrade = &pod.Upgrade{Idle: k.wait*5/4 + time.Second/2}
}
