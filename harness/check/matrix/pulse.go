package matrix

import (
	"sync"
	"time"
)

// beat is how often a pulse looks at the clock.
const beat = 20 * time.Millisecond

// pulse tells how late this machine is: by how much a timer of the harness
// itself came too late. Those of nginx, of the proxy and of the client in the
// pods do so by about as much.
type pulse struct {
	stop chan struct{}
	wg   sync.WaitGroup

	mu   sync.Mutex
	late []lateBeat
}

// lateBeat is one that came late by more than a millisecond.
type lateBeat struct {
	at time.Time
	by time.Duration
}

// newPulse begins to look at the clock.
func newPulse() *pulse {
	p := &pulse{stop: make(chan struct{})}
	p.wg.Go(p.run)
	return p
}

func (p *pulse) run() {
	timer := time.NewTimer(beat)
	defer timer.Stop()
	for due := time.Now().Add(beat); ; {
		select {
		case <-p.stop:
			return
		case <-timer.C:
			now := time.Now()
			if by := now.Sub(due); by > time.Millisecond {
				p.mu.Lock()
				p.late = append(p.late, lateBeat{now, by})
				p.mu.Unlock()
			}
			due = now.Add(beat)
			timer.Reset(beat)
		}
	}
}

// since is the latest beat since a time.
func (p *pulse) since(from time.Time) (most time.Duration) {
	p.mu.Lock()
	defer p.mu.Unlock()
	for i := len(p.late) - 1; i >= 0 && p.late[i].at.After(from); i-- {
		most = max(most, p.late[i].by)
	}
	return most
}

// end ends it.
func (p *pulse) end() {
	close(p.stop)
	p.wg.Wait()
}
