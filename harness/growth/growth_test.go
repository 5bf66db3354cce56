package growth

import (
	"fmt"
	"testing"

	"github.com/stretchr/testify/require"
)

// told is a test that keeps how it failed.
type told struct{ failure string }

func (*told) Helper()             {}
func (*told) Logf(string, ...any) {}
func (t *told) Fatalf(format string, args ...any) {
	t.failure = fmt.Sprintf(format, args...)
}

var sink int

// work takes time in proportion to n.
func work(n int) {
	for i := range n {
		sink += i * sink
	}
}

func TestLinear(t *testing.T) {
	var proportional, square, near told
	Linear(&proportional, 1_000_000, 8_000_000, work)
	require.Empty(t, proportional.failure)
	Linear(&square, 400, 3200, func(n int) { work(n * n) })
	require.Contains(t, square.failure, "times as long for 8 times as many")
	Linear(&near, 10, 20, func(int) {})
	require.Contains(t, near.failure, "20 is not eight times 10")
}
