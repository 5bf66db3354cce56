package backends_test

import (
	"crypto/x509"
	"encoding/pem"
	"testing"

	"github.com/stretchr/testify/require"

	"badgateway/backends"
)

// TestRevocations has the authority's signature, and is the same each time.
func TestRevocations(t *testing.T) {
	text, err := backends.Revocations()
	require.NoError(t, err)
	again, err := backends.Revocations()
	require.NoError(t, err)
	require.Equal(t, string(text), string(again))
	block, _ := pem.Decode(text)
	list, err := x509.ParseRevocationList(block.Bytes)
	require.NoError(t, err)
	require.Empty(t, list.RevokedCertificateEntries)
	ca, err := backends.CA()
	require.NoError(t, err)
	block, _ = pem.Decode(ca)
	issuer, err := x509.ParseCertificate(block.Bytes)
	require.NoError(t, err)
	require.NoError(t, list.CheckSignatureFrom(issuer))
}
