package backends

import (
	"net/http"
	"time"
)

// IDHeader is the request header that carries the id of a client request from
// the client through nginx to every backend that it reaches.
const IDHeader = "Badgateway-Id"

// Spec declares one scripted upstream of a pod.
type Spec struct {
	// Name is unique within a pod; faults and attempts refer to it.
	Name string `json:"name"`
	// Listen is the address nginx connects to, as its config writes it:
	// "127.0.0.1:3000", "10.0.3.7:8080", "[::1]:3000" or "unix:/run/app.sock".
	Listen string `json:"listen"`
	// Hosts are the names that resolve to Listen's address inside the pod.
	Hosts []string `json:"hosts,omitempty"`
	// Protocol is what the backend speaks; empty is HTTP/1.1.
	Protocol Protocol `json:"protocol,omitempty"`
	// TLS makes the backend speak TLS; nil is plain text.
	TLS *TLS `json:"tls,omitempty"`
	// Mode is the permission of the unix socket file (0 means 0666).
	Mode uint32 `json:"mode,omitempty"`
	// Owner is USER:GROUP of the unix socket file, by name, in a pod; [Listen]
	// leaves it its own. Empty is root:root.
	Owner string `json:"owner,omitempty"`
	// Script is what the backend does from the start; a fault may replace it.
	Script Script `json:"script"`
}

// TLS declares the certificate that a backend presents, and what it demands of
// the handshake. See [Spec.Certificate] for the certificate itself.
type TLS struct {
	// Names are the DNS names or IP addresses in the certificate; empty means
	// Spec.Hosts, then the address of Spec.Listen, then Spec.Name.
	Names []string `json:"names,omitempty"`
	// Expired makes a certificate whose validity ended in January 2021.
	Expired bool `json:"expired,omitempty"`
	// Issued makes a certificate signed by the [CA]; otherwise it is signed by
	// itself.
	Issued bool `json:"issued,omitempty"`
	// ClientCertificate demands a certificate of the [CA] from the client. One
	// that sends none gets alert 40 (handshake_failure) inside the handshake,
	// and in TLS 1.3 alert 116 (certificate_required) when its own handshake is
	// over already.
	ClientCertificate bool `json:"client_certificate,omitempty"`
	// Max is the newest protocol version spoken: "1.0", "1.1", "1.2" or "1.3";
	// empty is 1.3. The oldest is 1.2, or Max. A client without a version in
	// common gets alert 70 (protocol_version).
	Max string `json:"max,omitempty"`
	// SNI demands the server name extension (RFC 6066, section 3) with one of
	// the certificate's names; any other client gets alert 112
	// (unrecognized_name).
	SNI bool `json:"sni,omitempty"`
}

// Action is what a backend does with a connection or a request.
type Action string

// The actions of a backend that speaks HTTP/1.1, or pretends to.
//
// "Read the request" always means its whole body too. FIN is a polite end:
// over TLS close_notify goes first, and what the peer still sends is read and
// dropped, so that the kernel does not turn the FIN into an RST (RFC 9112,
// section 9.6). RST is SO_LINGER 0 and close (socket(7)); all that was to be
// sent before it has left the socket by then.
//
// A unix stream has no RST. There Linux gives the peer ECONNRESET when the
// closing side leaves bytes unread (net/unix/af_unix.c, unix_release_sock):
// ResetAtAccept waits for the first byte and leaves it unread, so the peer
// reads ECONNRESET; of ResetEarly it depends on whether the body has come yet;
// ResetNoAnswer and ResetInBody have read the request, so
// the peer reads end of file, as after a FIN.
const (
	Respond       Action = "respond"         // read the request, wait Delay, send the complete response
	AnswerEarly   Action = "answer-early"    // read the request's header, send the complete response, of a protocol that needs it with FIN, then drop what comes until the peer ends (RFC 9112, section 9.6)
	StopReading   Action = "stop-reading"    // read the request's header and nothing more: the peer's writes stop when the buffers between, or the stream's window (RFC 9113, section 5.2), are full
	ResetEarly    Action = "reset-early"     // read the request's header, then RST without a byte
	CloseAtAccept Action = "close-at-accept" // FIN right after accept, nothing read
	ResetAtAccept Action = "reset-at-accept" // RST right after accept
	CloseNoAnswer Action = "close-no-answer" // read the request, then FIN without a byte
	ResetNoAnswer Action = "reset-no-answer" // read the request, then RST without a byte
	TruncateBody  Action = "truncate-body"   // promise Content-Length, send SendBytes of it, FIN
	ResetInBody   Action = "reset-in-body"   // promise Content-Length, send SendBytes of it, RST
	StallInBody   Action = "stall-in-body"   // promise Content-Length, send SendBytes of it, then silence
	Silent        Action = "silent"          // read the request and never answer
	NotHTTP       Action = "not-http"        // read the request, send Body (an SSH banner if empty) as it is, FIN
)

