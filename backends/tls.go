package backends

import (
	"bufio"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"errors"
	"fmt"
	"io"
	"math/big"
	"net"
	"net/netip"
	"time"
)

// certificate is a backend's self-signed certificate with its key.
type certificate struct {
	config *tls.Config
	pem    []byte
}

// certNames are the subject alternative names of the Spec's certificate.
func (s Spec) certNames() []string {
	switch {
	case len(s.TLS.Names) > 0:
		return s.TLS.Names
	case len(s.Hosts) > 0:
		return s.Hosts
	}
	if ap, err := netip.ParseAddrPort(s.Listen); err == nil {
		return []string{ap.Addr().WithZone("").String()}
	}
	return []string{s.Name} // a unix socket without names
}

// newCertificate makes an ECDSA P-256 key and a self-signed certificate for
// it, valid for a day. As `openssl req -x509` does, it is marked as a CA, so
// that the same file serves as proxy_ssl_trusted_certificate.
func newCertificate(s Spec) (*certificate, error) {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return nil, fmt.Errorf("generate key: %w", err)
	}
	serial, err := rand.Int(rand.Reader, new(big.Int).Lsh(big.NewInt(1), 127))
	if err != nil {
		return nil, fmt.Errorf("generate serial number: %w", err)
	}
	names, now := s.certNames(), time.Now()
	template := &x509.Certificate{
		SerialNumber:          serial,
		Subject:               pkix.Name{CommonName: names[0]},
		NotBefore:             now.Add(-24 * time.Hour),
		NotAfter:              now.Add(24 * time.Hour),
		KeyUsage:              x509.KeyUsageDigitalSignature | x509.KeyUsageCertSign,
		ExtKeyUsage:           []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth},
		BasicConstraintsValid: true,
		IsCA:                  true,
	}
	if s.TLS.Expired {
		template.NotAfter = now.Add(-time.Hour)
	}
	for _, name := range names {
		if ip := net.ParseIP(name); ip != nil {
			template.IPAddresses = append(template.IPAddresses, ip)
		} else {
			template.DNSNames = append(template.DNSNames, name)
		}
	}
	der, err := x509.CreateCertificate(rand.Reader, template, template, key.Public(), key)
	if err != nil {
		return nil, fmt.Errorf("create certificate: %w", err)
	}
	return &certificate{
		config: &tls.Config{
			Certificates: []tls.Certificate{{Certificate: [][]byte{der}, PrivateKey: key}},
			NextProtos:   []string{"http/1.1"},
		},
		pem: pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der}),
	}, nil
}

// buffered is a connection of which some bytes already lie in a reader.
type buffered struct {
	net.Conn
	in *bufio.Reader
}

func (b buffered) Read(p []byte) (int, error) { return b.in.Read(p) }

// startTLS makes the handshake if the backend speaks TLS and so does the
// client. A client that begins in plain text is served in plain text, and
// [conn.exchange] refuses it.
func (c *conn) startTLS() error {
	if c.s.cert == nil {
		return nil
	}
	first, err := c.in.Peek(1)
	if errors.Is(err, io.EOF) {
		return nil // exchange meets it again
	}
	if err != nil {
		return fmt.Errorf("wait for the tls handshake: %w", err)
	}
	if !isTLSRecord(first[0]) {
		c.plainOnTLS = true
		return nil
	}
	session := tls.Server(buffered{c.raw, c.in}, c.s.cert.config)
	if err := session.Handshake(); err != nil {
		return fmt.Errorf("tls handshake: %w", err)
	}
	c.session, c.rw, c.in = session, session, bufio.NewReader(session)
	return nil
}
