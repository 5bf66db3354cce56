package scenarios

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"badgateway/harness/report"
)

// TestCoverage holds the catalogue against the runbook: every statement is
// decided by a scenario, unless statements.tsv says why none can, and no look is
// about a statement that its scenario does not decide.
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
	for _, s := range report.Statements() {
		decided := strings.Join(carriers[s.ID], ", ")
		t.Logf("%-7s %s", s.ID, decided)
		if decided == "" && s.Outside == "" {
			t.Errorf("%s is decided by no scenario: carry it in Claims, or say in statements.tsv why none can", s.ID)
		}
		if decided != "" && s.Outside != "" {
			t.Errorf("%s is decided by %s: take its reason out of statements.tsv", s.ID, decided)
		}
		delete(carriers, s.ID)
	}
	require.Empty(t, carriers, "no such statements")
}
