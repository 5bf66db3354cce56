package backends

import "encoding/binary"

// The frame that acknowledges SETTINGS (RFC 9113, sections 4.1 and 6.5).
const (
	h2HeadBytes   = 9
	h2Settings    = 4
	h2Acknowledge = 1
)

// settled reads along with an HTTP/2 connection until the peer has acknowledged
// the SETTINGS that it got.
type settled struct {
	skip int               // bytes in front of the next frame
	head [h2HeadBytes]byte // of the next frame, as far as it is there
	have int
	yes  chan struct{} // closed when it has
	done bool
}

// see takes what was read; one goroutine reads a connection.
func (s *settled) see(p []byte) {
	for len(p) > 0 && !s.done {
		if s.skip > 0 {
			n := min(s.skip, len(p))
			s.skip, p = s.skip-n, p[n:]
			continue
		}
		n := copy(s.head[s.have:], p)
		s.have, p = s.have+n, p[n:]
		if s.have < h2HeadBytes {
			return
		}
		s.have, s.skip = 0, int(binary.BigEndian.Uint32(s.head[:])>>8)
		if s.head[3] == h2Settings && s.head[4]&h2Acknowledge != 0 {
			s.done = true
			close(s.yes)
		}
	}
}
