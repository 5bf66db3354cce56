package backends

import (
	"encoding/binary"
	"sync"
)

// Frames of HTTP/2 and their flags (RFC 9113, sections 4.1 and 6).
const (
	h2HeadBytes   = 9
	h2Data        = 0
	h2Headers     = 1
	h2Settings    = 4
	h2Acknowledge = 1
	h2EndStream   = 1
)

// frames reads along with an HTTP/2 connection whose peer has one stream at a
// time, as nginx has to an upstream. One goroutine reads a connection.
type frames struct {
	skip int               // bytes in front of the next frame
	head [h2HeadBytes]byte // of the next frame, as far as it is there
	have int

	settled chan struct{} // closed when the peer has acknowledged the SETTINGS that it got
	known   bool          // that it has

	stream uint32
	window int  // what the peer may send of the stream
	last   bool // the frame read ends the stream, or fills its window

	mu   sync.Mutex
	sent chan struct{} // closed when the peer can send no more of the stream
}

// newFrames reads along behind the preface.
func newFrames(preface int) *frames {
	return &frames{skip: preface, settled: make(chan struct{}), sent: make(chan struct{})}
}

// all is closed when the peer can send no more of the stream under way as long
// as nobody reads what it sent.
func (f *frames) all() <-chan struct{} {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.sent
}

// next is called before each read: the library asks for another frame when it
// has done with the one before.
func (f *frames) next() {
	if f.last && f.skip == 0 && f.have == 0 {
		f.last = false
		close(f.sent) // changed by this goroutine alone
	}
}

// see takes what was read.
func (f *frames) see(p []byte) {
	for len(p) > 0 {
		if f.skip > 0 {
			n := min(f.skip, len(p))
			f.skip, p = f.skip-n, p[n:]
			continue
		}
		n := copy(f.head[f.have:], p)
		f.have, p = f.have+n, p[n:]
		if f.have < h2HeadBytes {
			return
		}
		f.have, f.skip = 0, int(binary.BigEndian.Uint32(f.head[:])>>8)
		f.frame(f.head[3], f.head[4], f.skip)
	}
}

// frame takes the head of a frame.
func (f *frames) frame(kind, flags byte, length int) {
	switch {
	case kind == h2Settings && flags&h2Acknowledge != 0 && !f.known:
		f.known = true
		close(f.settled)
	case kind == h2Headers:
		if id := binary.BigEndian.Uint32(f.head[5:]); id != f.stream {
			f.begin(id)
		}
		f.send(0, flags)
	case kind == h2Data:
		f.send(length, flags)
	}
}

func (f *frames) begin(stream uint32) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.stream, f.window, f.sent = stream, initialWindow, make(chan struct{})
}

// send counts what the peer sent of the stream.
func (f *frames) send(length int, flags byte) {
	if f.window <= 0 {
		return
	}
	if f.window -= length; flags&h2EndStream != 0 {
		f.window = 0
	}
	f.last = f.window <= 0
}
