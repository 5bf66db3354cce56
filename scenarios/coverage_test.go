package scenarios

import (
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"badgateway/harness/report"
)

// uncovered are the statements that no scenario decides, each with the reason.
// One that becomes covered must leave the table.
var uncovered = map[string]string{}

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
	for _, s := range report.Statements() {
		id := s.ID
		ids = append(ids, id)
		t.Logf("%-7s %s", id, strings.Join(carriers[id], ", "))
		_, listed := uncovered[id]
		listed = listed || s.Outside != ""
		if covered := len(carriers[id]) > 0; covered && listed {
			t.Errorf("%s is decided by %s now: take it out of the table uncovered, or of statements.tsv its reason", id, strings.Join(carriers[id], ", "))
		} else if !covered && !listed {
			t.Errorf("%s is decided by no scenario: carry it in Claims, or say why not in the table uncovered", id)
		}
	}
	for id := range carriers {
		require.Contains(t, ids, id, "%s is no statement", id)
	}
	for id, reason := range uncovered {
		require.True(t, slices.Contains(ids, id), "%s is no statement", id)
		require.NotEmpty(t, reason, id)
	}
}
