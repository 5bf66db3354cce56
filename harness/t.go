package harness

import "context"

// T is what the harness needs of a test; *testing.T and *testing.B have it, and
// so may anything else that runs pods. Nothing that a command links imports
// package testing.
type T interface {
	Helper()
	Name() string
	Context() context.Context
	Cleanup(func())
	Logf(format string, args ...any)
	Errorf(format string, args ...any)
	Skipf(format string, args ...any)
	Fatalf(format string, args ...any)
}
