// Package growth holds, in tests, that work takes time in proportion to what it
// is done on, however fast the machine is: no seconds are asserted. It is no part
// of the command.
package growth

import (
	"runtime"
	"runtime/debug"
	"time"
)

// T is what it needs of a test.
type T interface {
	Helper()
	Logf(format string, args ...any)
	Fatalf(format string, args ...any)
}

// slack is by how much more than in proportion the time may grow, as caches make it.
const slack = 3

// tries is how often each is done: the least time counts, as what else the
// machine has to do only adds to it.
const tries = 3

// floor is the least that counts as a time: what fails at once takes none.
const floor = 100 * time.Microsecond

// Linear does something for few and for more of what it is done on, at least
// eight times as many, and demands that the processor time of its goroutine grows
// in proportion; with the square of it, it would grow eight times as much and more.
func Linear(t T, few, more int, do func(n int)) {
	t.Helper()
	if more < 8*few {
		t.Fatalf("%d is not eight times %d: a difference would not be seen", more, few)
		return
	}
	once := max(least(t, few, do), floor)
	limit := once * time.Duration(slack*more/few)
	var times time.Duration
	for range tries {
		if times = spent(t, more, do); times < limit {
			break
		}
	}
	t.Logf("%d: %v, %d: %v of processor time", few, once, more, times)
	if times >= limit {
		t.Fatalf("%d take %v and %d take %v: %d times as long for %d times as many", few, once, more, times, times/once, more/few)
	}
}

// least is the least time of a few tries.
func least(t T, n int, do func(n int)) time.Duration {
	t.Helper()
	best := spent(t, n, do)
	for range tries - 1 {
		best = min(best, spent(t, n, do))
	}
	return best
}

// spent is the processor time that something takes the thread that it runs on. The
// garbage collector rests meanwhile: what it lets a thread do in its place is
// chance, and was up to four times the work itself.
func spent(t T, n int, do func(n int)) time.Duration {
	t.Helper()
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	runtime.GC()
	defer debug.SetGCPercent(debug.SetGCPercent(-1))
	before := processorTime(t)
	do(n)
	return processorTime(t) - before
}
