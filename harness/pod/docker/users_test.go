package docker

import (
	"net/http/httptrace"
	"testing"

	"github.com/moby/moby/client"
	"github.com/stretchr/testify/require"
)

// TestConnectionsAreKept closes the client as testcontainers does with each
// container that it starts: nobody's connection may go.
func TestConnectionsAreKept(t *testing.T) {
	e := connected(t)
	ping := func() (reused bool) {
		ctx := httptrace.WithClientTrace(t.Context(), &httptrace.ClientTrace{GotConn: func(i httptrace.GotConnInfo) { reused = i.Reused }})
		_, err := e.api.Ping(ctx, client.PingOptions{})
		require.NoError(t, err)
		return reused
	}
	ping()
	require.NoError(t, e.DockerProvider.Close())
	require.True(t, ping(), "kept")
	require.NoError(t, e.Close())
	require.False(t, ping(), "closed by the last user")
}
