// Package report turns results into text: one file per format, each a pure
// function from the types of package harness (or check, or diagnose) to bytes.
//
//	list.go      the catalogue, for a person and as JSON
//	lines.go     one line per finished scenario (a pipe)
//	live.go      what runs now, redrawn in place (a terminal)
//	table.go     the result as a table
//	matrix.go    the result on several builds: scenario by version
//	failure.go   each failure: reasons, expected, seen, how to reproduce
//	json.go      badgateway.run/v1
//	junit.go     JUnit XML
//	runbook*.go  a run told as a runbook; html*.go prints it as a page,
//	markdown.go  and this for a code host
//
// Two files touch the world: [File] checks a report's path before a run and
// writes it atomically after, and [Screen] asks a terminal for its size.
//
// It judges nothing and runs nothing: outcomes and reasons are the harness's.
package report
