package gatewaytest_test

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// TestThirdParty runs the test of another module against this one, as that
// module's owner would.
func TestThirdParty(t *testing.T) {
	t.Parallel()
	root, err := filepath.Abs("../..")
	require.NoError(t, err)
	shop := t.TempDir()
	require.NoError(t, os.CopyFS(shop, os.DirFS("testdata/shop")))
	mod, err := os.ReadFile(filepath.Join(root, "go.mod"))
	require.NoError(t, err)
	text := strings.Replace(string(mod), "module badgateway", "module shop", 1) +
		"\nrequire badgateway v0.0.0\n\nreplace badgateway => " + root + "\n"
	require.NoError(t, os.WriteFile(filepath.Join(shop, "go.mod"), []byte(text), 0o644))
	sum, err := os.ReadFile(filepath.Join(root, "go.sum"))
	require.NoError(t, err)
	require.NoError(t, os.WriteFile(filepath.Join(shop, "go.sum"), sum, 0o644))

	test := exec.CommandContext(t.Context(), "go", "test", "-mod=mod", "-v", "-count=1", "./...")
	test.Dir = shop
	test.Env = append(os.Environ(), "GOPROXY=off", "GOFLAGS=")
	out, err := test.CombinedOutput()
	require.NoError(t, err, "%s", out)
	if strings.Contains(string(out), "--- SKIP: TestCheckoutWithoutPayment") {
		t.Skipf("the module's own test was skipped:\n%s", out)
	}
	require.Contains(t, string(out), "--- PASS: TestCheckoutWithoutPayment")
}
