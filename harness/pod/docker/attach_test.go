package docker

import (
	"encoding/binary"
	"io"
	"net"
	"os"
	"strings"
	"testing"
	"testing/iotest"
	"time"

	"github.com/moby/moby/api/pkg/stdcopy"
	"github.com/stretchr/testify/require"

	"badgateway/harness/pod/docker/inside"
)

// frames is output as an engine sends it.
func frames(parts ...any) string {
	var b strings.Builder
	for i := 0; i < len(parts); i += 2 {
		head := [frameHead]byte{0: byte(parts[i].(stdcopy.StdType))}
		binary.BigEndian.PutUint32(head[4:], uint32(len(parts[i+1].(string))))
		b.Write(head[:])
		b.WriteString(parts[i+1].(string))
	}
	return b.String()
}

func TestStreamSeparatesOutputs(t *testing.T) {
	long := strings.Repeat("x", 70000)
	sent := frames(stdcopy.Stdout, "one ", stdcopy.Stderr, "warning", stdcopy.Stdout, "", stdcopy.Stdout, long)
	for name, reader := range map[string]io.Reader{
		"whole":    strings.NewReader(sent),
		"bytewise": iotest.OneByteReader(strings.NewReader(sent)),
		"with EOF": iotest.DataErrReader(strings.NewReader(sent)),
	} {
		t.Run(name, func(t *testing.T) {
			s := &stream{in: reader}
			got, err := io.ReadAll(s)
			require.NoError(t, err)
			require.Equal(t, "one "+long, string(got))
			require.Equal(t, "warning", s.Errors())
		})
	}
}

func TestStreamTellsWhenTheEngineBreaksIt(t *testing.T) {
	s := &stream{in: strings.NewReader(frames(stdcopy.Stdout, "one", stdcopy.Systemerr, "no more"))}
	got, err := io.ReadAll(s)
	require.ErrorContains(t, err, "no more")
	require.Equal(t, "one", string(got))
}

// TestStreamGoesOnAfterDeadline interrupts a read inside a frame's header and
// inside its data.
func TestStreamGoesOnAfterDeadline(t *testing.T) {
	near, far := net.Pipe()
	defer near.Close()
	defer far.Close()
	s := &stream{Conn: near, in: near}
	sent := frames(stdcopy.Stdout, "hello")
	for _, step := range []struct{ sent, got string }{
		{sent[:3], ""}, {sent[3 : frameHead+2], "he"}, {sent[frameHead+2:], "llo"},
	} {
		written := make(chan error, 1)
		go func() {
			_, err := far.Write([]byte(step.sent))
			written <- err
		}()
		require.NoError(t, s.SetReadDeadline(time.Now().Add(100*time.Millisecond)))
		got, err := io.ReadAll(s)
		require.ErrorIs(t, err, os.ErrDeadlineExceeded)
		require.NoError(t, <-written)
		require.Equal(t, step.got, string(got))
	}
}

func TestTailKeepsTheEnd(t *testing.T) {
	var kept tail
	for range 3 {
		kept.add([]byte(strings.Repeat("a", inside.Tail/2)))
	}
	kept.add([]byte("end"))
	require.Len(t, kept.String(), inside.Tail)
	require.True(t, strings.HasSuffix(kept.String(), "aend"))
}
