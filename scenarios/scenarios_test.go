package scenarios

import (
	"cmp"
	"encoding/json"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"badgateway/harness"
	"badgateway/harness/gatewaytest"
)

// TestScenarios plays the catalogue: TestScenarios/FAMILY/NAME, with a level
// more for the driver when BADGATEWAY_DRIVER=all.
func TestScenarios(t *testing.T) {
	each(t, func(t *testing.T, driver string, s harness.Scenario) {
		record := gatewaytest.Run(t, driver, s)
		if *update {
			save(t, record)
		}
	})
}

// TestWithoutBreak leaves out what goes wrong: the symptom must not be there
// all the same.
func TestWithoutBreak(t *testing.T) {
	each(t, func(t *testing.T, driver string, s harness.Scenario) {
		mustFail(t, driver, s, harness.WithoutBreak, "symptom: ")
	})
}

// TestWithoutFix leaves out the remedy: what it claims to mend must go on.
func TestWithoutFix(t *testing.T) {
	each(t, func(t *testing.T, driver string, s harness.Scenario) {
		// A failure that is masked from the client goes on in the log alone.
		mustFail(t, driver, s, harness.WithoutFix, "fix: ", "log: ")
	})
}

// mustFail plays s without one of its parts and demands that every reason of
// the failure begins with one of kinds, and the first with the first possible.
func mustFail(t *testing.T, driver string, s harness.Scenario, without string, kinds ...string) {
	o := gatewaytest.Options(t, driver)
	o.Without, o.Timeouts.Log = without, o.Timeouts.Log/10 // the line does not come
	record, verdict := harness.Run(t.Context(), s, o)
	if verdict.Outcome == harness.Skip {
		t.Skip(verdict.Reason)
	}
	require.Empty(t, record.Error)
	require.Equal(t, harness.Fail, verdict.Outcome, "it passes without its %s", without)
	known := func(kind string) bool { return strings.HasPrefix(verdict.Reason, kind) }
	require.True(t, slices.ContainsFunc(kinds, known), "the reason should begin with one of %q: %s", kinds, verdict.Reason)
}

// each runs one parallel subtest per scenario, those that wait longest first.
func each(t *testing.T, run func(*testing.T, string, harness.Scenario)) {
	all := All()
	slices.SortStableFunc(all, func(a, b harness.Scenario) int { return cmp.Compare(b.Waits, a.Waits) })
	drivers := gatewaytest.Drivers()
	for _, s := range all {
		if len(drivers) == 1 {
			t.Run(s.Name, func(t *testing.T) {
				t.Parallel()
				run(t, drivers[0], s)
			})
			continue
		}
		for _, driver := range drivers {
			t.Run(s.Name+"/"+driver, func(t *testing.T) {
				t.Parallel()
				run(t, driver, s)
			})
		}
	}
}

// recordFile is where the recorded run of a scenario lies.
func recordFile(name string) string {
	return filepath.Join("..", "fixtures", "records", filepath.FromSlash(name)+".json")
}

func save(t *testing.T, r *harness.Record) {
	data, err := json.MarshalIndent(r, "", "\t")
	require.NoError(t, err)
	path := recordFile(r.Scenario)
	require.NoError(t, os.MkdirAll(filepath.Dir(path), 0o755))
	require.NoError(t, os.WriteFile(path, append(data, '\n'), 0o644))
}
