package scenarios

import (
	"badgateway/backends"
	"badgateway/harness"
	"badgateway/harness/nginx"
	"badgateway/harness/pod"
)

// tls: nginx and the application do not agree on TLS.
var tls = family(harness.Scenario{Step: "9", Methods: readAndWrite, Modules: []string{"http_ssl_module"}},
	httpsToPlain, plainToHTTPS, certificateMissing, handshakeReset, handshakeSilent, selfSigned, unknownIssuer, verifyOff, wrongName, expired, sniMissing, sniOfBlock, oldProtocol, clientCertificate, clientCertificateTLS12)

var httpsToPlain = harness.Scenario{
	Name:     "tls/https-to-plain",
	Title:    "proxy_pass says https:// to an application that speaks plain HTTP",
	Step:     "3",
	Claims:   confirmed("S3.2", "C7"),
	Cause:    "https:// in proxy_pass; curl http://ADDRESS works, curl https://ADDRESS does not",
	Why:      "nginx begins a TLS handshake and the application answers in plain text: wrong version number",
	Backends: []backends.Spec{app("127.0.0.1:3000")},
	Symptom:  steadily(pod.BadGateway, nginx.TLSWrongVersion),
	Fix:      harness.Fix{Title: "http:// in proxy_pass, nginx -t, reload"},
}

var plainToHTTPS = harness.Scenario{
	Name:     "tls/plain-to-https",
	Title:    "proxy_pass says http:// to an application that speaks TLS",
	Step:     "3",
	Claims:   confirmed("S3.2", "C7"),
	Cause:    "http:// in proxy_pass to a TLS port: the application's own words (sent an HTTP request to an HTTPS server) reach the client, nginx logs nothing",
	Why:      "servers written in Go, and nginx itself, answer plain text on a TLS port with a 400 of their own, which nginx hands on; others reset",
	Backends: []backends.Spec{{Name: "app", Listen: "127.0.0.1:3443", TLS: &backends.TLS{}}},
	Symptom:  steadily(pod.StatusOutcome(400)),
	Fix:      harness.Fix{Title: "https:// in proxy_pass, nginx -t, reload"},
}

var handshakeReset = harness.Scenario{
	Name:     "tls/handshake-reset",
	Title:    "the TLS handshake is reset, although the port is open",
	Claims:   []harness.Claim{conditional("S2.3", "the port is open: what stands between lets TCP through, and resets at the first byte of the handshake")},
	Looks:    []harness.Look{with(harness.Look{Command: "nc -zv localhost 3443", Tools: []string{"nc"}}, "S2.3", "succeeded", "succeeded")},
	Cause:    "a firewall or middlebox that looks into the handshake (its server name, its version), or a server whose TLS side has crashed",
	Why:      "the connection is made and the ClientHello sent; RST comes where the ServerHello should be: errno 104 while SSL handshaking",
	Backends: []backends.Spec{{Name: "app", Listen: "127.0.0.1:3443", TLS: &backends.TLS{}}},
	Break:    harness.Break{Faults: []pod.Fault{{Kind: pod.KindResetPeer, Target: "app", Upstream: true}}},
	Symptom:  steadily(pod.BadGateway, nginx.TLSReset),
	Fix:      harness.Fix{Title: "find who resets (packet captures on both sides: the backend sent none) and let the handshake pass", Lift: true},
}

var handshakeSilent = harness.Scenario{
	Name:     "tls/handshake-silent",
	Title:    "the port is open, and nobody answers the TLS handshake",
	Methods:  readOnly,
	Claims:   append(confirmed("R1"), conditional("S4.1", "the TLS handshake counts into proxy_connect_timeout too"), conditional("S2.3", "the port is open: nc tells nothing of what is behind it")),
	Looks:    []harness.Look{with(harness.Look{Command: "nc -zv localhost 3443", Tools: []string{"nc"}}, "S2.3", "succeeded", "succeeded")},
	Cause:    "an application that hangs behind a kernel that still accepts, or a balancer whose servers are all gone",
	Why:      "the ClientHello went out and nothing comes back: after proxy_connect_timeout nginx gives up while SSL handshaking, 504",
	Backends: []backends.Spec{{Name: "app", Listen: "127.0.0.1:3443", TLS: &backends.TLS{}}},
	Break:    harness.Break{Faults: []pod.Fault{{Kind: pod.KindTimeout, Target: "app"}}},
	Symptom:  harness.Symptom{Client: pod.GatewayTimeout, Log: []nginx.Signature{nginx.HandshakeTimedOut}},
	Fix: harness.Fix{
		Title: "bring the application back; nginx needs no change",
		Lift:  true,
	},
	Waits: 2000 * ms,
}

var certificateMissing = harness.Scenario{
	Name:     "tls/certificate-missing",
	Title:    "nginx's own certificate is not where the configuration says, and nginx does not start",
	Methods:  readOnly,
	Step:     "1",
	Claims:   confirmed("S1.6"),
	Looks:    []harness.Look{with(configTest, "S1.6", `(?s)cannot load certificate "/etc/nginx/shop-2026.pem".*test failed`, "test is successful")},
	Cause:    "a certificate renamed, removed or not mounted; a reload keeps the old one serving, and the next restart ends all servers of this nginx",
	Why:      "certificates are read when the configuration is loaded, as root; one that is missing is [emerg]",
	Files:    issued("shop", "shop.example"),
	Backends: []backends.Spec{app("127.0.0.1:3000")},
	Probe:    pod.Request{URL: "https://shop.example/"},
	Break:    harness.Break{Restart: true},
	Symptom:  harness.Symptom{Client: pod.Refused, Log: []nginx.Signature{nginx.CertificateMissing}},
	Fix:      harness.Fix{Title: "correct the path (nginx -t names it), start nginx"},
}
