package pod

import (
	"fmt"
	"net/http"
	"net/netip"
	"slices"
	"strconv"
	"strings"
	"time"
)

// Request is one client request to the pod's nginx, made by the lab on a
// connection of its own.
type Request struct {
	ID     string      `json:"id,omitempty"`     // sent as backends.IDHeader; empty: the pod numbers it
	Method string      `json:"method,omitempty"` // empty: GET
	URL    string      `json:"url"`              // "/path" (http://127.0.0.1:80) or absolute
	Header http.Header `json:"header,omitempty"`
	Body   string      `json:"body,omitempty"`
	// BodyBytes repeats or cuts Body to exactly this length; 0: Body as it is.
	BodyBytes int           `json:"body_bytes,omitempty"`
	Limit     time.Duration `json:"limit,omitempty"` // 0: Timeouts.Request

	// Proto is the version of HTTP spoken.
	Proto Proto `json:"proto,omitempty"`
	// Address is where to connect, "IP:port" or "unix:/path"; empty: URL's
	// port at URL's address, or at 127.0.0.1 when URL has a name.
	Address string `json:"address,omitempty"`
	// ServerName is sent in the TLS handshake (SNI); empty: URL's name.
	ServerName string `json:"server_name,omitempty"`
	// ClientCertificate presents a certificate of backends.CA when nginx asks.
	ClientCertificate bool `json:"client_certificate,omitempty"`
	// ProxyProtocol sends a PROXY header, version 1, with the connection's own
	// addresses first, as a balancer in front of nginx does
	// (haproxy, doc/proxy-protocol.txt, 2.1).
	ProxyProtocol bool `json:"proxy_protocol,omitempty"`
	// Pace slows the upload of the body down.
	Pace Pace `json:"pace,omitzero"`
	// Upgrade asks for a WebSocket instead of an answer.
	Upgrade *Upgrade `json:"upgrade,omitempty"`
}

// Proto is a version of HTTP that the client speaks.
type Proto string

// The versions. HTTP2 is negotiated by ALPN over https, and spoken with prior
// knowledge over http (RFC 9113, 3.2 and 3.3). HTTP10 sends Host only when
// Header has one or URL has a name: a request without Host is one of its own.
const (
	HTTP11 Proto = ""
	HTTP10 Proto = "1.0"
	HTTP2  Proto = "2"
)

// Pace is the upload of a slow client: Bytes at a time, Pause between them. The
// zero value is as fast as the network takes it.
type Pace struct {
	Bytes int           `json:"bytes"`
	Pause time.Duration `json:"pause"`
}

// Upgrade asks for a WebSocket (RFC 6455, 4.1). When nginx switches protocols,
// a text message goes there and must come back; after Idle another one.
type Upgrade struct {
	Idle time.Duration `json:"idle,omitempty"` // 0: one message only
}

// ofConnection are header fields of a connection of HTTP/1.
var ofConnection = []string{"Connection", "Keep-Alive", "Proxy-Connection", "Transfer-Encoding", "Upgrade"}

// Validate says what no client can do.
func (r Request) Validate() error {
	if r.Proto != HTTP11 && r.Proto != HTTP10 && r.Proto != HTTP2 {
		return fmt.Errorf("proto %q: unknown; write %q, %q, or nothing for HTTP/1.1", r.Proto, HTTP10, HTTP2)
	}
	if path, isUnix := strings.CutPrefix(r.Address, "unix:"); isUnix {
		if !strings.HasPrefix(path, "/") {
			return fmt.Errorf("address %q: not an absolute path; write unix:/run/NAME.sock", r.Address)
		}
	} else if _, err := netip.ParseAddrPort(r.Address); r.Address != "" && err != nil {
		return fmt.Errorf("address %q: write IP:port or unix:/path: %w", r.Address, err)
	}
	if r.Pace != (Pace{}) && (r.Pace.Bytes < 1 || r.Pace.Pause < 0) {
		return fmt.Errorf("pace of %d bytes every %v: write at least one byte and no negative pause", r.Pace.Bytes, r.Pace.Pause)
	}
	for name := range r.Header {
		if canonical := http.CanonicalHeaderKey(name); r.Proto == HTTP2 && slices.Contains(ofConnection, canonical) {
			return fmt.Errorf("header %s: HTTP/2 has no such field (RFC 9113, 8.2.2); leave it out", canonical)
		}
	}
	if r.Upgrade != nil && (r.Proto != HTTP11 || r.Body != "" || r.Method != "" && r.Method != http.MethodGet) {
		return fmt.Errorf("upgrade of %s over HTTP version %q: a WebSocket opens with a GET of HTTP/1.1 without body (RFC 6455, 4.1)", r.Method, r.Proto)
	}
	return nil
}

