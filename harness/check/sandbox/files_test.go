package sandbox_test

import (
	"crypto/tls"
	"crypto/x509"
	"encoding/pem"
	"testing"

	"github.com/stretchr/testify/require"

	"badgateway/backends"
	"badgateway/harness/check/result"
	"badgateway/harness/check/sandbox"
)

// TestCertificates joins every certificate with its key: shared ones, both in
// one file, one of two in the owner's tree, a whole pair of the owner's.
func TestCertificates(t *testing.T) {
	d, b := driver(t, "native")
	cert, key, err := backends.Issue("own.example")
	require.NoError(t, err)
	box, err := sandbox.Build(t.Context(), d, b, read(t, map[string]string{
		"tls/own.pem": string(cert), "tls/own.key": string(key), "tls/half.pem": string(cert), "users": "alice:{PLAIN}x",
		"nginx.conf": `events {}
http {
    ssl_certificate tls/main.pem;
    ssl_certificate_key tls/shared.key;
    server { listen 443 ssl; server_name main.example; auth_basic x; auth_basic_user_file users; }
    server { listen 443 ssl; server_name second.example; ssl_certificate tls/second.pem; ssl_certificate_key tls/shared.key; }
    server { listen 443 ssl; server_name both.example; ssl_certificate tls/both.pem; ssl_certificate_key tls/both.pem; }
    server { listen 443 ssl; server_name half.example; ssl_certificate tls/half.pem; ssl_certificate_key tls/half.key; }
    server { listen 443 ssl; server_name own.example; ssl_certificate tls/own.pem; ssl_certificate_key tls/own.key; }
    server { listen 443 ssl; server_name ~^(?<name>[a-z]+)\.wild\.example$ *.star.example; ssl_certificate $bundle.pem; ssl_certificate_key $bundle.key; }
    map $ssl_server_name $bundle { default /certs/other; a.example /certs/a; }
}
`}))
	require.NoError(t, err)
	files := map[string]string{}
	for _, f := range box.Spec.Files {
		files[f.Path] = string(f.Data)
	}
	for certFile, want := range map[string]struct{ key, name string }{
		"/etc/nginx/tls/main.pem":   {"/etc/nginx/tls/shared.key", "main.example"},
		"/etc/nginx/tls/second.pem": {"/etc/nginx/tls/shared.key", "second.example"},
		"/etc/nginx/tls/both.pem":   {"/etc/nginx/tls/both.pem", "both.example"},
		"/etc/nginx/tls/half.pem":   {"/etc/nginx/tls/half.key", "half.example"},
		"/etc/nginx/tls/own.pem":    {"/etc/nginx/tls/own.key", "own.example"},
		"/certs/other.pem":          {"/certs/other.key", "www.star.example"},
		"/certs/a.pem":              {"/certs/a.key", "a.wild.example"},
	} {
		_, err := tls.X509KeyPair([]byte(files[certFile]), []byte(files[want.key]))
		require.NoError(t, err, certFile)
		block, _ := pem.Decode([]byte(files[certFile]))
		parsed, err := x509.ParseCertificate(block.Bytes)
		require.NoError(t, err)
		require.NoError(t, parsed.VerifyHostname(want.name), certFile)
	}
	require.Equal(t, string(cert), files["/etc/nginx/tls/own.pem"])
	require.Equal(t, "alice:{PLAIN}x\nbadgateway:{PLAIN}badgateway\n", files["/etc/nginx/users"])
	notes := map[string]result.Supplied{}
	for _, s := range box.Supplied {
		notes[s.Name] = s
	}
	require.NotContains(t, notes, "/etc/nginx/tls/own.pem")
	require.Contains(t, notes["/etc/nginx/tls/half.pem"].Note, "in place of the one in your tree")
	require.Equal(t, 4, notes["/etc/nginx/tls/shared.key"].For.Line)
}
