// Package scenarios is the catalogue: every failure as a [harness.Scenario]
// value, one file per family, with its configurations in the fixtures under
// the same name. `go test` proves it, `badgateway run` executes it, drill plays
// it, diagnose reads it backwards and the runbook is printed from it.
//
// It holds values and no code: what a run does is package harness, what a fault
// does is package pod. A new scenario is a value in its family's file, listed
// there, and its configurations: NAME.conf, NAME.break.conf, NAME.fix.conf and
// NAME.trap.conf are found by its name, and what a family has in common is said
// once. The tests find whatever is missing.
//
// # Timeouts
//
// A configuration that is healthy, or mended, has timeouts that a machine under
// load does not reach; a short one, which stands for the default of a minute,
// comes with what is broken. There nothing has to be quick.
//
// # What is left out
//
//   - An application's early answer that is lost under the upload: whether its
//     RST overtakes the answer is chance, as nginx reads before it writes.
//     upload/application-limit shows the answer that arrives.
//   - Applications as such: PHP-FPM, uWSGI, Envoy, a gRPC server. The backends
//     speak their protocols, and do what they are documented to do.
//   - Commands that would change the machine: setsebool, semodule, setenforce,
//     aa-complain, aa-disable. security/policy reads the state they are about.
//   - HAProxy, which would be a second kind of gateway.
//   - Lines that need a frame, a record or an errno that no cause of an
//     operator's brings about: signatures_test.go lists them with their reasons.
package scenarios

//go:generate go run ../cmd/badgateway list --markdown README.md
