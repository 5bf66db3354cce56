package docker

import (
	"io"
	"sync"
)

// users counts who uses the connections to the engine. Idle ones are closed
// with the last user and never before: net/http may report a request as broken
// whose connection turns idle and is closed in the same moment (transport.go,
// readLoop puts a connection back before it hands over its answer).
type users struct {
	mu sync.Mutex
	n  int
}

// enter counts one user more.
func (u *users) enter() {
	u.mu.Lock()
	defer u.mu.Unlock()
	u.n++
}

// leave counts one less, and closes c with the last; c may be nil.
func (u *users) leave(c io.Closer) error {
	u.mu.Lock()
	defer u.mu.Unlock()
	if u.n--; u.n > 0 || c == nil {
		return nil
	}
	return c.Close()
}
