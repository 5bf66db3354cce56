package sandbox_test

import (
	"cmp"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"badgateway/harness/check/config"
	"badgateway/harness/check/sandbox"
)

// TestCorpus starts every configuration of a folder of real ones
// (BADGATEWAY_CORPUS) that its INDEX.tsv names by directory and file. One that
// does not start must say in which line, and how to go on.
func TestCorpus(t *testing.T) {
	folder := os.Getenv("BADGATEWAY_CORPUS")
	if folder == "" {
		t.Skip("BADGATEWAY_CORPUS names no folder of configurations")
	}
	d, b := driver(t, cmp.Or(os.Getenv("BADGATEWAY_DRIVER"), "native"))
	rows := corpusRows(t, folder)
	started := 0
	for _, name := range rows {
		t.Run(name, func(t *testing.T) {
			c, err := config.Read(t.Context(), filepath.Join(folder, strings.TrimSuffix(name, "/*")), config.Options{})
			if err == nil {
				_, err = sandbox.Build(t.Context(), d, b, c)
			}
			if err == nil {
				started++
				return
			}
			t.Logf("does not start: %v", err)
			var refused *config.InputError
			require.ErrorAs(t, err, &refused)
			require.NotEmpty(t, refused.Place.File, err)
			require.NotEmpty(t, refused.Next, err)
		})
	}
	t.Logf("%d of %d start on %s", started, len(rows), b.Spec)
}

// corpusRows are the files that INDEX.tsv names.
func corpusRows(t *testing.T, folder string) []string {
	t.Helper()
	index, err := os.ReadFile(filepath.Join(folder, "INDEX.tsv"))
	require.NoError(t, err)
	var names []string
	for row := range strings.Lines(string(index)) {
		columns := strings.Split(row, "\t")
		if len(columns) < 2 || columns[0] == "dir" {
			continue
		}
		names = append(names, filepath.Join(columns[0], columns[1]))
	}
	return names
}
