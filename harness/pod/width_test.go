package pod

import (
	"runtime"
	"testing"

	"github.com/stretchr/testify/require"
)

func TestWidth(t *testing.T) {
	require.GreaterOrEqual(t, Width(8), 1)
	require.LessOrEqual(t, Width(8), 8*runtime.GOMAXPROCS(0))

	before := runtime.GOMAXPROCS(1)
	defer runtime.GOMAXPROCS(before)
	require.LessOrEqual(t, Width(8), 8)
}
