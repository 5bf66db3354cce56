package scenarios

import (
	"bytes"
	"fmt"
	"os"
	"testing"

	"github.com/stretchr/testify/require"

	"badgateway/harness/report"
)

// TestReadme holds README.md against the catalogue.
func TestReadme(t *testing.T) {
	var want bytes.Buffer
	require.NoError(t, report.WriteCatalogue(&want, All()))
	got, err := os.ReadFile("README.md")
	require.NoError(t, err, "run: go generate ./scenarios")
	require.Equal(t, want.String(), string(got), "stale; run: go generate ./scenarios")
	project, err := os.ReadFile("../README.md")
	require.NoError(t, err)
	require.Contains(t, string(project), fmt.Sprintf("lists its %d scenarios", len(All())), "stale; correct README.md")
}
