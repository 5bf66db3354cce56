package nginx

// TLS after the handshake, and before it: what nginx presents to the upstream
// (ngx_event_openssl.c).
var (
	TLSReadAlert = Signature{
		Name: "tls-read-alert", Phrase: "SSL_read() failed", Errno: -1, Any: tlsAlert, Actions: onUpstream, Levels: severe,
		Meaning: "the upstream sent an alert after the handshake; in TLS 1.3 a missing or refused client certificate shows so",
	}
	TLSReadRecord = Signature{
		Name: "tls-read-record", Phrase: "SSL_read() failed", Errno: -1, Any: tlsRecord, None: tlsAlert, Actions: onUpstream, Levels: severe,
		Meaning: "a TLS record from the upstream is corrupt, or plain text",
	}
	TLSReadOther = Signature{
		Name: "tls-read-other", Phrase: "SSL_read() failed", Errno: -1, None: join(tlsAlert, tlsRecord), Actions: onUpstream, Levels: severe,
		Meaning: "reading TLS from the upstream failed",
	}
	TLSWriteFailed = Signature{
		Name: "tls-write-failed", Phrase: "SSL_write() failed", Errno: -1, Actions: onUpstream, Levels: severe,
		Meaning: "the upstream closed or reset while the request was being sent over TLS",
	}
	TLSSendfileFailed = Signature{
		Name: "tls-sendfile-failed", Phrase: "SSL_sendfile() failed", Errno: -1, Actions: onUpstream, Levels: severe,
		Meaning: "kernel TLS could not send a file to the upstream",
	}
	TLSShutdownFailed = Signature{
		Name: "tls-shutdown-failed", Phrase: "SSL_shutdown() failed", Errno: -1, Actions: onUpstream, Levels: severe,
		Meaning: "the upstream broke the order of close_notify",
	}
	TLSRenegotiation = Signature{
		Name: "tls-renegotiation", Phrase: "SSL renegotiation disabled", Exact: true, Actions: onUpstream, Levels: []Level{Notice},
		Meaning: "the upstream asked for renegotiation",
	}
	TLSStaleError = Signature{
		Name: "tls-stale-error", Phrase: "ignoring stale global SSL error", Errno: -1, Levels: alertLevel,
		Meaning: "the TLS library left an error behind",
	}
	TLSNameTooLong = Signature{
		Name: "tls-name-too-long", Phrase: `SSL_set_tlsext_host_name("`, Errno: -1, Levels: errorLevel,
		Meaning: "proxy_ssl_name is longer than a server name may be: 500",
	}
	TLSCertificateMissing = Signature{
		Name: "tls-certificate-missing", Phrase: `cannot load certificate "`, Errno: -1, Levels: errorLevel,
		Meaning: "the client certificate that proxy_ssl_certificate's variable names cannot be read: 500",
	}
	TLSKeyMissing = Signature{
		Name: "tls-key-missing", Phrase: `cannot load certificate key "`, Errno: -1, Levels: errorLevel,
		Meaning: "the key that proxy_ssl_certificate_key's variable names cannot be read: 500",
	}
	TLSCertificateUnfit = Signature{
		Name: "tls-certificate-unfit", Phrase: `SSL_use_certificate("`, Errno: -1, Levels: errorLevel,
		Meaning: "the TLS library refuses the client certificate, often a weak key: 500",
	}
	TLSKeyMismatch = Signature{
		Name: "tls-key-mismatch", Phrase: `SSL_use_PrivateKey("`, Errno: -1, Levels: errorLevel,
		Meaning: "client certificate and key do not belong together: 500",
	}
	TLSSetupFailed = Signature{
		Name: "tls-setup-failed", Phrase: "SSL_new() failed", Errno: -1, Levels: severe,
		Meaning: "the TLS library has no memory: 500",
	}
	TLSDescriptorFailed = Signature{
		Name: "tls-descriptor-failed", Phrase: "SSL_set_fd() failed", Errno: -1, Levels: severe,
		Meaning: "the TLS library has no memory: 500",
	}
	TLSDataFailed = Signature{
		Name: "tls-data-failed", Phrase: "SSL_set_ex_data() failed", Errno: -1, Levels: severe,
		Meaning: "the TLS library has no memory: 500",
	}
	TLSSessionFailed = Signature{
		Name: "tls-session-failed", Phrase: "SSL_set_session() failed", Errno: -1, Levels: severe,
		Meaning: "the TLS library has no memory: 500",
	}
	TLSChainFailed = Signature{
		Name: "tls-chain-failed", Phrase: `SSL_set0_chain("`, Errno: -1, Levels: severe,
		Meaning: "the TLS library has no memory: 500",
	}
	TLSProtocolsFailed = Signature{
		Name: "tls-protocols-failed", Phrase: "SSL_set_alpn_protos() failed", Errno: -1, Levels: severe,
		Meaning: "the TLS library has no memory: 500",
	}
)

var tlsSetupFamily = []Signature{
	TLSReadAlert, TLSReadRecord, TLSReadOther, TLSWriteFailed, TLSSendfileFailed, TLSShutdownFailed, TLSRenegotiation,
	TLSStaleError, TLSNameTooLong, TLSCertificateMissing, TLSKeyMissing, TLSCertificateUnfit, TLSKeyMismatch,
	TLSSetupFailed, TLSDescriptorFailed, TLSDataFailed, TLSSessionFailed, TLSChainFailed, TLSProtocolsFailed,
}
