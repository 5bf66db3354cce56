package scenarios

import (
	"badgateway/backends"
	"badgateway/harness"
	"badgateway/harness/nginx"
	"badgateway/harness/pod"
)

// tls: nginx and the application do not agree on TLS.
var tls = []harness.Scenario{httpsToPlain, plainToHTTPS, selfSigned, verifyOff, wrongName, expired, sniMissing, sniOfBlock, oldProtocol, clientCertificate, clientCertificateTLS12}

var httpsToPlain = harness.Scenario{
	Name:     "tls/https-to-plain",
	Title:    "proxy_pass says https:// to an application that speaks plain HTTP",
	Step:     "3",
	Claims:   confirmed("S3.2", "C7"),
	Cause:    "https:// in proxy_pass; curl http://ADDRESS works, curl https://ADDRESS does not",
	Why:      "nginx begins a TLS handshake and the application answers in plain text: wrong version number",
	Conf:     conf("tls/https-to-plain"),
	Backends: []backends.Spec{app("127.0.0.1:3000")},
	Methods:  readAndWrite,
	Break:    harness.Break{Conf: conf("tls/https-to-plain.break")},
	Symptom:  harness.Symptom{Client: pod.BadGateway, Log: []nginx.Signature{nginx.TLSWrongVersion}, Requests: 2},
	Fix:      harness.Fix{Title: "http:// in proxy_pass, nginx -t, reload", Conf: conf("tls/https-to-plain")},
	Modules:  []string{"http_ssl_module"},
}

var plainToHTTPS = harness.Scenario{
	Name:     "tls/plain-to-https",
	Title:    "proxy_pass says http:// to an application that speaks TLS",
	Step:     "3",
	Claims:   confirmed("S3.2", "C7"),
	Cause:    "http:// in proxy_pass to a TLS port: the application's own words (sent an HTTP request to an HTTPS server) reach the client, nginx logs nothing",
	Why:      "servers written in Go, and nginx itself, answer plain text on a TLS port with a 400 of their own, which nginx hands on; others reset",
	Conf:     conf("tls/plain-to-https"),
	Backends: []backends.Spec{{Name: "app", Listen: "127.0.0.1:3443", TLS: &backends.TLS{}}},
	Methods:  readAndWrite,
	Break:    harness.Break{Conf: conf("tls/plain-to-https.break")},
	Symptom:  harness.Symptom{Client: pod.StatusOutcome(400), Requests: 2},
	Fix:      harness.Fix{Title: "https:// in proxy_pass, nginx -t, reload", Conf: conf("tls/plain-to-https")},
	Modules:  []string{"http_ssl_module"},
}
