package backends

import (
	"bufio"
	"bytes"
	"io"
	"testing"
)

// Whatever arrives at a backend ends in variables or in an error.
func FuzzGatewayRequests(f *testing.F) {
	f.Add([]byte(fcgiRequestBytes(0, "hello")))
	f.Add([]byte("\x00\x0a\x00\x00\x01\x00a\x05\x00bcdef"))
	f.Add([]byte("24:CONTENT_LENGTH\x002\x00SCGI\x001\x00,ab"))
	f.Add([]byte(get))
	f.Fuzz(func(t *testing.T, sent []byte) {
		reader := func() *bufio.Reader { return bufio.NewReader(bytes.NewReader(sent)) }
		for _, r := range []gatewayRequest{
			&fastcgiRequest{in: reader(), out: io.Discard},
			&uwsgiRequest{plainRequest{reader(), io.Discard}, 0},
			&scgiRequest{plainRequest{reader(), io.Discard}},
		} {
			params, err := r.params()
			if err != nil {
				continue
			}
			if n, err := r.body(params); err == nil && n > int64(len(sent)) {
				t.Errorf("%T counted %d bytes of body in %d", r, n, len(sent))
			}
		}
	})
}
