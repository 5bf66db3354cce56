package scenarios

import (
	"slices"

	"badgateway/backends"
	"badgateway/harness"
	"badgateway/harness/nginx"
	"badgateway/harness/pod"
)

// picky is an application that answers to its own server name alone.
var picky = backends.Spec{Name: "app", Listen: "10.0.3.7:443", Hosts: []string{"app.internal"}, TLS: &backends.TLS{Issued: true, SNI: true}}

const sniNote = "the name sent is the one in proxy_pass; behind an upstream block that is the block's name, and proxy_ssl_name is needed too"

var sniMissing = harness.Scenario{
	Name:     "tls/sni-missing",
	Title:    "the application needs the server name in the handshake, and nginx sends none",
	Claims:   []harness.Claim{conditional("S9.5", sniNote)},
	Cause:    "an application behind a CDN or an ingress with many names; curl https://NAME works, as curl always sends the name",
	Why:      "proxy_ssl_server_name is off by default: without a name the server has no certificate to choose and ends the handshake (alert 112, elsewhere 40)",
	Backends: []backends.Spec{picky},
	Symptom:  steadily(pod.BadGateway, nginx.TLSAlertName),
	Fix:      harness.Fix{Title: "proxy_ssl_server_name on"},
}

var sniOfBlock = harness.Scenario{
	Name:     "tls/sni-of-block",
	Title:    "proxy_ssl_server_name is on, and the name sent is that of the upstream block",
	Claims:   []harness.Claim{conditional("S9.3", blockNote), conditional("S9.5", sniNote)},
	Cause:    "proxy_pass https://BLOCK with proxy_ssl_server_name on and without proxy_ssl_name",
	Why:      "proxy_ssl_name is $proxy_host by default, which is what stands in proxy_pass: the application has no certificate for the block's name",
	Backends: []backends.Spec{picky},
	Symptom:  steadily(pod.BadGateway, nginx.TLSAlertName),
	Fix:      harness.Fix{Title: "proxy_ssl_name with the application's name, beside proxy_ssl_server_name on"},
}

var oldProtocol = harness.Scenario{
	Name:     "tls/old-protocol",
	Title:    "the application speaks TLS 1.1 at most, and nginx no longer does",
	Claims:   confirmed("C7"),
	Cause:    "proxy_ssl_protocols was hardened, or nginx or OpenSSL upgraded, before an old appliance",
	Why:      "the two have no version in common; the server ends the handshake with protocol_version (alert 70)",
	Backends: []backends.Spec{secureApp("app", "127.0.0.1:3443", backends.TLS{Max: "1.1"})},
	Symptom:  steadily(pod.BadGateway, nginx.TLSAlertVersion),
	Fix: harness.Fix{
		Title: "proxy_ssl_protocols with the old version for this location alone, with OpenSSL 3 also proxy_ssl_ciphers DEFAULT:@SECLEVEL=0, until the appliance is replaced",
	},
}

var clientCertificate = wantsCertificate(harness.Scenario{
	Name:    "tls/client-certificate",
	Title:   "the application wants a client certificate, and nginx has none: TLS 1.3",
	Why:     "in TLS 1.3 nginx is through with the handshake before the server can refuse it: the request goes out, and alert 116 comes where the answer should be",
	Symptom: steadily(pod.BadGateway, nginx.TLSReadAlert),
})

var clientCertificateTLS12 = wantsCertificate(harness.Scenario{
	Name:    "tls/client-certificate-tls12",
	Title:   "the application wants a client certificate, and nginx has none: TLS 1.2",
	Why:     "up to TLS 1.2 the server refuses inside the handshake: alert 40, the same that a missing server name gives elsewhere",
	Symptom: steadily(pod.BadGateway, nginx.TLSAlertHandshake),
})

// wantsCertificate adds what the two have in common.
func wantsCertificate(s harness.Scenario) harness.Scenario {
	s.Step, s.Claims, s.Methods, s.Modules = "9", []harness.Claim{conditional("S9.3", "a server that asks for a client certificate needs proxy_ssl_certificate and its key as well")}, readAndWrite, []string{"http_ssl_module"}
	s.Cause = "mutual TLS was switched on at the application; curl without --cert fails in the same way"
	s.Backends = []backends.Spec{secureApp("app", "127.0.0.1:3443", backends.TLS{Issued: true, ClientCertificate: true})}
	s.Files = slices.Concat(issued("client", "gateway.internal"))
	s.Conf, s.Break = conf(s.Name), harness.Break{Conf: conf(s.Name + ".break")}
	s.Fix = harness.Fix{Title: "proxy_ssl_certificate and proxy_ssl_certificate_key with a certificate that the application's CA has signed", Conf: conf(s.Name)}
	return s
}
