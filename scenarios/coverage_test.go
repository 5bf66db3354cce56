package scenarios

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// statements are the ids of all that the runbook says, by group.
var statements = []struct {
	group string
	count int
}{
	{"W", 7}, {"S1.", 7}, {"S2.", 5}, {"S3.", 6}, {"S4.", 8}, {"S5.", 6}, {"S6.", 7}, {"S7.", 6},
	{"S8.", 7}, {"S9.", 9}, {"S10.", 11}, {"C", 7}, {"V", 6}, {"R", 3},
}

// uncovered are the statements that no scenario decides, each with the reason.
// One that becomes covered must leave the table.
var uncovered = map[string]string{
	"S4.6": pending,
	"R3":   "needs a second kind of gateway, which the catalogue does not have",
}

// pending is the reason of statements that need nothing but to be done.
const pending = "its scenario is not written yet"

// TestCoverage holds the catalogue against the runbook: every statement is
// decided by a scenario or stands in the table above, and no look is about a
// statement that its scenario does not decide.
func TestCoverage(t *testing.T) {
	carriers := map[string][]string{}
	for _, s := range All() {
		var claimed []string
		for _, c := range s.Claims {
			claimed = append(claimed, c.ID)
			carriers[c.ID] = append(carriers[c.ID], s.Name)
		}
		for _, l := range s.Looks {
			require.Contains(t, claimed, l.Claim, "%s looks with $ %s", s.Name, l.Command)
		}
	}
	var ids []string
	for _, g := range statements {
		for i := range g.count {
			ids = append(ids, fmt.Sprintf("%s%d", g.group, i+1))
		}
	}
	require.Len(t, ids, 95)
	for _, id := range ids {
		t.Logf("%-7s %s", id, strings.Join(carriers[id], ", "))
		_, listed := uncovered[id]
		if covered := len(carriers[id]) > 0; covered && listed {
			t.Errorf("%s is decided by %s now: take it out of the table uncovered", id, strings.Join(carriers[id], ", "))
		} else if !covered && !listed {
			t.Errorf("%s is decided by no scenario: carry it in Claims, or say why not in the table uncovered", id)
		}
	}
	for id, reason := range uncovered {
		require.True(t, slices.Contains(ids, id), "%s is no statement", id)
		require.NotEmpty(t, reason, id)
	}
}
