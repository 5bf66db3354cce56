//go:build linux

package lab

import (
	"errors"
	"io"
	"net"
	"path/filepath"
	"syscall"
	"testing"

	"github.com/stretchr/testify/require"
)

// TestForwarderLivesAgain ends a socket and makes it anew while connections of
// its former life are still ending: none of them outlives it, and the race
// detector sees nothing.
func TestForwarderLivesAgain(t *testing.T) {
	back, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	defer back.Close()
	go func() {
		for {
			conn, err := back.Accept()
			if err != nil {
				return
			}
			go io.Copy(conn, conn)
		}
	}()
	f := &forwarder{path: filepath.Join(t.TempDir(), "app.sock"), to: back.Addr().String()}
	require.NoError(t, f.open())
	for range 200 {
		var conns []net.Conn
		for range 3 {
			conn, err := net.Dial("unix", f.path)
			require.NoError(t, err)
			conns = append(conns, conn)
		}
		_, err := conns[0].Write([]byte("x"))
		require.NoError(t, err)
		_, err = io.ReadFull(conns[0], make([]byte, 1))
		require.NoError(t, err)
		require.NoError(t, f.die())
		require.NoError(t, f.open())
		for _, conn := range conns {
			_, err := io.ReadAll(conn)
			require.True(t, err == nil || errors.Is(err, syscall.ECONNRESET), "%v", err)
			require.NoError(t, conn.Close())
		}
	}
	require.NoError(t, f.die())
}
