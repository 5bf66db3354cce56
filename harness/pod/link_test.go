package pod

import (
	"net"
	"net/http"
	"sync"
	"testing"

	"github.com/stretchr/testify/require"
)

// TestLinkIsOneConnection makes one call right after the other on many links at
// once: there is no second connection for one that comes too soon.
func TestLinkIsOneConnection(t *testing.T) {
	var group sync.WaitGroup
	for range 200 {
		group.Go(func() {
			link := answered(t)
			for range 3 {
				if _, err := Call[Empty](t.Context(), link, OpNow, Empty{}); err != nil {
					t.Error(err)
					return
				}
			}
		})
	}
	group.Wait()
}

// TestBrokenLinkSaysWhy asks on a link whose other side has gone.
func TestBrokenLinkSaysWhy(t *testing.T) {
	ours, theirs := net.Pipe()
	go func() {
		_, _ = theirs.Read(make([]byte, 1<<10))
		_ = theirs.Close()
	}()
	link, err := NewLink(ours)
	require.NoError(t, err)
	link.Gone = func() string { return "it was killed" }
	for range 2 {
		_, err = Call[Empty](t.Context(), link, OpNow, Empty{})
		require.ErrorIs(t, err, errLinkClosed)
		require.ErrorContains(t, err, "(it was killed)")
	}
}

// answered is a link to a server that answers each operation.
func answered(t *testing.T) *Link {
	ours, theirs := net.Pipe()
	protocols := new(http.Protocols)
	protocols.SetUnencryptedHTTP2(true)
	server := &http.Server{Protocols: protocols, Handler: http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		_, _ = w.Write([]byte("{}"))
	})}
	go server.Serve(&oneConn{conn: theirs})
	link, err := NewLink(ours)
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, link.Close()) })
	return link
}

// oneConn is a listener with one connection, as the lab's.
type oneConn struct{ conn net.Conn }

func (l *oneConn) Accept() (net.Conn, error) {
	if conn := l.conn; conn != nil {
		l.conn = nil
		return conn, nil
	}
	return nil, net.ErrClosed
}

func (l *oneConn) Close() error   { return nil }
func (l *oneConn) Addr() net.Addr { return nil }
