// Package scenarios is the catalogue: every failure as a [harness.Scenario]
// value, one file per family, with its configurations in the fixtures under
// the same name. `go test` proves it, `badgateway run` executes it, drill plays
// it, diagnose reads it backwards and the runbook is printed from it.
//
// It holds values and no code: what a run does is package harness, what a fault
// does is package pod. A new scenario is a value in its family's file, listed
// there, and its configurations; the tests find whatever is missing.
package scenarios

//go:generate go run ../cmd/badgateway list --markdown README.md
