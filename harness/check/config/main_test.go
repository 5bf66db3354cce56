package config_test

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"

	"badgateway/harness/check/config"
	"badgateway/harness/check/result"
	"badgateway/harness/nginx/conf"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// write puts files below a new directory, which is the test's own.
func write(t testing.TB, files map[string]string) string {
	t.Helper()
	dir := filepath.Join(t.TempDir(), "repository")
	require.NoError(t, os.MkdirAll(filepath.Join(dir, ".git"), 0o755))
	for name, text := range files {
		file := filepath.Join(dir, name)
		require.NoError(t, os.MkdirAll(filepath.Dir(file), 0o755))
		require.NoError(t, os.WriteFile(file, []byte(text), 0o600))
	}
	return dir
}

// enter writes files and makes their directory the current one.
func enter(t *testing.T, files map[string]string) {
	t.Helper()
	t.Chdir(write(t, files))
}

// directives are those of a tree as one text each.
func directives(c *config.Config) []string {
	var all []string
	for d := range c.Tree.All() {
		all = append(all, d.Text())
	}
	return all
}

// first finds a directive by its name.
func first(t *testing.T, c *config.Config, name string) *conf.Directive {
	t.Helper()
	for d := range c.Tree.All() {
		if d.Is(name) {
			return d
		}
	}
	t.Fatalf("no %s in %q", name, directives(c))
	return nil
}

// podFile is a file of the pod.
func podFile(t *testing.T, c *config.Config, path string) string {
	t.Helper()
	for _, f := range c.Pod() {
		if f.Path == path && !f.Dir {
			return string(f.Data)
		}
	}
	t.Fatalf("no %s in the pod", path)
	return ""
}

// supplied are the names of what was supplied of a kind.
func supplied(c *config.Config, kind result.SuppliedKind) []string {
	var names []string
	for _, s := range c.Supplied {
		if s.Kind == kind {
			names = append(names, s.Name)
		}
	}
	return names
}
