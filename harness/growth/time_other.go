//go:build !linux

package growth

import (
	"time"

	"golang.org/x/sys/unix"
)

// processorTime is that of the whole program (getrusage(2)): threads have no
// account of their own here.
func processorTime(t T) time.Duration {
	t.Helper()
	var u unix.Rusage
	if err := unix.Getrusage(unix.RUSAGE_SELF, &u); err != nil {
		t.Fatalf("ask for the processor time: %v", err)
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}
