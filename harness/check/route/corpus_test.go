package route_test

import (
	"context"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"badgateway/harness/builds"
	"badgateway/harness/check/config"
	"badgateway/harness/check/route"
	"badgateway/harness/check/sandbox"
	"badgateway/harness/pod/drivers"
)

// TestCorpus proves the routes of every configuration of a folder of real ones
// (BADGATEWAY_CORPUS, with an INDEX.tsv that names directory and file), and
// says of each route that is not reached why.
func TestCorpus(t *testing.T) {
	folder := os.Getenv("BADGATEWAY_CORPUS")
	if folder == "" {
		t.Skip("BADGATEWAY_CORPUS names no folder of configurations")
	}
	b, err := builds.Resolve(context.Background(), os.Getenv("BADGATEWAY_NGINX"), builds.Options{})
	require.NoError(t, err)
	d, err := drivers.Pick(t.Context(), strings.Replace(os.Getenv("BADGATEWAY_DRIVER"), "all", drivers.Auto, 1), b)
	require.NoError(t, err)
	index, err := os.ReadFile(filepath.Join(folder, "INDEX.tsv"))
	require.NoError(t, err)
	started, found, reached, ids := 0, 0, 0, 0
	for row := range strings.Lines(string(index)) {
		columns := strings.Split(row, "\t")
		if len(columns) < 2 || columns[0] == "dir" {
			continue
		}
		name := filepath.Join(columns[0], columns[1])
		t.Run(name, func(t *testing.T) {
			c, err := config.Read(t.Context(), filepath.Join(folder, name), config.Options{})
			if err != nil {
				t.Skip("does not start: ", err)
			}
			box, err := sandbox.Build(t.Context(), d, b, c)
			if err != nil {
				t.Skip("does not start: ", err)
			}
			started++
			begun := time.Now()
			plan := route.Find(t.Context(), c, box)
			planned := time.Since(begun)
			routes, err := route.Prove(t.Context(), plan, d, b, nil)
			require.NoError(t, err)
			seen := map[string]bool{}
			for _, r := range routes {
				require.False(t, seen[r.ID], "id %s twice", r.ID)
				seen[r.ID] = true
				if strings.Contains(r.ID, " #") {
					ids++
				}
				found++
				if r.Reached {
					reached++
					t.Logf("reached %s (%s) %s %s", r.ID, r.Via, r.Methods, r.Request.URL)
				} else {
					require.NotEmpty(t, r.Reason, r.ID)
					t.Logf("UNREACHED %s: %s [%s]", r.ID, r.Reason, r.Request.URL)
				}
			}
			t.Logf("%d routes, planned in %v, all in %v", len(routes), planned.Round(time.Millisecond), time.Since(begun).Round(time.Millisecond))
		})
	}
	t.Logf("%d configurations start; %d of %d routes reached; %d numbered ids", started, reached, found, ids)
}
