package growth

import (
	"time"

	"golang.org/x/sys/unix"
)

// processorTime is that of this thread (clock_gettime(2)).
func processorTime(t T) time.Duration {
	t.Helper()
	var spec unix.Timespec
	if err := unix.ClockGettime(unix.CLOCK_THREAD_CPUTIME_ID, &spec); err != nil {
		t.Fatalf("ask for the processor time: %v", err)
	}
	return time.Duration(spec.Nano())
}
