package backends

import (
	"crypto/tls"
	"crypto/x509"
	"testing"

	"github.com/stretchr/testify/require"
)

// shake makes a handshake with a backend named app.internal, and reads what
// comes after it.
func shake(t *testing.T, demand TLS, client *tls.Config) (*bench, error) {
	ca, err := CA()
	require.NoError(t, err)
	demand.Issued = true
	b := serveSpec(t, "tcp", Spec{Name: "app", Listen: "127.0.0.1:443", Hosts: []string{"app.internal"}, TLS: &demand})
	client.RootCAs = x509.NewCertPool()
	require.True(t, client.RootCAs.AppendCertsFromPEM(ca))
	raw, err := tls.Dial("tcp", b.addr.String(), client)
	if err != nil {
		return b, err
	}
	p := b.peer(raw)
	_, err = p.send(get).first()
	return b, err
}

// first reads one byte: an alert that follows the handshake shows there.
func (p *peer) first() (byte, error) { return p.in.ReadByte() }

func TestHandshakeDemands(t *testing.T) {
	t.Parallel()
	cert, key, err := Issue("nginx")
	require.NoError(t, err)
	own, err := tls.X509KeyPair(cert, key)
	require.NoError(t, err)
	for _, tt := range []struct {
		name   string
		demand TLS
		client *tls.Config
		want   string // of the error; empty: answered
	}{
		{"issued", TLS{}, &tls.Config{ServerName: "app.internal"}, ""},
		{"sni", TLS{SNI: true}, &tls.Config{ServerName: "app.internal"}, ""},
		{"another sni", TLS{SNI: true}, &tls.Config{ServerName: "app"}, "tls: unrecognized name"},
		{"no sni", TLS{SNI: true}, &tls.Config{ServerName: "127.0.0.1"}, "tls: unrecognized name"},
		{"no client certificate", TLS{ClientCertificate: true}, &tls.Config{ServerName: "app.internal"}, "tls: certificate required"},
		{"no client certificate, 1.2", TLS{ClientCertificate: true, Max: "1.2"}, &tls.Config{ServerName: "app.internal"}, "tls: handshake failure"},
		{"client certificate", TLS{ClientCertificate: true}, &tls.Config{ServerName: "app.internal", Certificates: []tls.Certificate{own}}, ""},
		{"old", TLS{Max: "1.1"}, &tls.Config{ServerName: "app.internal", MinVersion: tls.VersionTLS12}, "tls: protocol version not supported"},
		{"old on both sides", TLS{Max: "1.1"}, &tls.Config{ServerName: "app.internal", MinVersion: tls.VersionTLS10}, ""},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			b, err := shake(t, tt.demand, tt.client)
			conns, _ := b.rec.Snapshot()
			if sent := tt.client.ServerName; sent == "127.0.0.1" {
				require.Empty(t, conns[0].SNI, "an address is no server name")
			} else {
				require.Equal(t, sent, conns[0].SNI)
			}
			if tt.want == "" {
				require.NoError(t, err)
				require.Equal(t, "r1", b.attempt(1).ID)
				return
			}
			require.ErrorContains(t, err, tt.want)
			require.Contains(t, b.closed(1).Error, "tls handshake: ")
		})
	}
}

// What one process places into nginx's file system is what a backend in
// another one presents.
func TestCertificatesAreTheSameEachTime(t *testing.T) {
	t.Parallel()
	for _, demand := range []TLS{{}, {Issued: true}, {Expired: true}, {Names: []string{"a.test"}}} {
		spec := Spec{Name: "app", Listen: "127.0.0.1:443", TLS: &demand}
		first, err := spec.Certificate()
		require.NoError(t, err)
		require.Equal(t, first, serveSpec(t, "tcp", spec).srv.CertPEM())
	}
	_, _, err := Issue()
	require.ErrorContains(t, err, "no name")
	none, err := Spec{Name: "app", Listen: "127.0.0.1:80"}.Certificate()
	require.NoError(t, err)
	require.Nil(t, none)
}
