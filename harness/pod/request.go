package pod

import (
	"net/http"
	"strconv"
	"strings"
	"time"
)

// Request is one client request to the pod's nginx, made by the lab.
type Request struct {
	ID     string      `json:"id"`     // sent as backends.IDHeader; empty: the pod numbers it
	Method string      `json:"method"` // empty: GET
	URL    string      `json:"url"`    // "/path" (http://127.0.0.1:80) or absolute
	Header http.Header `json:"header,omitempty"`
	Body   string      `json:"body,omitempty"`
	// BodyBytes repeats or cuts Body to exactly this length; 0: Body as it is.
	BodyBytes int           `json:"body_bytes,omitempty"`
	Limit     time.Duration `json:"limit,omitempty"` // 0: Timeouts.Request
}

// Outcome is what the client saw, as one named value.
type Outcome string

// The outcomes. A complete response is named by its status and text: OK, BadGateway,
// GatewayTimeout, or any other by [StatusOutcome].
const (
	OK             Outcome = "200 OK"
	BadGateway     Outcome = "502 Bad Gateway"
	GatewayTimeout Outcome = "504 Gateway Timeout"
	ServerError    Outcome = "500 Internal Server Error"
	TruncatedBody  Outcome = "truncated body" // status and headers, then fewer bytes than promised
	NotHTTP        Outcome = "not HTTP"       // bytes that are no HTTP response
	NoAnswer       Outcome = "closed without answer"
	Reset          Outcome = "connection reset"
	Refused        Outcome = "connection refused"
	Hung           Outcome = "hung" // nothing more until Request.Limit
)

// Response is what came back for one Request.
type Response struct {
	ID        string        `json:"id"`
	Method    string        `json:"method"`
	URL       string        `json:"url"`
	Outcome   Outcome       `json:"outcome"`
	Status    int           `json:"status,omitempty"` // 0 without a status line
	Header    http.Header   `json:"header,omitempty"`
	Body      []byte        `json:"body,omitempty"`       // first 64 KiB
	Bytes     int64         `json:"bytes"`                // all body bytes received
	Start     time.Duration `json:"start"`                // offset from the pod's base time
	FirstByte time.Duration `json:"first_byte,omitempty"` // after Start
	Total     time.Duration `json:"total"`                // after Start
	Error     string        `json:"error,omitempty"`      // the client's own words for a broken response
}

// StatusOutcome names a complete response by its status.
func StatusOutcome(status int) Outcome {
	return Outcome(strings.TrimSpace(strconv.Itoa(status) + " " + http.StatusText(status)))
}
