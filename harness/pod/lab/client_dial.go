//go:build linux

package lab

import (
	"cmp"
	"context"
	"crypto/tls"
	"fmt"
	"io"
	"net"
	"net/netip"
	"net/url"
	"strings"

	"badgateway/backends"
	"badgateway/harness/pod"
)

// dialNginx connects to where the request says, or to nginx in this pod
// whatever the name in its URL is.
func dialNginx(ctx context.Context, r pod.Request, target *url.URL) (net.Conn, error) {
	network, address := "tcp", r.Address
	if path, isUnix := strings.CutPrefix(address, "unix:"); isUnix {
		network, address = "unix", path
	} else if address == "" {
		address = defaultAddress(target)
	}
	conn, err := (&net.Dialer{}).DialContext(ctx, network, address)
	if err != nil {
		return nil, err
	}
	if r.ProxyProtocol {
		if _, err := io.WriteString(conn, proxyHeader(conn)); err != nil {
			conn.Close()
			return nil, fmt.Errorf("write PROXY header: %w", err)
		}
	}
	return conn, nil
}

// defaultAddress is the URL's port at its address, or at nginx's.
func defaultAddress(target *url.URL) string {
	host := target.Hostname()
	if net.ParseIP(host) == nil {
		host = "127.0.0.1"
	}
	port := map[string]string{"http": "80", "https": "443"}[target.Scheme]
	return net.JoinHostPort(host, cmp.Or(target.Port(), port))
}

// proxyHeader says from where to where a connection goes.
func proxyHeader(conn net.Conn) string {
	from, err1 := netip.ParseAddrPort(conn.LocalAddr().String())
	to, err2 := netip.ParseAddrPort(conn.RemoteAddr().String())
	if err1 != nil || err2 != nil {
		return "PROXY UNKNOWN\r\n" // a unix socket
	}
	family := "TCP4"
	if to.Addr().Is6() {
		family = "TCP6"
	}
	return fmt.Sprintf("PROXY %s %s %s %d %d\r\n", family, from.Addr(), to.Addr(), from.Port(), to.Port())
}

// startTLS shakes hands with whatever certificate nginx has and whichever
// protocol and cipher it still speaks: what is under test is the gateway.
func (c *call) startTLS(ctx context.Context, conn net.Conn) (net.Conn, error) {
	config := &tls.Config{
		InsecureSkipVerify: true,
		MinVersion:         tls.VersionTLS10,
		ServerName:         cmp.Or(c.wanted.ServerName, c.http.URL.Hostname()),
		NextProtos:         []string{"http/1.1"},
	}
	for _, suite := range append(tls.CipherSuites(), tls.InsecureCipherSuites()...) {
		config.CipherSuites = append(config.CipherSuites, suite.ID)
	}
	if c.wanted.Proto == pod.HTTP2 {
		config.NextProtos = []string{"h2"}
	}
	if c.wanted.ClientCertificate {
		certificate, key, err := backends.Issue("client")
		if err != nil {
			return nil, err
		}
		own, err := tls.X509KeyPair(certificate, key)
		if err != nil {
			return nil, fmt.Errorf("read client certificate: %w", err)
		}
		config.Certificates = []tls.Certificate{own}
	}
	session := tls.Client(conn, config)
	if err := session.HandshakeContext(ctx); err != nil {
		switch {
		case strings.Contains(err.Error(), "no application protocol"): // alert 120 (RFC 7301, 3.2), of nginx since 1.21.4
			c.out.Outcome = pod.NoHTTP2
		case !isTimeout(err):
			c.out.Outcome = pod.NoTLS
		}
		return nil, fmt.Errorf("TLS handshake: %w", err)
	}
	if chosen := session.ConnectionState().NegotiatedProtocol; c.wanted.Proto == pod.HTTP2 && chosen != "h2" {
		c.out.Outcome = pod.NoHTTP2
		return nil, fmt.Errorf("TLS handshake: nginx chose the protocol %q, not h2", chosen)
	}
	return session, nil
}
