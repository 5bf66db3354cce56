package main

import (
	"errors"

	"badgateway/harness"
	"badgateway/harness/builds"
	"badgateway/harness/pod"
	"badgateway/harness/pod/drivers"
)

// The exit codes of every verb; a signal adds 128 to its number.
const (
	exitFine    = 0
	exitFinding = 1 // a failed scenario, a finding of a check
	exitInput   = 2 // bad usage or bad input
	exitMachine = 3 // this machine cannot run it
)

// exitError gives an error its exit code. A nil err is a code without words:
// the report has said it all.
type exitError struct {
	code int
	err  error
}

func (e *exitError) Error() string {
	if e.err == nil {
		return ""
	}
	return e.err.Error()
}

func (e *exitError) Unwrap() error { return e.err }

// badInput marks err as the user's to mend.
func badInput(err error) error { return withCode(exitInput, err) }

// cannotRun marks err as the machine's.
func cannotRun(err error) error { return withCode(exitMachine, err) }

func withCode(code int, err error) error {
	if err == nil {
		return nil
	}
	if _, coded := errors.AsType[*exitError](err); coded {
		return err
	}
	return &exitError{code: code, err: err}
}

// codeOf is the exit code of an error: its own, else what its type tells, else
// bad usage (all that cobra returns is).
func codeOf(err error) int {
	if err == nil {
		return exitFine
	}
	if e, ok := errors.AsType[*exitError](err); ok {
		return e.code
	}
	if _, ok := errors.AsType[*harness.UnknownPattern](err); ok {
		return exitInput
	}
	if _, ok := errors.AsType[*drivers.Unknown](err); ok {
		return exitInput
	}
	if _, ok := errors.AsType[*builds.SpecError](err); ok {
		return exitInput
	}
	if _, ok := errors.AsType[*pod.Unavailable](err); ok {
		return exitMachine
	}
	if _, ok := errors.AsType[*builds.Unavailable](err); ok {
		return exitMachine
	}
	return exitInput
}
