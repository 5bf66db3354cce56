package backends

import (
	"crypto/tls"
	"crypto/x509"
	"encoding/pem"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

func serveTLS(t testing.TB, script Script) *bench {
	return serveSpec(t, "tcp", Spec{
		Name: "app", Listen: "10.0.3.7:8443", Hosts: []string{"app.internal"}, TLS: &TLS{}, Script: script,
	})
}

func TestTLS(t *testing.T) {
	t.Parallel()
	b := serveTLS(t, Healthy())
	p := b.dialTLS()
	for range 2 {
		resp, body := p.send(get).response("GET")
		require.Equal(t, 200, resp.StatusCode)
		require.Equal(t, "ok from app\n", body)
	}
	require.Equal(t, "r1", b.attempt(2).ID)
}

func TestTLSMisbehaviour(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		script Script
		rest   string
		reset  bool
	}{
		{Closing(), "", false},
		{Truncated(100, 5), "ok fr", false},
		{Resetting(), "", true},
		{ResetAfter(100, 5), "ok fr", true},
		{Slow(30 * time.Millisecond), "ok from app\n", false},
	} {
		t.Run(string(tt.script.Action), func(t *testing.T) {
			t.Parallel()
			p := serveTLS(t, tt.script).dialTLS().send(get10)
			if tt.rest != "" {
				p.head()
			}
			rest, err := p.rest()
			require.Equal(t, tt.rest, rest)
			if tt.reset {
				requireReset(t, err)
			} else {
				require.NoError(t, err, "close_notify comes before FIN")
			}
		})
	}
}

func TestTLSEndsAtAcceptBeforeTheHandshake(t *testing.T) {
	t.Parallel()
	_, err := tls.Dial("tcp", serveTLS(t, ResettingAtAccept()).addr.String(), &tls.Config{ServerName: "app.internal"})
	require.Error(t, err)
	rest, err := serveTLS(t, ClosingAtAccept()).dial().rest()
	require.NoError(t, err)
	require.Empty(t, rest)
}

func TestSetScriptEndsIdleTLSConnections(t *testing.T) {
	t.Parallel()
	b := serveTLS(t, Healthy())
	p := b.dialTLS().send(get)
	p.response("GET")
	require.NoError(t, b.srv.SetScript(Failing(500)))
	rest, err := p.rest()
	require.NoError(t, err)
	require.Empty(t, rest)
}

func TestPlainTextOnATLSBackend(t *testing.T) {
	t.Parallel()
	for _, script := range []Script{Healthy(), Resetting()} {
		b := serveTLS(t, script)
		p := b.dial().send(get)
		resp, body := p.response("GET")
		require.Equal(t, 400, resp.StatusCode)
		require.Contains(t, body, "plain HTTP on a backend with TLS")
		_, err := p.rest()
		require.NoError(t, err)
		a := b.attempt(1)
		require.Equal(t, "r1", a.ID)
		require.Equal(t, Respond, a.Action)
		require.NotEmpty(t, a.Error)
	}
}

func TestTLSOnAPlainTextBackend(t *testing.T) {
	t.Parallel()
	b := serve(t, Healthy())
	_, err := tls.Dial("tcp", b.addr.String(), &tls.Config{ServerName: "app.internal"})
	var notTLS tls.RecordHeaderError
	require.ErrorAs(t, err, &notTLS)
	require.Equal(t, "HTTP/", string(notTLS.RecordHeader[:]))
	require.Contains(t, b.attempt(1).Error, "a TLS handshake on a backend without TLS")
}

func TestHandshakeErrorIsRecorded(t *testing.T) {
	t.Parallel()
	b := serveTLS(t, Healthy())
	_, err := tls.Dial("tcp", b.addr.String(), &tls.Config{ServerName: "app.internal"}) // does not trust it
	require.Error(t, err)
	require.Contains(t, b.closed(1).Error, "tls handshake: remote error: tls: bad certificate")
	_, attempts := b.rec.Snapshot()
	require.Empty(t, attempts)
}

func TestCertificateNames(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		name string
		spec Spec
		good []string
		bad  []string
	}{
		{"hosts", Spec{Hosts: []string{"a.test", "b.test"}, TLS: &TLS{}}, []string{"a.test", "b.test"}, []string{"127.0.0.1"}},
		{"names", Spec{Hosts: []string{"a.test"}, TLS: &TLS{Names: []string{"other.test", "10.1.2.3"}}}, []string{"other.test", "10.1.2.3"}, []string{"a.test"}},
		{"wildcard", Spec{TLS: &TLS{Names: []string{"*.a.test"}}}, []string{"x.a.test"}, []string{"a.test"}},
		{"address", Spec{Listen: "127.0.0.1:443", TLS: &TLS{}}, []string{"127.0.0.1"}, []string{"127.0.0.2"}},
		{"address 6", Spec{Listen: "[::1]:443", TLS: &TLS{}}, []string{"::1"}, []string{"127.0.0.1"}},
		{"unix", Spec{Listen: "unix:/run/app.sock", TLS: &TLS{}}, []string{"app"}, []string{"unix"}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			tt.spec.Name = "app"
			if tt.spec.Listen == "" {
				tt.spec.Listen = "127.0.0.1:443"
			}
			require.NoError(t, tt.spec.Validate())
			made, err := tt.spec.Certificate()
			require.NoError(t, err)
			block, _ := pem.Decode(made)
			cert, err := x509.ParseCertificate(block.Bytes)
			require.NoError(t, err)
			for _, name := range tt.good {
				require.NoError(t, cert.VerifyHostname(name))
			}
			for _, name := range tt.bad {
				require.Error(t, cert.VerifyHostname(name))
			}
		})
	}
}

func TestExpiredCertificate(t *testing.T) {
	t.Parallel()
	b := serveSpec(t, "tcp", Spec{Name: "app", Listen: "127.0.0.1:443", Hosts: []string{"app.internal"}, TLS: &TLS{Expired: true}})
	pool := x509.NewCertPool()
	require.True(t, pool.AppendCertsFromPEM(b.srv.CertPEM()))
	_, err := tls.Dial("tcp", b.addr.String(), &tls.Config{RootCAs: pool, ServerName: "app.internal"})
	var invalid x509.CertificateInvalidError
	require.ErrorAs(t, err, &invalid)
	require.Equal(t, x509.Expired, invalid.Reason)
}

func TestPlainBackendHasNoCertificate(t *testing.T) {
	t.Parallel()
	require.Nil(t, serve(t, Healthy()).srv.CertPEM())
}
