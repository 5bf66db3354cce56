// Package checks turns the result of a check into text: one file per format,
// each a pure function from [result.Report] to bytes.
//
//	terminal.go  heat-map of routes and faults, findings, differences
//	live.go      what runs now, with the time left
//	json.go      badgateway.check/v1
//	junit.go     JUnit XML: a case per route, fault and method
//	sarif.go     SARIF 2.1.0, on the directive's file and line
//	github.go    annotations and step summary of GitHub Actions
//	markdown.go  the same as a document
//	html*.go     a self-contained page
//
// It judges nothing: findings and differences come with the report.
package checks
