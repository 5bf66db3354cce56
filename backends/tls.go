package backends

import (
	"bufio"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"io"
	"net"
	"slices"
	"strings"

	"golang.org/x/net/http2"
)

// versions are the protocol versions that TLS.Max may name.
var versions = map[string]uint16{
	"": tls.VersionTLS13, "1.0": tls.VersionTLS10, "1.1": tls.VersionTLS11, "1.2": tls.VersionTLS12, "1.3": tls.VersionTLS13,
}

// oldest is the oldest version a backend speaks unless Max is older.
const oldest = tls.VersionTLS12

// certificate is what a backend with TLS works with.
type certificate struct {
	config *tls.Config
	pem    []byte
}

// newCertificate makes a valid Spec's certificate and the server side of its
// handshake.
func newCertificate(s Spec) (*certificate, error) {
	p, err := s.pair()
	if err != nil {
		return nil, err
	}
	own := tls.Certificate{Certificate: [][]byte{p.der}, PrivateKey: p.key}
	newest := versions[s.TLS.Max]
	config := &tls.Config{
		MinVersion: min(oldest, newest),
		MaxVersion: newest,
		NextProtos: []string{"http/1.1"},
		// For every ClientHello, before anything in it is refused.
		GetConfigForClient: func(hello *tls.ClientHelloInfo) (*tls.Config, error) {
			hello.Conn.(buffered).c.greeted(hello)
			return nil, nil
		},
	}
	if s.Protocol == H2 {
		config.NextProtos = []string{http2.NextProtoTLS}
	}
	if s.TLS.SNI {
		names := s.certNames()
		// Neither a certificate nor an error is alert unrecognized_name (112)
		// as long as Certificates is empty (crypto/tls, Config.getCertificate).
		config.GetCertificate = func(hello *tls.ClientHelloInfo) (*tls.Certificate, error) {
			if slices.ContainsFunc(names, func(name string) bool { return strings.EqualFold(name, hello.ServerName) }) {
				return &own, nil
			}
			return nil, nil
		}
	} else {
		config.Certificates = []tls.Certificate{own}
	}
	if s.TLS.ClientCertificate {
		ca, err := CA()
		if err != nil {
			return nil, err
		}
		config.ClientAuth, config.ClientCAs = tls.RequireAndVerifyClientCert, x509.NewCertPool()
		config.ClientCAs.AppendCertsFromPEM(ca)
	}
	return &certificate{config: config, pem: p.certificatePEM()}, nil
}

// validateTLS says what is wrong with the TLS of a Spec that has one.
func (s Spec) validateTLS(bad func(string, ...any)) {
	for _, name := range duplicates(s.TLS.Names) {
		bad("tls name %q: given twice; remove one", name)
	}
	if _, known := versions[s.TLS.Max]; !known {
		bad("tls max %q: not a version; write 1.0, 1.1, 1.2 or 1.3", s.TLS.Max)
	}
	if !s.TLS.SNI {
		return
	}
	for _, name := range s.certNames() {
		if net.ParseIP(name) != nil || strings.HasPrefix(name, "*.") {
			bad("tls name %q: no client sends it as a server name; with sni write whole DNS names", name)
		}
	}
}

// buffered is a connection of which some bytes already lie in a reader.
type buffered struct {
	net.Conn
	in *bufio.Reader
	c  *conn
}

func (b buffered) Read(p []byte) (int, error) { return b.in.Read(p) }

// greeted records the server name that the client asks for.
func (c *conn) greeted(hello *tls.ClientHelloInfo) {
	c.s.rec.updateConn(c.index, func(r *Conn) { r.SNI = hello.ServerName })
}

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
	session := tls.Server(buffered{c.raw, c.in, c}, c.s.cert.config)
	if err := session.Handshake(); err != nil {
		err = fmt.Errorf("tls handshake: %w", err)
		if !gone(err) {
			// In TLS 1.3 the client may have sent its request already: closing
			// on it unread would be an RST, which overtakes the alert.
			c.fail(err)
			c.finish()
		}
		return err
	}
	c.session, c.rw, c.in = session, session, bufio.NewReader(session)
	return nil
}
