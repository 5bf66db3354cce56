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
	// TLS makes the backend speak TLS; nil is plain text.
	TLS *TLS `json:"tls,omitempty"`
	// Mode is the permission of the unix socket file (0 means 0666).
	Mode uint32 `json:"mode,omitempty"`
	// Script is what the backend does from the start; a fault may replace it.
	Script Script `json:"script"`
}

// TLS declares the certificate that a backend presents.
type TLS struct {
	// Names are the DNS names in the certificate; empty means Spec.Hosts.
	Names []string `json:"names,omitempty"`
}

// Action is what a backend does with a connection or a request.
type Action string

// The actions of a backend that speaks HTTP/1.1, or pretends to.
const (
	Respond       Action = "respond"         // read the request, wait Delay, send the complete response
	CloseAtAccept Action = "close-at-accept" // FIN right after accept, nothing read
	ResetAtAccept Action = "reset-at-accept" // RST right after accept
	CloseNoAnswer Action = "close-no-answer" // read the request, then FIN without a byte
	ResetNoAnswer Action = "reset-no-answer" // read the request, then RST without a byte
	TruncateBody  Action = "truncate-body"   // promise Content-Length, send SendBytes of it, FIN
	ResetInBody   Action = "reset-in-body"   // promise Content-Length, send SendBytes of it, RST
	StallInBody   Action = "stall-in-body"   // promise Content-Length, send SendBytes of it, then silence
	Silent        Action = "silent"          // read the request and never answer
	NotHTTP       Action = "not-http"        // answer with bytes that are not HTTP (Body, or an SSH banner)
)

// Script is a declared behaviour. The zero value answers 200 with a short body
// that names the backend.
type Script struct {
	Action Action `json:"action,omitempty"` // empty is Respond
	// Status of the response; 0 is 200.
	Status int `json:"status,omitempty"`
	// Header is added to the response.
	Header http.Header `json:"header,omitempty"`
	// HeaderBytes pads the response header block to at least this many bytes
	// (status line and final CRLF included). 0: no padding.
	HeaderBytes int `json:"header_bytes,omitempty"`
	// Body of the response; empty means "ok from NAME\n".
	Body string `json:"body,omitempty"`
	// BodyBytes pads or repeats Body to exactly this length. 0: Body as it is.
	BodyBytes int `json:"body_bytes,omitempty"`
	// SendBytes is how much of the body the truncating actions send.
	SendBytes int `json:"send_bytes,omitempty"`
	// Delay passes between the complete request and the first byte of the
	// answer, in nanoseconds as JSON.
	Delay time.Duration `json:"delay,omitempty"`
}

// Conn is one accepted connection, as offsets from the recorder's base time.
type Conn struct {
	Backend string        `json:"backend"`
	Number  int           `json:"number"` // from 1, per backend
	Opened  time.Duration `json:"opened"`
	Closed  time.Duration `json:"closed,omitempty"` // 0 while open
}

// Attempt is one request that reached a backend, complete or not.
type Attempt struct {
	ID      string        `json:"id"` // value of IDHeader, "" when nginx dropped it
	Backend string        `json:"backend"`
	Conn    int           `json:"conn"` // Conn.Number
	At      time.Duration `json:"at"`
	Method  string        `json:"method"`
	Target  string        `json:"target"` // request target as received
	Proto   string        `json:"proto"`
	Header  http.Header   `json:"header"` // Host included
	Body    int64         `json:"body"`   // bytes of request body read
	Action  Action        `json:"action"` // what the backend then did
}
