//go:build linux

package lab

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"slices"
	"strings"
	"time"

	"badgateway/harness/pod"
)

// inject turns one fault on.
func (l *Lab) inject(_ context.Context, r pod.InjectRequest) (pod.Window, error) {
	w, err := l.turnOn(r)
	if err != nil {
		return pod.Window{}, err
	}
	w.Fault, w.From = r.Fault, l.since()
	l.mu.Lock()
	defer l.mu.Unlock()
	l.windows = append(l.windows, w)
	return w.Window, nil
}

func (l *Lab) turnOn(r pod.InjectRequest) (*window, error) {
	f := r.Fault
	if slices.Contains(pod.RouteFaults, f.Kind) {
		return l.route(f)
	}
	if f.Kind == pod.KindName {
		return l.misname(f)
	}
	if f.Kind == pod.KindClients {
		return l.gather(f)
	}
	m, err := l.target(f.Target)
	if err != nil {
		return nil, err
	}
	if f.Kind == pod.KindBacklog {
		return l.clog(m)
	}
	w := &window{}
	w.Addr = m.addr()
	switch {
	case f.Kind == pod.KindDown:
		m.proxy.Stop()
		w.undo = m.proxy.Start
	case f.Kind == pod.KindBehave:
		w.count = l.traffic(m)
		w.undo = func() error { return m.server.SetScript(m.spec.Script) }
		err = m.server.SetScript(f.Script)
	case slices.Contains(pod.Toxics, f.Kind):
		w.count = l.traffic(m)
		w.undo, err = poison(m, f)
	case !slices.Contains(pod.SocketFaults, f.Kind):
		err = fmt.Errorf("unknown fault kind %q", f.Kind)
	case m.unix == nil:
		err = fmt.Errorf("fault %s needs a unix socket; %s listens on %s", f.Kind, m.spec.Name, m.spec.Listen)
	default:
		w.undo, err = breakSocket(m.unix, f)
	}
	return w, err
}

// breakSocket ends the process behind a unix socket, with every connection that
// it had, and leaves what it would leave: no file, a file that nobody listens
// on, or, started again, a file with another permission.
func breakSocket(s *forwarder, f pod.Fault) (func() error, error) {
	if err := s.die(); err != nil {
		return nil, err
	}
	switch f.Kind {
	case pod.KindMissing:
		return s.open, os.Remove(s.path)
	case pod.KindMode:
		mode, owner := s.mode, s.owner
		s.mode, s.owner = f.Mode, cmp.Or(f.Owner, owner)
		again := func() error {
			s.mode, s.owner = mode, owner
			return errors.Join(s.die(), s.open())
		}
		return again, s.open()
	}
	return s.open, nil // pod.KindStale
}

// poison adds a toxic. Connections that exist already are closed first where
// toxiproxy sets a toxic up per connection (link.go, Start: reset_peer's
// linger), so that none escapes it.
func poison(m *member, f pod.Fault) (func() error, error) {
	if f.Kind == pod.KindResetPeer || f.Kind == pod.KindResetEnd {
		m.proxy.Stop()
		if err := m.proxy.Start(); err != nil {
			return nil, fmt.Errorf("restart proxy: %w", err)
		}
	}
	stream := "downstream"
	if f.Upstream {
		stream = "upstream"
	}
	kind, toxicity := f.Kind, 1.0
	if kind == pod.KindResetEnd { // a toxic that never acts still sets its linger
		kind, toxicity = pod.KindResetPeer, 0
	}
	body, err := json.Marshal(map[string]any{"name": string(f.Kind) + "-" + stream, "type": kind,
		"stream": stream, "toxicity": toxicity, "attributes": attributes(f)})
	if err != nil {
		return nil, err
	}
	toxic, err := m.proxy.Toxics.AddToxicJson(strings.NewReader(string(body)))
	if err != nil {
		return nil, fmt.Errorf("add toxic: %w", err)
	}
	return func() error { return m.proxy.Toxics.RemoveToxic(context.Background(), toxic.Name) }, nil
}

// attributes are the toxic's own, in toxiproxy's units (README.md, Toxics).
func attributes(f pod.Fault) map[string]any {
	ms := f.Duration.Milliseconds()
	switch f.Kind {
	case pod.KindLatency:
		return map[string]any{"latency": ms}
	case pod.KindTimeout, pod.KindResetPeer:
		return map[string]any{"timeout": ms}
	case pod.KindLimitData:
		return map[string]any{"bytes": f.Bytes}
	case pod.KindSlicer:
		return map[string]any{"average_size": f.Bytes, "delay": f.Duration.Microseconds()}
	case pod.KindBandwidth:
		return map[string]any{"rate": f.Bytes / 1000}
	case pod.KindSlowClose:
		return map[string]any{"delay": ms}
	}
	return nil
}

// traffic counts what has reached a backend from now on: connections opened
// and requests on connections that were open already.
func (l *Lab) traffic(m *member) func() int {
	from := l.since()
	return func() int {
		conns, attempts := l.recorder.Snapshot()
		n := 0
		for _, c := range conns {
			if c.Backend == m.spec.Name && c.Opened >= from {
				n++
			}
		}
		for _, a := range attempts {
			if a.Backend == m.spec.Name && a.At >= from {
				n++
			}
		}
		return n
	}
}

// lift turns the last fault that is on off.
func (l *Lab) lift(_ context.Context, _ pod.Empty) (pod.Empty, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	for _, w := range slices.Backward(l.windows) {
		if w.To != 0 {
			continue
		}
		w.Touched = w.touched()
		if err := w.undo(); err != nil {
			return pod.Empty{}, fmt.Errorf("undo %s: %w", w.Fault.Kind, err)
		}
		w.To = max(l.since(), time.Nanosecond)
		return pod.Empty{}, nil
	}
	return pod.Empty{}, errors.New("no fault is on")
}

func (w *window) touched() int {
	if w.count == nil {
		return -1
	}
	return w.count()
}

func (l *Lab) listWindows(context.Context, pod.Empty) ([]pod.Window, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	all := make([]pod.Window, 0, len(l.windows))
	for _, w := range l.windows {
		if w.To == 0 {
			w.Touched = w.touched()
		}
		all = append(all, w.Window)
	}
	return all, nil
}
