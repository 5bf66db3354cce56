package report

import (
	"cmp"
	"slices"
	"strconv"
	"strings"

	"badgateway/harness"
)

// statement is one row of the verdict table: a statement of the runbook, what
// experiment says of it, and the scenarios that say so.
type statement struct {
	harness.Claim
	// Anchor is where links to the statement lead: its first row alone has one.
	Anchor    string
	Witnesses []witness
}

// witness is a scenario that decides a statement, with its outcome in this run.
type witness struct{ Name, Outcome string }

// statements are those that the scenarios carry, in the runbook's order.
// Scenarios that rule alike and with the same words share a row.
func statements(scenarios []harness.Scenario, results []result) []statement {
	var all []statement
	for _, sc := range scenarios {
		outcome := telling(of(results, sc.Name)).outcome()
		for _, c := range sc.Claims {
			c.Note = clean(c.Note)
			i := slices.IndexFunc(all, func(s statement) bool { return s.Claim == c })
			if i < 0 {
				i = len(all)
				all = append(all, statement{Claim: c})
			}
			all[i].Witnesses = append(all[i].Witnesses, witness{sc.Name, outcome})
		}
	}
	slices.SortStableFunc(all, func(a, b statement) int { return compareIDs(a.ID, b.ID) })
	for i := range all {
		if i == 0 || all[i-1].ID != all[i].ID {
			all[i].Anchor = "statement-" + all[i].ID
		}
	}
	return all
}

// compareIDs orders "W2" before "W10" and "S2.1" before "S10.1"; the letters in
// the runbook's order: what gives a 502 (W), the steps (S), the rest.
func compareIDs(a, b string) int {
	if c := cmp.Compare(rank(a), rank(b)); c != 0 {
		return c
	}
	return slices.Compare(numbers(a), numbers(b))
}

func rank(id string) int {
	const order = "WSCVR"
	if id == "" {
		return len(order)
	}
	if i := strings.IndexByte(order, id[0]); i >= 0 {
		return i
	}
	return len(order)
}

// numbers are those in an id: 10 and 2 of "S10.2".
func numbers(id string) []int {
	var all []int
	for word := range strings.SplitSeq(strings.TrimLeft(id, "WSCVR"), ".") {
		n, err := strconv.Atoi(word)
		if err != nil {
			n = 0 // no number: first
		}
		all = append(all, n)
	}
	return all
}
