//go:build linux

package lab

import (
	"context"
	"io"
	"strings"
	"sync/atomic"
	"time"

	"badgateway/harness/pod"
)

// pieceBytes is the most that one read of an upload gives.
const pieceBytes = 32 << 10

// upload is the body of a request, in pieces at its pace. It is done as soon as
// its last piece was handed out: a server cannot have the whole request before.
type upload struct {
	ctx   context.Context
	unit  string
	size  int
	given int
	pace  pod.Pace
	done  atomic.Bool
}

func newUpload(ctx context.Context, r pod.Request) *upload {
	u := &upload{ctx: ctx, unit: r.Body, size: len(r.Body), pace: r.Pace}
	if r.BodyBytes > 0 && r.Body != "" {
		u.size = r.BodyBytes
	}
	if n := len(r.Body); n > 0 && n < pieceBytes {
		u.unit = strings.Repeat(r.Body, min(u.size/n+1, pieceBytes/n+1))
	}
	u.done.Store(u.size == 0)
	return u
}

// Read gives the next piece when its time has come.
func (u *upload) Read(p []byte) (int, error) {
	if u.given == u.size {
		return 0, io.EOF
	}
	most := min(len(p), pieceBytes, u.size-u.given)
	if u.pace.Bytes > 0 {
		most = min(most, u.pace.Bytes)
		if u.given > 0 {
			select {
			case <-time.After(u.pace.Pause):
			case <-u.ctx.Done():
				return 0, u.ctx.Err()
			}
		}
	}
	n := 0
	for n < most {
		n += copy(p[n:most], u.unit[(u.given+n)%len(u.unit):])
	}
	u.given += n
	if u.given == u.size {
		u.done.Store(true)
	}
	return n, nil
}
