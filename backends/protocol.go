package backends

import "cmp"

// Protocol is what a backend speaks.
type Protocol string

// The protocols.
const (
	HTTP Protocol = "" // HTTP/1.1
	// H2 is HTTP/2, with prior knowledge or, on a backend with TLS, by ALPN
	// (RFC 9113, section 3), as gRPC servers speak it. Every whole answer of
	// status 200 ends with the trailer grpc-status 0; its body is the Script's,
	// not framed as messages. HeaderBytes counts the header fields as HTTP/1.1
	// would write them, with Huffman coding gaining nothing on the padding. FIN
	// and RST are the connection's. An end that comes instead of an answer or
	// within one waits until the peer has acknowledged the backend's SETTINGS:
	// what a peer writes to a connection that is gone is answered by RST, which
	// may overtake what was sent before. NotHTTP sends its bytes
	// behind the server's own SETTINGS.
	H2 Protocol = "h2"
	// Dual is HTTP/1.1 and HTTP/2 on one port: the first bytes of a connection
	// decide, as servers in Go do it (h2c with prior knowledge). Each is as above.
	Dual Protocol = "http+h2"
	// FastCGI is a responder of FastCGI 1.0, as PHP-FPM is. An attempt's header
	// is taken from the CGI parameters (RFC 3875, section 4.1.18:
	// HTTP_BADGATEWAY_ID is [IDHeader]). HeaderBytes counts the CGI header
	// block, which begins with "Status: 200 OK", without the 8 bytes of each
	// record's own header; nginx keeps both in fastcgi_buffer_size. The
	// truncating actions leave out the end of the request too. NotHTTP sends
	// its bytes outside of records.
	FastCGI Protocol = "fastcgi"
	// UWSGI is an application server of the uwsgi protocol (modifier 0), whose
	// answers begin as HTTP/1.1's do. An attempt's header is taken from the
	// variables, as with FastCGI. The connection ends with the answer.
	UWSGI Protocol = "uwsgi"
	// SCGI is an application server of SCGI 1, whose answers begin with
	// "Status: 200 OK". All else is as with UWSGI.
	SCGI Protocol = "scgi"
)

// begin is how the header blocks of the protocol begin. Those of HTTP/2 are
// never written as they are.
func (p Protocol) begin() string {
	if p == FastCGI || p == SCGI {
		return statusField
	}
	return http11
}

// early says whether the backend acts before it has read the request's body.
func (a Action) early() bool { return a == AnswerEarly || a == StopReading || a == ResetEarly }

// validateProtocol says what the Spec asks of a protocol that does not have it.
func (s Spec) validateProtocol(bad func(string, ...any)) {
	switch s.Protocol {
	case HTTP, H2, Dual, UWSGI:
	case FastCGI, SCGI:
		if s.TLS != nil {
			bad("tls: nginx speaks no %s over TLS; remove tls or protocol", s.Protocol)
		}
	default:
		bad("protocol %q: unknown; leave it empty for HTTP/1.1 or write %q, %q, %q, %q or %q", s.Protocol, H2, Dual, FastCGI, UWSGI, SCGI)
	}
	if s.Script.WebSocket != nil && s.Protocol != HTTP {
		bad("websocket: nginx opens none over %s; remove websocket or protocol", s.Protocol)
	}
	if s.Script.Uses != 0 && (s.Protocol == UWSGI || s.Protocol == SCGI) {
		bad("uses: a connection of %s does not end so; remove uses or protocol", s.Protocol)
	}
	if s.Script.MostHead != 0 && s.Protocol != UWSGI {
		bad("most_head: a backend of %s has no such limit; remove most_head or protocol", cmp.Or(s.Protocol, "HTTP"))
	}
	if s.Protocol == H2 || s.Protocol == Dual {
		s.validateH2(bad)
	}
}

// validateH2 refuses the header fields that HTTP/2 does not have (RFC 9113,
// section 8.2.2).
func (s Spec) validateH2(bad func(string, ...any)) {
	scripts := []Script{s.Script}
	for _, r := range s.Script.Rules {
		scripts = append(scripts, s.Script.applied(r))
	}
	for _, script := range scripts {
		for _, name := range []string{"Connection", "Keep-Alive", "Transfer-Encoding", "Upgrade"} {
			if headerValues(script.Header, name) != nil {
				bad("header %q: HTTP/2 has no such field; remove it or protocol", name)
			}
		}
		if script.Status != 0 && script.Status < 200 || script.Status > 599 {
			bad("status %d: no final status of HTTP/2; write 200 to 599", script.Status)
		}
	}
}