// Outcome is what the client saw, as one named value.
type Outcome string

// The outcomes. A complete response is named by its status and text: OK, BadGateway,
// GatewayTimeout, or any other by [StatusOutcome].
const (
	OK             Outcome = "200 OK"
	Switched       Outcome = "101 Switching Protocols" // and every message came back
	BadGateway     Outcome = "502 Bad Gateway"
	GatewayTimeout Outcome = "504 Gateway Timeout"
	ServerError    Outcome = "500 Internal Server Error"
	TruncatedBody  Outcome = "truncated body" // status and headers, then fewer bytes than promised, or RST_STREAM
	TunnelCut      Outcome = "tunnel cut"     // 101, then an end while the tunnel was in use
	NotHTTP        Outcome = "not HTTP"       // bytes that are no response of the HTTP version asked for
	NoAnswer       Outcome = "closed without answer"
	Reset          Outcome = "connection reset"
	Refused        Outcome = "connection refused"
	NoTLS          Outcome = "TLS handshake failed"
	NoHTTP2        Outcome = "HTTP/2 not offered" // the TLS handshake chose no h2
	Hung           Outcome = "hung"               // nothing more until Request.Limit
)

// Response is what came back for one Request.
type Response struct {
	ID      string      `json:"id"`
	Method  string      `json:"method"`
	URL     string      `json:"url"`
	Outcome Outcome     `json:"outcome"`
	Status  int         `json:"status,omitempty"` // 0 without a status line
	Proto   string      `json:"proto,omitempty"`  // of the status line: "HTTP/1.1", "HTTP/2.0"
	Header  http.Header `json:"header,omitempty"`
	Body    []byte      `json:"body,omitempty"` // first 64 KiB; what came instead of a response when NotHTTP
	Bytes   int64       `json:"bytes"`          // all body bytes received
	// Trailer are the fields behind the body, such as grpc-status.
	Trailer http.Header `json:"trailer,omitempty"`
	// BodySHA256 is the hash of all body bytes received, in hex; of a whole
	// answer it is backends.Script.BodySHA256.
	BodySHA256 string `json:"body_sha256,omitempty"`
	// Early says that the answer began before the last piece of the request's
	// body was handed to the client's own socket.
	Early     bool          `json:"early,omitempty"`
	Start     time.Duration `json:"start"`                // offset from the pod's base time
	FirstByte time.Duration `json:"first_byte,omitempty"` // after Start
	Total     time.Duration `json:"total"`                // after Start
	Tunnel    time.Duration `json:"tunnel,omitempty"`     // how long the WebSocket lived after the 101
	Error     string        `json:"error,omitempty"`      // the client's own words for a broken response
}

// Served says whether the client was given what it asked for: an answer of
// status 200, or a WebSocket that works.
func (o Outcome) Served() bool { return o == OK || o == Switched }

// StatusOutcome names a complete response by its status.
func StatusOutcome(status int) Outcome {
	return Outcome(strings.TrimSpace(strconv.Itoa(status) + " " + http.StatusText(status)))
}
