package backends

import (
	"crypto/sha256"
	"encoding/hex"
)

// BodySHA256 is the hash, in hex, of the whole body of the Script's answer, as
// the backend of that name gives it: by it a client's copy is known to be
// complete and unchanged. Rules may choose other headers, never another body.
func (s Script) BodySHA256(backend string) string {
	sum := sha256.New()
	// A hash takes every write.
	_ = newBody(s.bodyText(backend), 0, s.bodySize(backend)).writeTo(sum)
	return hex.EncodeToString(sum.Sum(nil))
}
