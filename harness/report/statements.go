package report

import (
	_ "embed"
	"strings"
)

//go:embed assets/statements.tsv
var statementsText string

// Statement is one thing that the runbook says, in this project's words.
type Statement struct {
	ID, Text string
	// Outside says why no scenario decides it; empty for all others.
	Outside string
}

// Statements are those of the runbook, in its order.
func Statements() []Statement {
	var all []Statement
	for line := range strings.Lines(statementsText) {
		fields := append(strings.Split(strings.TrimSuffix(line, "\n"), "\t"), "", "")
		all = append(all, Statement{ID: fields[0], Text: fields[1], Outside: fields[2]})
	}
	return all
}
