package matrix

import (
	"net/http"
	"slices"
	"time"

	"badgateway/backends"
	"badgateway/harness/check/result"
	"badgateway/harness/pod"
)

// Fault is one way in which the upstream of a route fails.
type Fault struct {
	// Name is what patterns, cells and findings call it.
	Name string
	// Title is one line for a person.
	Title string
	// Waits are the timeouts that it provokes.
	Waits []Wait
	// Pause is a wait of the fault itself, in the configuration's own time.
	Pause time.Duration
	// Evidence is by what it is known that it met something.
	Evidence Evidence
	// Method is the only method it is for; empty: any.
	Method string
	// Recovers says that the time until requests succeed again is measured. The
	// faults without it leave a server out as these do, or leave nothing behind.
	Recovers bool

	spares  bool                              // the servers are alive, and answer other requests
	applies []rule                            // each may say why it does not apply
	tcp     bool                              // strikes no unix socket
	one     bool                              // strikes the first peer only
	strike  func(p backends.Spec) []pod.Fault // for each peer that it strikes
	// successors says that names change their addresses, which the course does.
	successors bool
	names      pod.NameAnswer                // what the DNS server says of the route's hosts
	alter      func(s *stage)                // before the pod is made
	request    func(r *pod.Request, k clock) // what the client does otherwise
	course     course                        // nil: one request
}

// None is the name of the healthy baseline, which is no fault.
const None = "none"

// NotStarted is the outcome of a client when nginx refuses to start.
const NotStarted pod.Outcome = "nginx does not start"

// Wait is a timeout of the configuration, without the prefix of the protocol's
// module where it has one.
type Wait string

// The waits.
const (
	Connect    Wait = "connect_timeout"
	Send       Wait = "send_timeout"
	Read       Wait = "read_timeout"
	Resolve    Wait = "resolver_timeout"
	ClientBody Wait = "client_body_timeout"
)

// Evidence is what proves that a fault met something.
type Evidence string

// The kinds of evidence.
const (
	// ByWindow: something reached what fails, counted by the pod itself, or the
	// error log names its address.
	ByWindow Evidence = "the pod counted what reached it, or the error log names its address"
	// ByConnection: a connection to a peer was accepted.
	ByConnection Evidence = "a connection to the upstream was accepted"
	// ByIdle: the request came on an idle connection, which ended under it.
	ByIdle Evidence = "the backend ended a connection on which the request came"
	// ByStart: nginx named the missing host and ended.
	ByStart Evidence = "nginx named the host when it refused to start"
	// ByUpload: the client paused, and was answered when all had come, or with 408.
	ByUpload Evidence = "nginx waited for the upload"
	// ByTunnel: a WebSocket was opened.
	ByTunnel Evidence = "nginx switched protocols"
	// Always: there is nothing to meet.
	Always Evidence = "none needed"
)

// Faults is the table, in the order of a report; the first is [None].
func Faults() []Fault { return faults }

