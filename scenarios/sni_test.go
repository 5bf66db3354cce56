package scenarios

import (
	"testing"

	"github.com/stretchr/testify/require"

	"badgateway/harness"
)

// TestServerNames reads from the recorded runs which server name reached the
// application: it is the claim behind the names in the scenarios' words.
func TestServerNames(t *testing.T) {
	for name, want := range map[string]struct{ broken, fixed string }{
		"tls/sni-missing":  {"", "app.internal"},
		"tls/sni-of-block": {"app", "app.internal"},
	} {
		t.Run(name, func(t *testing.T) {
			record := load(t, name)
			seen := map[harness.Phase]int{}
			for _, step := range record.Steps {
				expected := want.fixed
				if step.Phase == harness.Broken {
					expected = want.broken
				}
				for _, c := range record.Conns {
					if c.Opened >= step.From && c.Opened <= step.To {
						require.Equal(t, expected, c.SNI, "%s step", step.Phase)
						seen[step.Phase]++
					}
				}
			}
			require.Len(t, seen, 3, "every step reached the application")
		})
	}
}
