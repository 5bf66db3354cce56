package nginx

// Reasons of a TLS library, as the part that OpenSSL 1.0 to 3.x, LibreSSL and
// BoringSSL have in common. Alert numbers are the protocol's (RFC 8446, 6).
var (
	tlsNotTLS    = []string{"wrong version number", "unknown protocol", "packet length too long", "http request", "record layer failure", "record overflow"}
	tlsOldPeer   = []string{"unsupported protocol", "no protocols available", "version too low", "unsafe legacy renegotiation disabled"}
	tlsWeak      = []string{"too small", "too weak"}
	tlsHandshake = []string{"alert number 40"}
	tlsVersion   = []string{"alert number 70"}
	tlsName      = []string{"alert number 112"}
	tlsClient    = []string{"alert number 42", "alert number 43", "alert number 44", "alert number 45", "alert number 46", "alert number 48", "alert number 49", "alert number 116"}
	tlsAlert     = []string{"alert number"}
	tlsRecord    = []string{"bad record mac", "wrong version number", "packet length too long", "record layer failure"}
)

// The TLS handshake with an upstream (ngx_event_openssl.c:ngx_ssl_handshake,
// ngx_http_upstream.c:ngx_http_upstream_ssl_handshake). Levels vary with
// version and reason (ngx_ssl_connection_error).
var (
	TLSWrongVersion = Signature{
		Name: "tls-wrong-version", Phrase: "SSL_do_handshake() failed", Errno: -1, Any: tlsNotTLS, None: tlsAlert, Actions: []string{handshaking}, Levels: severe,
		Meaning: "the upstream does not speak TLS on this port: https:// in front of plain text",
	}
	TLSOldPeer = Signature{
		Name: "tls-old-peer", Phrase: "SSL_do_handshake() failed", Errno: -1, Any: tlsOldPeer, None: join(tlsAlert, tlsNotTLS), Actions: []string{handshaking}, Levels: severe,
		Meaning: "upstream and nginx share no protocol version that the TLS library allows",
	}
	TLSWeakKey = Signature{
		Name: "tls-weak-key", Phrase: "SSL_do_handshake() failed", Errno: -1, Any: tlsWeak, None: join(tlsAlert, tlsNotTLS, tlsOldPeer), Actions: []string{handshaking}, Levels: severe,
		Meaning: "the upstream's key or digest is too weak for the TLS library",
	}
	TLSAlertHandshake = Signature{
		Name: "tls-alert-handshake", Phrase: "SSL_do_handshake() failed", Errno: -1, Any: tlsHandshake, Actions: []string{handshaking}, Levels: severe,
		Meaning: "the upstream refused the handshake (alert 40): no SNI sent, no common cipher, or a client certificate is required",
	}
	TLSAlertVersion = Signature{
		Name: "tls-alert-version", Phrase: "SSL_do_handshake() failed", Errno: -1, Any: tlsVersion, Actions: []string{handshaking}, Levels: severe,
		Meaning: "the upstream refused the protocol version (alert 70): see proxy_ssl_protocols",
	}
	TLSAlertName = Signature{
		Name: "tls-alert-name", Phrase: "SSL_do_handshake() failed", Errno: -1, Any: tlsName, Actions: []string{handshaking}, Levels: severe,
		Meaning: "the upstream does not know the server name sent (alert 112): see proxy_ssl_name",
	}
	TLSAlertClientCertificate = Signature{
		Name: "tls-alert-client-certificate", Phrase: "SSL_do_handshake() failed", Errno: -1, Any: tlsClient, Actions: []string{handshaking}, Levels: severe,
		Meaning: "the upstream requires a client certificate, or refused nginx's",
	}
	TLSAlertOther = Signature{
		Name: "tls-alert-other", Phrase: "SSL_do_handshake() failed", Errno: -1, Any: tlsAlert, None: join(tlsHandshake, tlsVersion, tlsName, tlsClient), Actions: []string{handshaking}, Levels: severe,
		Meaning: "the upstream ended the handshake with an alert",
	}
	TLSHandshakeOther = Signature{
		Name: "tls-handshake-other", Phrase: "SSL_do_handshake() failed", Errno: -1, None: join(tlsNotTLS, tlsOldPeer, tlsWeak, tlsAlert), Actions: []string{handshaking}, Levels: severe,
		Meaning: "the TLS handshake with the upstream failed",
	}
	TLSClosed = Signature{
		Name: "tls-closed", Phrase: "peer closed connection in SSL handshake", Exact: true, Actions: []string{handshaking},
		Meaning: "the upstream closed the connection inside the handshake",
	}
	TLSReset = Signature{
		Name: "tls-reset", Phrase: "peer closed connection in SSL handshake", Exact: true, Errno: -1, NotErrno: []int{0}, Actions: []string{handshaking},
		Meaning: "the upstream reset the connection inside the handshake",
	}
	TLSPlainBefore = Signature{
		Name: "tls-plain-before", Phrase: "upstream prematurely sent response", Exact: true, Levels: errorLevel,
		Meaning: "plain text arrived before the handshake began",
	}
	TLSNameMismatch = Signature{
		Name: "tls-name-mismatch", Phrase: `upstream SSL certificate does not match "`, Levels: errorLevel,
		Meaning: "the upstream's certificate is for another name: see proxy_ssl_name",
	}
)

