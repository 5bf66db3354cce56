package sandbox_test

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"

	"badgateway/harness/ordinary"
)

// TestHostileAsOrdinaryUser holds the promises of safety where pods are made
// without any privilege, natively: those of every user, but not those that wait
// for memory, disk or time to be used up.
func TestHostileAsOrdinaryUser(t *testing.T) {
	driver(t, "native")
	if os.Geteuid() != 0 {
		t.Skip("the other tests run as an ordinary user already")
	}
	for _, kind := range []ordinary.Kind{ordinary.Alone, ordinary.Mapped} {
		t.Run(string(kind), func(t *testing.T) {
			t.Parallel()
			cmd := ordinary.Command(t, kind, filepath.Base(os.Args[0]),
				"-test.v", "-test.run", "^TestHostile(Network|Files|Includes|Writes|Modules|Privileges|Devices)$/native")
			cmd.Env = append(cmd.Env, "BADGATEWAY_REQUIRE=1")
			out, err := cmd.CombinedOutput()
			require.NoError(t, err, "%s", out)
			require.Contains(t, string(out), "--- PASS: TestHostilePrivileges/native")
		})
	}
}
