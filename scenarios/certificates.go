package scenarios

import (
	"fmt"
	"net/http"

	"badgateway/backends"
	"badgateway/harness"
	"badgateway/harness/nginx"
	"badgateway/harness/pod"
)

// secureApp is an application that speaks TLS under the name app.internal.
func secureApp(name, listen string, demand backends.TLS) backends.Spec {
	demand.Names = []string{"app.internal"}
	return backends.Spec{Name: name, Listen: listen, TLS: &demand}
}

// trusted is the certificate of the house's CA.
func trusted() pod.File {
	ca, err := backends.CA()
	return file("/etc/nginx/ca.pem", ca, err)
}

// presented is the certificate of a backend as its owner would send it.
func presented(s backends.Spec) pod.File {
	certificate, err := s.Certificate()
	return file("/etc/nginx/"+s.Name+".pem", certificate, err)
}

// issued are a certificate of the CA for name and its key: NAME.pem, NAME.key.
func issued(name, host string) []pod.File {
	certificate, key, err := backends.Issue(host)
	return []pod.File{
		file("/etc/nginx/"+name+".pem", certificate, err),
		{Path: "/etc/nginx/" + name + ".key", Data: key, Mode: 0o600},
	}
}

func file(path string, data []byte, err error) pod.File {
	if err != nil {
		panic(fmt.Sprintf("scenarios: %v", err)) // made of constants: no input can cause it
	}
	return pod.File{Path: path, Data: data}
}

var selfSignedApp = secureApp("app", "127.0.0.1:3443", backends.TLS{})

var selfSigned = harness.Scenario{
	Name:     "tls/self-signed",
	Title:    "the certificate of the application is self-signed, and nginx verifies it",
	Claims:   []harness.Claim{conditional("S9.4", verifyNote)},
	Cause:    "proxy_ssl_verify on, and a certificate that no CA in proxy_ssl_trusted_certificate has signed",
	Why:      "the handshake itself succeeds; nginx then holds the certificate against its list and closes the connection before a request is sent",
	Files:    []pod.File{trusted(), presented(selfSignedApp)},
	Backends: []backends.Spec{selfSignedApp},
	Symptom:  steadily(pod.BadGateway, nginx.TLSSelfSigned),
	Fix: harness.Fix{
		Title: "that very certificate in proxy_ssl_trusted_certificate, and its name in proxy_ssl_name: verified, and nobody else is taken for it",
		Traps: []harness.Trap{{
			Title:  "proxy_ssl_verify off: answered, by whoever has that address (tls/verify-off)",
			Client: map[string]pod.Outcome{http.MethodGet: pod.OK, http.MethodPost: pod.OK},
		}},
	},
}

// stranger is a server whose certificate is somebody else's CA.
var stranger = secureApp("other", "10.0.3.9:443", backends.TLS{})

var unknownIssuer = harness.Scenario{
	Name:     "tls/unknown-issuer",
	Title:    "the certificate of the application is good, and nginx does not know the CA that has signed it",
	Claims:   []harness.Claim{conditional("S9.4", verifyNote)},
	Cause:    "proxy_ssl_trusted_certificate is the system's list where a CA of the house has signed, or the application sends no intermediate certificate",
	Why:      "nginx follows the signatures to a CA in its list, and finds none: error 21 of OpenSSL 3, 20 of OpenSSL 1.1.1; nothing is wrong with the certificate itself",
	Files:    []pod.File{trusted(), presented(stranger)},
	Backends: []backends.Spec{secureApp("app", "10.0.3.7:443", backends.TLS{Issued: true})},
	Symptom:  steadily(pod.BadGateway, nginx.TLSUnverifiedLeaf),
	Fix: harness.Fix{
		Title: "the CA's certificate in proxy_ssl_trusted_certificate, and all intermediates in what the application sends",
		Traps: []harness.Trap{{
			Title:  "proxy_ssl_verify_depth 10: the chain is not too long, its end is unknown",
			Client: map[string]pod.Outcome{http.MethodGet: pod.BadGateway, http.MethodPost: pod.BadGateway},
		}},
	},
	Since: "1.22.0", // Debian's 1.18 has OpenSSL 1.1.1, which says 20 here
}

const verifyNote = "it helps only where somebody turned verification on (the default is off), and from then on any certificate of anybody is taken; the certificate itself in proxy_ssl_trusted_certificate mends it without that"

var verifyOff = harness.Scenario{
	Name:   "tls/verify-off",
	Title:  "proxy_ssl_verify off, and a stranger's certificate is as good as the right one",
	Claims: []harness.Claim{conditional("S9.4", verifyNote), conditional("S1.1", "without verification there is no line: whoever answers is taken")},
	Looks:  []harness.Look{with(named502, "S1.1", `^$`, `certificate verify error`)},
	Cause:  "verification was turned off to get rid of a 502; the second server's address belongs to somebody else (a reused address, a spoofed name)",
	Why:    "without verification TLS keeps listeners out and does not say who answers: nginx sends half of the requests, passwords included, to the stranger",
	Files:  []pod.File{trusted()},
	Backends: []backends.Spec{
		secureApp("app", "10.0.3.7:443", backends.TLS{Issued: true}),
		{Name: "stranger", Listen: "10.0.3.8:443", TLS: &backends.TLS{Names: []string{"stranger.invalid"}}},
	},
	Symptom: harness.Symptom{Client: pod.OK, Requests: 2, Arrival: &harness.Arrival{Reached: map[string]int{"app": 2, "stranger": 2}}},
	Fix: harness.Fix{
		Title:   "proxy_ssl_verify on, with the CA and the name: the stranger gets no request, and the other server answers",
		Masked:  []nginx.Signature{nginx.TLSSelfSigned},
		Arrival: &harness.Arrival{Reached: map[string]int{"app": 6, "stranger": 0}},
	},
}

var wrongName = harness.Scenario{
	Name:     "tls/wrong-name",
	Title:    "a good certificate, verified for the name of the upstream block",
	Claims:   []harness.Claim{conditional("S9.3", blockNote)},
	Cause:    "proxy_pass https://BLOCK with proxy_ssl_verify on and without proxy_ssl_name",
	Why:      "proxy_ssl_name is $proxy_host by default, which is what stands in proxy_pass: the block's name, not the server's",
	Files:    []pod.File{trusted()},
	Backends: []backends.Spec{secureApp("app", "10.0.3.7:443", backends.TLS{Issued: true})},
	Symptom:  steadily(pod.BadGateway, nginx.TLSNameMismatch),
	Fix:      harness.Fix{Title: "proxy_ssl_name with the name in the certificate"},
}

const blockNote = "through an upstream block nginx sends and verifies the block's name; a server that looks at the name, or proxy_ssl_verify on, needs proxy_ssl_name"

var expired = harness.Scenario{
	Name:   "tls/expired",
	Title:  "the certificate of the application has expired, and nginx verifies it",
	Claims: []harness.Claim{conditional("S9.4", verifyNote)},
	Cause:  "traffic was moved to a standby whose certificate nobody renewed (openssl s_client -connect ADDRESS shows its dates)",
	Why:    "a certificate is refused from the second on in which its validity ends; until then nothing shows",
	Files:  []pod.File{trusted()},
	Backends: []backends.Spec{
		secureApp("app", "10.0.3.7:443", backends.TLS{Issued: true}),
		secureApp("standby", "10.0.3.8:443", backends.TLS{Issued: true, Expired: true}),
	},
	Symptom: steadily(pod.BadGateway, nginx.TLSExpired),
	Fix:     harness.Fix{Title: "back to the server whose certificate is valid, until the standby's is renewed"},
}
