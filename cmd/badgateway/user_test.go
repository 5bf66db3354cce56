package main

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"badgateway/harness/ordinary"
)

// TestCheckAsOrdinaryUser: without any privilege a check finds what it finds as
// root, and leaves nothing but its reports. The configuration names a user that
// a pod of one user id cannot have, and ports below 1024.
func TestCheckAsOrdinaryUser(t *testing.T) {
	needNative(t)
	const conf = "user www-data;\n" + gatewayConf
	args := []string{"check", "nginx.conf", "--driver", "native", "--fault", "refused", "--fault", "slow-headers", "--fault", "status-*", "--json", "out.json", "--junit", "out.xml"}
	asRoot, dir := checkProcess(t)
	require.NoError(t, os.WriteFile(filepath.Join(dir, "nginx.conf"), []byte(conf), 0o644))
	asRoot.Args = append([]string{"badgateway"}, args...)
	out, err := asRoot.CombinedOutput()
	require.NoError(t, err, "%s", out)
	want := told(t, dir)
	for _, kind := range []ordinary.Kind{ordinary.Alone, ordinary.Mapped} {
		t.Run(string(kind), func(t *testing.T) {
			cmd := ordinary.Command(t, kind, "badgateway", args...)
			require.NoError(t, os.WriteFile(filepath.Join(cmd.Dir, "nginx.conf"), []byte(conf), 0o644))
			out, err := cmd.CombinedOutput()
			require.NoError(t, err, "%s", out)
			require.Equal(t, want, told(t, cmd.Dir))
			left, err := filepath.Glob(cmd.Dir + "/*")
			require.NoError(t, err)
			require.Len(t, left, 3, "the configuration and two reports: %v", left)
		})
	}
}

// TestCheckWithoutSurroundings: a check needs neither HOME nor PATH nor a
// directory for temporary files, and nothing in the working directory.
func TestCheckWithoutSurroundings(t *testing.T) {
	cmd, dir := checkProcess(t, "--fault", "refused", "--method", "GET")
	cmd.Args[2], cmd.Dir = filepath.Join(dir, "nginx.conf"), "/"
	cmd.Env = []string{"PATH=/nonexistent", "TMPDIR=/nonexistent/" + strings.Repeat("d", 250)}
	out, err := cmd.CombinedOutput()
	require.NoError(t, err, "%s", out)
	require.Contains(t, string(out), "1 route found, 1 reached; 1 cell in ")
}

// told are routes and cells of a report, with what they say.
func told(t *testing.T, dir string) string {
	t.Helper()
	r := checked(t, filepath.Join(dir, "out.json"))
	var b strings.Builder
	for _, route := range r.Routes {
		fmt.Fprintln(&b, route.ID, route.Reached, route.Reason)
	}
	for _, l := range r.Cells {
		fmt.Fprintln(&b, l.ID, l.Client, l.Log)
	}
	require.Contains(t, b.String(), "|refused|POST 502 Bad Gateway [connect-refused]\n")
	return b.String()
}
