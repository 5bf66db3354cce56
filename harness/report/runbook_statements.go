package report

import (
	"slices"

	"badgateway/harness"
)

// outside is the verdict on a statement that no scenario can decide.
const outside harness.Ruling = "out of scope"

// statement is one row of the verdict table: a statement of the runbook, what
// experiment says of it, and on what grounds.
type statement struct {
	ID, Text string
	Ruling   harness.Ruling
	Grounds  []ground
}

// ground is what some scenarios say of a statement.
type ground struct {
	// Ruling is empty where it is the statement's own.
	Ruling    harness.Ruling
	Note      string
	Witnesses []witness
}

// witness is a scenario that decides a statement, with its outcome in this run.
type witness struct{ Name, Outcome string }

// statements are those that the scenarios carry and those that none can decide,
// in the runbook's order; others (of a scenario of one's own) stand behind.
func statements(scenarios []harness.Scenario, results []result) []statement {
	var all []statement
	for _, s := range Statements() {
		row := statement{ID: s.ID, Text: s.Text}
		if s.Outside != "" {
			row.Ruling, row.Grounds = outside, []ground{{Note: s.Outside}}
		}
		all = append(all, row)
	}
	for _, sc := range scenarios {
		w := witness{sc.Name, telling(of(results, sc.Name)).outcome()}
		for _, c := range sc.Claims {
			i := slices.IndexFunc(all, func(s statement) bool { return s.ID == c.ID })
			if i < 0 {
				i = len(all)
				all = append(all, statement{ID: c.ID})
			}
			all[i].decide(c, w)
		}
	}
	all = slices.DeleteFunc(all, func(s statement) bool { return s.Ruling == "" })
	for i := range all {
		all[i].sum()
	}
	if !slices.ContainsFunc(all, func(s statement) bool { return s.Ruling != outside }) {
		return nil
	}
	return all
}

// decide adds what a scenario says. Rulings that differ make a statement
// conditional.
func (s *statement) decide(c harness.Claim, w witness) {
	switch s.Ruling {
	case "", outside, c.Ruling:
		s.Ruling = c.Ruling
	default:
		s.Ruling = harness.Conditional
	}
	note := Clean(c.Note)
	i := slices.IndexFunc(s.Grounds, func(g ground) bool { return g.Ruling == c.Ruling && g.Note == note })
	if i < 0 {
		i = len(s.Grounds)
		s.Grounds = append(s.Grounds, ground{Ruling: c.Ruling, Note: note})
	}
	s.Grounds[i].Witnesses = append(s.Grounds[i].Witnesses, w)
}

// sum puts what bears the statement out before what limits it, and leaves the
// ruling to be said where it differs from the statement's.
func (s *statement) sum() {
	order := []harness.Ruling{harness.Confirmed, harness.Conditional, harness.Refuted}
	slices.SortStableFunc(s.Grounds, func(a, b ground) int {
		return slices.Index(order, a.Ruling) - slices.Index(order, b.Ruling)
	})
	for i := range s.Grounds {
		if s.Grounds[i].Ruling == s.Ruling {
			s.Grounds[i].Ruling = ""
		}
	}
}
