package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/signal"
	"syscall"

	"golang.org/x/sys/unix"
)

// signalled is the cause of a context that a signal ended.
type signalled struct{ signal syscall.Signal }

func (s signalled) Error() string {
	return fmt.Sprintf("received %s", unix.SignalName(s.signal))
}

// code is what a shell reports for a process ended by the signal.
func (s signalled) code() int { return 128 + int(s.signal) }

// withSignals returns a context that the first SIGINT, SIGTERM or SIGHUP
// cancels; a second one calls exit at once. SIGPIPE is taken too, so that a
// closed pipe on stdout is a failed write and not the end of a run whose reports
// are not written yet.
func withSignals(parent context.Context, exit func(int)) (context.Context, func()) {
	ctx, cancel := context.WithCancelCause(parent)
	pipe := make(chan os.Signal, 1)
	signal.Notify(pipe, syscall.SIGPIPE)
	got := make(chan os.Signal, 2)
	signal.Notify(got, syscall.SIGINT, syscall.SIGTERM, syscall.SIGHUP)
	done := make(chan struct{})
	go func() {
		for n := 0; ; n++ {
			select {
			case <-done:
				return
			case s := <-got:
				cause := signalled{s.(syscall.Signal)}
				if n > 0 {
					exit(cause.code())
				}
				cancel(cause)
			}
		}
	}()
	return ctx, func() {
		signal.Stop(got)
		signal.Stop(pipe)
		close(done)
		cancel(nil)
	}
}

// stoppedBy is the signal that ended ctx, if one did.
func stoppedBy(ctx context.Context) (signalled, bool) {
	return errors.AsType[signalled](context.Cause(ctx))
}

// stopOr is err, unless a signal ended ctx: then the signal is the reason, and
// its code the exit code.
func stopOr(ctx context.Context, err error) error {
	if s, stopped := stoppedBy(ctx); stopped {
		return &exitError{code: s.code(), err: s}
	}
	return err
}
