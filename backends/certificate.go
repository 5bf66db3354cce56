package backends

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/sha256"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"fmt"
	"math/big"
	"net"
	"net/netip"
	"time"
)

// Every key and certificate of this package is a pure function of its names, so
// that a scenario can place into nginx's file system what a backend in another
// process will present. The keys are therefore public: they protect nothing,
// and nothing outside a pod may trust them.

// The validity of all certificates; that of an expired one ended in between.
var (
	validFrom  = time.Date(2020, 1, 1, 0, 0, 0, 0, time.UTC)
	validUntil = time.Date(2049, 12, 31, 0, 0, 0, 0, time.UTC)
	expiredOn  = time.Date(2021, 1, 1, 0, 0, 0, 0, time.UTC)
)

// authority is the subject of the CA.
const authority = "badgateway CA"

// pair is a certificate with its key.
type pair struct {
	der []byte
	key *ecdsa.PrivateKey
}

// CA is the certificate, as PEM, of the authority behind [TLS.Issued],
// [TLS.ClientCertificate] and [Issue].
func CA() ([]byte, error) {
	ca, err := makeCA()
	if err != nil {
		return nil, err
	}
	return ca.certificatePEM(), nil
}

// Issue makes a certificate of the CA for names (DNS names or IP addresses, at
// least one) that serves as server and as client certificate, and its key, both
// as PEM: for nginx's own listeners, and for proxy_ssl_certificate.
func Issue(names ...string) (certificate, key []byte, err error) {
	if len(names) == 0 {
		return nil, nil, fmt.Errorf("issue certificate: no name; give at least one")
	}
	p, err := issue("issued "+names[0], template(names, validUntil))
	if err != nil {
		return nil, nil, err
	}
	der, err := x509.MarshalECPrivateKey(p.key)
	if err != nil {
		return nil, nil, fmt.Errorf("encode key: %w", err)
	}
	return p.certificatePEM(), pem.EncodeToMemory(&pem.Block{Type: "EC PRIVATE KEY", Bytes: der}), nil
}

// Certificate is what the backend presents, as PEM; nil for plain text. A
// self-signed one is marked as a CA, as `openssl req -x509` does, so that the
// same file serves as proxy_ssl_trusted_certificate.
func (s Spec) Certificate() ([]byte, error) {
	if s.TLS == nil {
		return nil, nil
	}
	p, err := s.pair()
	if err != nil {
		return nil, err
	}
	return p.certificatePEM(), nil
}

// pair is the certificate of a backend with TLS.
func (s Spec) pair() (pair, error) {
	until := validUntil
	if s.TLS.Expired {
		until = expiredOn
	}
	cert, owner := template(s.certNames(), until), "backend "+s.Name
	if s.TLS.Issued {
		return issue(owner, cert)
	}
	key, err := fixedKey(owner)
	if err != nil {
		return pair{}, err
	}
	asCA(cert)
	return sign(cert, cert, key, key)
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

// template is a certificate for names, not signed yet.
func template(names []string, until time.Time) *x509.Certificate {
	serial := sha256.Sum256(fmt.Append(nil, names, until.Unix()))
	cert := &x509.Certificate{
		SerialNumber:          new(big.Int).SetBytes(serial[:15]),
		Subject:               pkix.Name{CommonName: names[0]},
		NotBefore:             validFrom,
		NotAfter:              until,
		KeyUsage:              x509.KeyUsageDigitalSignature,
		ExtKeyUsage:           []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth, x509.ExtKeyUsageClientAuth},
		BasicConstraintsValid: true,
	}
	for _, name := range names {
		if ip := net.ParseIP(name); ip != nil {
			cert.IPAddresses = append(cert.IPAddresses, ip)
		} else {
			cert.DNSNames = append(cert.DNSNames, name)
		}
	}
	return cert
}

// Revocations is an empty list of revoked certificates of the [CA], as PEM: for
// ssl_crl and proxy_ssl_crl.
func Revocations() ([]byte, error) {
	ca, err := makeCA()
	if err != nil {
		return nil, err
	}
	issuer, err := x509.ParseCertificate(ca.der)
	if err != nil {
		return nil, fmt.Errorf("read the CA's certificate: %w", err)
	}
	list := &x509.RevocationList{Number: big.NewInt(1), ThisUpdate: validFrom, NextUpdate: validUntil}
	der, err := x509.CreateRevocationList(nil, list, issuer, ca.key)
	if err != nil {
		return nil, fmt.Errorf("sign revocation list: %w", err)
	}
	return pem.EncodeToMemory(&pem.Block{Type: "X509 CRL", Bytes: der}), nil
}

// asCA lets cert sign others, and lists of revoked ones.
func asCA(cert *x509.Certificate) {
	cert.IsCA = true
	cert.KeyUsage |= x509.KeyUsageCertSign | x509.KeyUsageCRLSign
}

// makeCA is the authority itself.
func makeCA() (pair, error) {
	key, err := fixedKey(authority)
	if err != nil {
		return pair{}, err
	}
	cert := template([]string{"ca.invalid"}, validUntil)
	cert.Subject.CommonName = authority
	cert.ExtKeyUsage, cert.DNSNames = nil, nil
	asCA(cert)
	return sign(cert, cert, key, key)
}

// issue signs cert by the CA for the key of owner.
func issue(owner string, cert *x509.Certificate) (pair, error) {
	ca, err := makeCA()
	if err != nil {
		return pair{}, err
	}
	parent, err := x509.ParseCertificate(ca.der)
	if err != nil {
		return pair{}, fmt.Errorf("read the CA's certificate: %w", err)
	}
	key, err := fixedKey(owner)
	if err != nil {
		return pair{}, err
	}
	return sign(cert, parent, key, ca.key)
}

// sign signs cert, for key, by parent and its key. Without a source of
// randomness ECDSA is deterministic (crypto/ecdsa, RFC 6979).
func sign(cert, parent *x509.Certificate, key, signer *ecdsa.PrivateKey) (pair, error) {
	der, err := x509.CreateCertificate(nil, cert, parent, key.Public(), signer)
	if err != nil {
		return pair{}, fmt.Errorf("create certificate: %w", err)
	}
	return pair{der, key}, nil
}

// fixedKey is the ECDSA P-256 key of owner, always the same.
func fixedKey(owner string) (*ecdsa.PrivateKey, error) {
	scalar := sha256.Sum256([]byte("badgateway, a public key: " + owner))
	key, err := ecdsa.ParseRawPrivateKey(elliptic.P256(), scalar[:])
	if err != nil {
		return nil, fmt.Errorf("make key of %q: %w", owner, err) // one name in 2^32
	}
	return key, nil
}

func (p pair) certificatePEM() []byte {
	return pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: p.der})
}
