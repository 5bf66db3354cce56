package pod

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// TestTimeoutsForText: nginx may take longer for a large text, and not for ever.
func TestTimeoutsForText(t *testing.T) {
	require.Equal(t, DefaultTimeouts, DefaultTimeouts.forText(100_000))
	large := DefaultTimeouts.forText(5 << 20)
	require.Equal(t, 80*time.Second, large.Nginx)
	require.Equal(t, 80*time.Second, large.Command)
	require.Equal(t, DefaultTimeouts.Request, large.Request)
	require.Equal(t, 150*time.Second, DefaultTimeouts.forText(64<<20).Nginx)
}