var faults = []Fault{
	{Name: None, Title: "nothing fails", Evidence: Always},

	{Name: "refused", Title: "connections are refused", Evidence: ByWindow, Recovers: true, strike: refuse},
	{Name: "syn-dropped", Title: "connections are never answered", Evidence: ByWindow, Recovers: true, Waits: []Wait{Connect},
		tcp: true, strike: kind(pod.KindDropSYN)},
	{Name: "unreachable", Title: "there is no route to the host; a unix socket is gone", Evidence: ByWindow, Recovers: true,
		applies: []rule{notStream}, strike: unreach},
	{Name: "reset-on-accept", Title: "connections are accepted, and reset at their first byte", Evidence: ByWindow, Recovers: true,
		tcp: true, strike: resetOnAccept},
	{Name: "closed-before-headers", Title: "the request is read and the connection closed without an answer", Evidence: ByWindow, Recovers: true,
		applies: []rule{notStream}, spares: true, strike: behave(backends.Closing())},
	{Name: "reset-after-headers", Title: "the connection is reset within the body of the answer", Evidence: ByWindow,
		applies: []rule{notStream}, tcp: true, strike: resetInBody},
	{Name: "slow-headers", Title: "the answer comes later than the read timeout", Evidence: ByWindow, Recovers: true, Waits: []Wait{Read},
		applies: []rule{notStream}, spares: true, strike: behave(backends.Mute())},
	{Name: "stalled-body", Title: "the answer stops within its body, the connection stays open", Evidence: ByWindow, Waits: []Wait{Read},
		strike: behave(backends.Stalled(bodyBytes, sentBytes))},
	{Name: "truncated-body", Title: "the answer ends within its body", Evidence: ByWindow,
		applies: []rule{notStream}, strike: behave(backends.Truncated(bodyBytes, sentBytes))},
	{Name: "broken-chunking", Title: "the chunks of the answer are no chunks", Evidence: ByWindow,
		applies: []rule{speaks("has no chunks of HTTP/1.1", "http", "https")}, strike: behave(brokenChunks)},
	{Name: "headers-8k", Title: "the answer has a header of 8000 bytes", Evidence: ByWindow,
		applies: []rule{notStream}, spares: true, strike: behave(backends.BigHeaders(8000))},
	{Name: "headers-32k", Title: "the answer has a header of 32000 bytes", Evidence: ByWindow,
		applies: []rule{notStream}, spares: true, strike: behave(backends.BigHeaders(32000))},
	{Name: "not-http", Title: "the answer is that of another protocol", Evidence: ByWindow,
		applies: []rule{notStream}, spares: true, strike: behave(backends.Speaking(rawBytes))},
	{Name: "invalid-header", Title: "the answer has a header field with a zero byte in its name", Evidence: ByWindow,
		applies: []rule{notStream, textHeaders}, spares: true, strike: invalidHeader},
	{Name: "duplicate-header", Title: "the answer has Content-Length twice", Evidence: ByWindow,
		applies: []rule{notStream, textHeaders}, spares: true, strike: duplicateHeader},
	{Name: "status-500", Title: "the application answers 500", Evidence: ByWindow, applies: []rule{notStream}, spares: true, strike: behave(failing(500))},
	{Name: "status-503", Title: "the application answers 503", Evidence: ByWindow, applies: []rule{notStream}, spares: true, strike: behave(failing(503))},
	{Name: "status-429", Title: "the application answers 429", Evidence: ByWindow, applies: []rule{notStream}, spares: true, strike: behave(failing(429))},

	{Name: "one-peer-dead", Title: "one of several servers refuses connections", Evidence: ByWindow,
		applies: []rule{notStream, severalPeers}, one: true, strike: refuse, course: byChance},
	{Name: "one-peer-slow", Title: "one of several servers never answers", Evidence: ByWindow, Waits: []Wait{Read},
		applies: []rule{notStream, severalPeers}, one: true, strike: behave(backends.Mute()), course: byChance},
	{Name: "all-peers-dead", Title: "every server refuses connections, and earlier requests have met that", Evidence: ByWindow, Recovers: true,
		applies: []rule{notStream, severalPeers}, strike: refuse, course: whenMarked},

	{Name: "name-unresolvable", Title: "the upstream's name does not exist: asked for at run time, or when nginx is restarted", Evidence: ByWindow,
		Recovers: true, applies: []rule{notStream, named}, names: pod.NameAnswer{Code: pod.NXDomain}, alter: forgetNames},
	{Name: "resolver-silent", Title: "the resolver never answers", Evidence: ByWindow, Waits: []Wait{Resolve}, Recovers: true,
		applies: []rule{notStream, namedAtRunTime}, names: pod.NameAnswer{Code: pod.Silence}},
	{Name: "address-changed", Title: "after a redeployment the name has another address, and the old one is dead", Evidence: ByWindow,
		applies: []rule{notStream, named}, tcp: true, successors: true, alter: addSuccessors, strike: refuse, course: whenSettled},

	{Name: "stale-keepalive", Title: "an idle connection ends as the request comes", Evidence: ByIdle,
		applies: []rule{notStream, speaks("is not kept open between requests", "http", "https", "fastcgi", "grpc", "grpcs")},
		strike:  behave(backends.StaleAfter(1)), course: whenStale},
	{Name: "tls-handshake-failure", Title: "the upstream's port does not speak TLS", Evidence: ByConnection,
		applies: []rule{notStream, overTLS}, alter: certify(func(t *backends.TLS) *backends.TLS { return nil })},
	{Name: "tls-expired", Title: "the upstream's certificate has expired", Evidence: ByConnection,
		applies: []rule{notStream, overTLS}, alter: certify(func(t *backends.TLS) *backends.TLS { t.Expired = true; return t })},
	{Name: "tls-self-signed", Title: "the upstream's certificate is signed by itself", Evidence: ByConnection,
		applies: []rule{notStream, overTLS}, alter: certify(func(t *backends.TLS) *backends.TLS { t.Issued = false; return t })},

	{Name: "slow-upload", Title: "the client pauses for 10 s between the pieces of its upload", Evidence: ByUpload, Method: http.MethodPost,
		Waits: []Wait{ClientBody}, Pause: slowUploadPause, applies: []rule{notStream}, request: uploadSlowly},
	{Name: "upload-unread", Title: "the application stops reading within the upload", Evidence: ByWindow, Method: http.MethodPost,
		Waits: []Wait{Send, ClientBody}, applies: []rule{notStream}, alter: smallBuffers, strike: behave(backends.Unread()), request: uploadMuch},
	{Name: "early-answer", Title: "the application answers 413 and closes before it has read the upload", Evidence: ByWindow, Method: http.MethodPost,
		applies: []rule{notStream}, strike: answerInUpload, request: uploadMuch},
	{Name: "early-reset", Title: "the application ends before it has read the upload: the connection is reset, an answer lost", Evidence: ByWindow, Method: http.MethodPost,
		tcp: true, applies: []rule{notStream}, alter: smallBuffers, strike: resetInUpload, request: uploadMuch},
	{Name: "websocket-idle", Title: "nothing passes through a WebSocket for longer than the read timeout", Evidence: ByTunnel, Method: http.MethodGet,
		Waits: []Wait{Read}, applies: []rule{notStream, webSocket}, strike: behave(webSocketApp), request: idleTunnel},
}

// Applies says why the fault does not apply to a route; "" when it does.
func (f Fault) Applies(r result.Route) (whyNot string) {
	if f.tcp && !slices.ContainsFunc(live(r), func(peer string) bool { return !isUnix(peer) }) {
		return "a unix socket knows no such failure"
	}
	for _, rule := range f.applies {
		if why := rule(r); why != "" {
			return why
		}
	}
	return ""
}
