package backends

import (
	"context"
	"net/http"
	"testing"
	"time"

	"github.com/coder/websocket"
	"github.com/stretchr/testify/require"
)

// openSocket opens a WebSocket to the backend.
func openSocket(t *testing.T, b *bench, options *websocket.DialOptions) (context.Context, *websocket.Conn) {
	ctx, cancel := context.WithTimeout(context.Background(), limit)
	t.Cleanup(cancel)
	socket, resp, err := websocket.Dial(ctx, "ws://"+b.addr.String()+"/live", options)
	require.NoError(t, err)
	require.Equal(t, http.StatusSwitchingProtocols, resp.StatusCode)
	t.Cleanup(func() { _ = socket.CloseNow() }) // closed by most tests
	return ctx, socket
}

func TestWebSocketSendsEveryMessageBack(t *testing.T) {
	t.Parallel()
	b := serve(t, Script{Status: 426, WebSocket: &WebSocket{}})
	ctx, socket := openSocket(t, b, nil)
	for _, message := range []string{"one", "", "two"} {
		require.NoError(t, socket.Write(ctx, websocket.MessageText, []byte(message)))
		kind, back, err := socket.Read(ctx)
		require.NoError(t, err)
		require.Equal(t, websocket.MessageText, kind)
		require.Equal(t, message, string(back))
	}
	require.NoError(t, b.srv.SetScript(Closing()), "an open socket goes on")
	require.NoError(t, socket.Write(ctx, websocket.MessageBinary, []byte{0}))
	_, _, err := socket.Read(ctx)
	require.NoError(t, err)
	require.NoError(t, socket.Close(websocket.StatusNormalClosure, ""))
	require.Empty(t, b.closed(1).Error)
	require.Equal(t, []string{"/live", "websocket"}, []string{b.attempt(1).Target, b.attempt(1).Header.Get("Upgrade")})
}

// What asks for no WebSocket gets the script's answer, on a connection that
// may go on.
func TestWebSocketAnswersPlainRequests(t *testing.T) {
	t.Parallel()
	b := serve(t, Script{Status: 426, WebSocket: &WebSocket{}})
	p := b.dial().send(get)
	resp, _ := p.response("GET")
	require.Equal(t, 426, resp.StatusCode)
	resp, _ = p.send("GET / HTTP/1.0\r\nHost: a\r\nConnection: upgrade\r\nUpgrade: websocket\r\n\r\n").response("GET")
	require.Equal(t, 426, resp.StatusCode, "HTTP/1.0 has no upgrade")
	_, err := p.rest()
	require.NoError(t, err)

	resp, _ = b.dial().send("GET / HTTP/1.1\r\nHost: a\r\nConnection: upgrade\r\nUpgrade: websocket\r\n\r\n").response("GET")
	require.Equal(t, 400, resp.StatusCode, "a handshake without a key")
	require.NotEmpty(t, b.closed(2).Error)
}

func TestWebSocketPings(t *testing.T) {
	t.Parallel()
	pinged := make(chan struct{}, 100)
	b := serve(t, Script{WebSocket: &WebSocket{Ping: 5 * time.Millisecond}})
	ctx, socket := openSocket(t, b, &websocket.DialOptions{OnPingReceived: func(context.Context, []byte) bool {
		pinged <- struct{}{}
		return true
	}})
	socket.CloseRead(ctx)
	<-pinged
	<-pinged
	require.NoError(t, socket.CloseNow())
	b.closed(1)
}

func TestWebSocketEndsWithItsServer(t *testing.T) {
	t.Parallel()
	b := serve(t, Script{WebSocket: &WebSocket{Ping: time.Hour}})
	ctx, socket := openSocket(t, b, nil)
	require.True(t, b.attempt(1).Complete)
	require.NoError(t, b.srv.Close())
	_, _, err := socket.Read(ctx)
	require.Error(t, err)
}
