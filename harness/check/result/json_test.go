package result_test

import (
	"encoding/json"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"badgateway/harness/check/result"
)

func TestTimesInSeconds(t *testing.T) {
	late := 90 * time.Second
	data, err := json.Marshal(result.Report{Wall: 1500 * time.Millisecond, Cells: []result.Cell{{
		ID: "a|b|GET", Total: 2500 * time.Millisecond, Recovery: &late,
		Attempts: []result.Attempt{{Peer: "app:80", At: time.Second}}}}})
	require.NoError(t, err)
	var got map[string]any
	require.NoError(t, json.Unmarshal(data, &got))
	require.Equal(t, "badgateway.check/v1", got["schema"])
	require.Equal(t, 1.5, got["seconds"])
	cell := got["cells"].([]any)[0].(map[string]any)
	require.Equal(t, 2.5, cell["total"])
	require.Equal(t, 90.0, cell["recovery"])
	require.NotContains(t, cell, "first_byte")
	require.Equal(t, 1.0, cell["attempts"].([]any)[0].(map[string]any)["at"])
}