// Verification errors carry the X509 code (openssl-verify(1)).
var (
	TLSExpired = Signature{
		Name: "tls-expired", Phrase: "upstream SSL certificate verify error: (10:", Levels: errorLevel,
		Meaning: "the upstream's certificate has expired",
	}
	TLSNotYetValid = Signature{
		Name: "tls-not-yet-valid", Phrase: "upstream SSL certificate verify error: (9:", Levels: errorLevel,
		Meaning: "the upstream's certificate is not valid yet: see the clocks",
	}
	TLSSelfSigned = Signature{
		Name: "tls-self-signed", Phrase: "upstream SSL certificate verify error: (18:", Levels: errorLevel,
		Meaning: "the upstream's certificate is self-signed and not in proxy_ssl_trusted_certificate",
	}
	TLSSelfSignedChain = Signature{
		Name: "tls-self-signed-chain", Phrase: "upstream SSL certificate verify error: (19:", Levels: errorLevel,
		Meaning: "the chain ends in a root that is not in proxy_ssl_trusted_certificate",
	}
	TLSUnknownIssuer = Signature{
		Name: "tls-unknown-issuer", Phrase: "upstream SSL certificate verify error: (20:", Levels: errorLevel,
		Meaning: "the issuer of the upstream's certificate is not in proxy_ssl_trusted_certificate",
	}
	TLSUnverifiedLeaf = Signature{
		Name: "tls-unverified-leaf", Phrase: "upstream SSL certificate verify error: (21:", Levels: errorLevel,
		Meaning: "the upstream sends no intermediate certificate, or its issuer is unknown",
	}
	TLSRevoked = Signature{
		Name: "tls-revoked", Phrase: "upstream SSL certificate verify error: (23:", Levels: errorLevel,
		Meaning: "the upstream's certificate is revoked (proxy_ssl_crl)",
	}
	TLSVerifyOther = Signature{
		Name: "tls-verify-other", Phrase: "upstream SSL certificate verify error: ", None: []string{"(10:", "(9:", "(18:", "(19:", "(20:", "(21:", "(23:"}, Levels: errorLevel,
		Meaning: "the upstream's certificate does not verify",
	}
)

var tlsFamily = []Signature{
	TLSWrongVersion, TLSOldPeer, TLSWeakKey, TLSAlertHandshake, TLSAlertVersion, TLSAlertName, TLSAlertClientCertificate,
	TLSAlertOther, TLSHandshakeOther, TLSClosed, TLSReset, TLSPlainBefore, TLSNameMismatch, TLSExpired, TLSNotYetValid,
	TLSSelfSigned, TLSSelfSignedChain, TLSUnknownIssuer, TLSUnverifiedLeaf, TLSRevoked, TLSVerifyOther,
}

// join concatenates lists of reasons.
func join(lists ...[]string) []string {
	var all []string
	for _, l := range lists {
		all = append(all, l...)
	}
	return all
}
