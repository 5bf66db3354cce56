package backends

import (
	"context"
	"fmt"
	"slices"
	"sync"
	"time"
)

// Recorder collects what reached the backends of a pod. It is safe for
// concurrent use, and one Recorder may serve any number of backends.
type Recorder struct {
	base time.Time

	mu       sync.Mutex
	conns    []Conn
	attempts []Attempt
	perName  map[string]int
	changed  chan struct{} // closed at the next change; nil while nobody waits
}

// NewRecorder makes a Recorder whose offsets count from base. They follow the
// monotonic clock when base holds a reading of it, as time.Now's result does.
func NewRecorder(base time.Time) *Recorder {
	return &Recorder{base: base, perName: make(map[string]int)}
}

// Snapshot returns what was recorded so far: connections in the order in which
// they were accepted, attempts in the order in which they were recorded. The
// slices are the caller's; the header maps are shared and must only be read.
func (r *Recorder) Snapshot() ([]Conn, []Attempt) {
	r.mu.Lock()
	defer r.mu.Unlock()
	return slices.Clone(r.conns), slices.Clone(r.attempts)
}

// Wait returns as soon as done says yes to what was recorded so far. It asks
// at once and after every change, holding the Recorder: done must not call it,
// nor keep or change the slices. The error is the context's.
func (r *Recorder) Wait(ctx context.Context, done func([]Conn, []Attempt) bool) error {
	for {
		r.mu.Lock()
		if done(r.conns, r.attempts) {
			r.mu.Unlock()
			return nil
		}
		if r.changed == nil {
			r.changed = make(chan struct{})
		}
		changed, conns, attempts := r.changed, len(r.conns), len(r.attempts)
		r.mu.Unlock()
		select {
		case <-changed:
		case <-ctx.Done():
			return fmt.Errorf("wait on the backends (%d connections, %d attempts so far): %w", conns, attempts, ctx.Err())
		}
	}
}

// WaitAttempt returns attempt n, counted from 1 over all backends, once its
// request was read completely or is known to stay incomplete.
func (r *Recorder) WaitAttempt(ctx context.Context, n int) (Attempt, error) {
	var found Attempt
	err := r.Wait(ctx, func(_ []Conn, attempts []Attempt) bool {
		if n < 1 || len(attempts) < n {
			return false
		}
		found = attempts[n-1]
		return found.Complete || found.Error != ""
	})
	return found, err
}

// now is the offset of this moment.
func (r *Recorder) now() time.Duration { return time.Since(r.base) }

// opened records a new connection to the backend name; its index is for
// updateConn.
func (r *Recorder) opened(name string) (index, number int) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.perName[name]++
	r.conns = append(r.conns, Conn{Backend: name, Number: r.perName[name], Opened: r.now()})
	r.notify()
	return len(r.conns) - 1, r.perName[name]
}

// arrived records an attempt; the index is for updateAttempt.
func (r *Recorder) arrived(a Attempt) (index int) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.attempts = append(r.attempts, a)
	r.notify()
	return len(r.attempts) - 1
}

func (r *Recorder) updateConn(index int, update func(*Conn)) {
	r.mu.Lock()
	defer r.mu.Unlock()
	update(&r.conns[index])
	r.notify()
}

func (r *Recorder) updateAttempt(index int, update func(*Attempt)) {
	r.mu.Lock()
	defer r.mu.Unlock()
	update(&r.attempts[index])
	r.notify()
}

// notify wakes everyone in Wait. The caller holds mu.
func (r *Recorder) notify() {
	if r.changed != nil {
		close(r.changed)
		r.changed = nil
	}
}