// Script is a declared behaviour. The zero value answers 200 with a short body
// that names the backend. A field that the action has no use for is an error
// ([Script.Validate]), never ignored.
type Script struct {
	Action Action `json:"action,omitempty"` // empty is Respond
	// Status of the response; 0 is 200.
	Status int `json:"status,omitempty"`
	// Header is added to the response. A name given here replaces the
	// backend's own Content-Type, Content-Length or Connection. With
	// Transfer-Encoding no Content-Length is sent, and Body must be in that
	// encoding itself.
	Header http.Header `json:"header,omitempty"`
	// HeaderBytes pads the response header block to exactly this many bytes,
	// status line and final CRLF included, whatever the request was. It must
	// not be below what the block takes without padding. 0: no padding.
	//
	// nginx reads the block into proxy_buffer_size bytes: one byte more is
	// "upstream sent too big header" (ngx_http_upstream.c,
	// ngx_http_upstream_process_header) and one byte less passes. A block of
	// exactly that size passes, but with proxy_buffering on nginx 1.22.1 then
	// takes the body for ended, "upstream prematurely closed connection while
	// reading upstream" (observed; see TestNginxSeesEachBehaviour).
	HeaderBytes int `json:"header_bytes,omitempty"`
	// Body of the response; empty means "ok from NAME\n".
	Body string `json:"body,omitempty"`
	// BodyBytes repeats or cuts Body to exactly this length. 0: Body as it is.
	BodyBytes int `json:"body_bytes,omitempty"`
	// SendBytes is how much of the body the truncating actions send, and how
	// much of it goes before the Pause.
	SendBytes int `json:"send_bytes,omitempty"`
	// Pause makes Respond send the answer in two parts: header and SendBytes of
	// the body at once, the rest when Pause has passed. In nanoseconds as JSON.
	Pause time.Duration `json:"pause,omitempty"`
	// Delay passes between the complete request and the first byte of the
	// answer (or its FIN or RST), in nanoseconds as JSON.
	Delay time.Duration `json:"delay,omitempty"`
	// Uses is how many requests a connection carries: it stays open after the
	// last of them and gets FIN when the next one arrives, which is not read.
	// So meets a request the idle timeout of an application that expires in
	// that moment (RFC 9112, section 9.5). A request of HTTP/2 is a stream.
	// 0: any number.
	Uses int `json:"uses,omitempty"`
	// MostHead is how many bytes of variables a request of UWSGI may have, which
	// is uWSGI's buffer-size (4096 by default): of a larger one the rest stays
	// unread, and the connection is reset. 0: as many as the protocol has.
	MostHead int `json:"most_head,omitempty"`
	// Rules are other answers for some requests: the first that applies counts.
	Rules []Rule `json:"rules,omitempty"`
	// WebSocket makes Respond switch protocols when a client asks for it; all
	// other requests get the answer that the Script says.
	WebSocket *WebSocket `json:"websocket,omitempty"`
}

// WebSocket is an application that sends every message back (RFC 6455).
type WebSocket struct {
	// Ping is how often it sends a ping, whose pong it awaits; 0: never.
	Ping time.Duration `json:"ping,omitempty"`
}

// Rule is the answer to requests with a certain target, header field or version,
// as an application has one for its own host name, for a password or for HTTPS,
// a checker of passwords for every path, and Envoy for HTTP/1.0.
type Rule struct {
	// Target is a regular expression (RE2) that the request target must match;
	// empty: any.
	Target string `json:"target,omitempty"`
	// Field is the name of a request header field, Host included; empty: none
	// is asked for.
	Field string `json:"field,omitempty"`
	// Value is a regular expression (RE2); the rule applies to a request in
	// which a value of Field matches, and never to one without the field.
	Value string `json:"value,omitempty"`
	// Proto is a regular expression (RE2) that the version of the request must
	// match ("HTTP/1.0"); empty: any.
	Proto string `json:"proto,omitempty"`
	// Once leaves the rule out for a request whose id it has answered: nginx
	// comes again with it where X-Accel-Redirect leads to the same backend.
	Once bool `json:"once,omitempty"`
	// Status and Header replace the Script's; all else is as the Script says.
	Status int         `json:"status,omitempty"`
	Header http.Header `json:"header,omitempty"`
}

// Conn is one accepted connection, as offsets from the recorder's base time.
type Conn struct {
	Backend string        `json:"backend"`
	Number  int           `json:"number"` // from 1, per backend
	Opened  time.Duration `json:"opened"`
	// Closed is when the first of the two sides ended it: the backend sent FIN
	// or RST, or saw the peer's. 0 while open.
	Closed time.Duration `json:"closed,omitempty"`
	// Unread says that a request came when Script.Uses was reached, and was not
	// read.
	Unread bool `json:"unread,omitempty"`
	// SNI is the server name in the client's TLS handshake; empty: none.
	SNI string `json:"sni,omitempty"`
	// Error is why the connection ended otherwise than by HTTP or by script:
	// a TLS handshake that went wrong, a peer that reset or left mid-response.
	Error string `json:"error,omitempty"`
}

// Attempt is one request that reached a backend, complete or not. It is
// recorded as soon as its header is there (or its connection is over, or its
// bytes are no HTTP); Body, Complete and Error follow.
type Attempt struct {
	ID      string        `json:"id"` // value of IDHeader, "" when nginx dropped it
	Backend string        `json:"backend"`
	Conn    int           `json:"conn"` // Conn.Number
	At      time.Duration `json:"at"`   // its first byte
	Method  string        `json:"method"`
	Target  string        `json:"target"` // request target as received
	Proto   string        `json:"proto"`
	Header  http.Header   `json:"header"` // Host included
	Body    int64         `json:"body"`   // bytes of request body read
	// Complete says that the whole request, body included, was read.
	Complete bool   `json:"complete"`
	Action   Action `json:"action"` // what the backend then did; "" when the peer left first
	// Error is why the request is incomplete, or no HTTP/1 request at all.
	Error string `json:"error,omitempty"`
}
