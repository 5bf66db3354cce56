package matrix

import (
	"context"
	"fmt"
	"net/http"
	"slices"
	"strconv"
	"time"

	"badgateway/backends"
	"badgateway/harness/nginx"
	"badgateway/harness/pod"
)

// sight is one request and what was seen of it.
type sight struct {
	pod.Response
	conns    []backends.Conn
	attempts []backends.Attempt // of this request, at the route's peers
	lines    []line             // of the error log, since the request began
}

// line is a line of the error log. Seen is when it came, after the request's
// start; 0 when nobody watched.
type line struct {
	nginx.Line
	seen time.Duration
}

// request is the request of the cell, or one beside it with another method.
func (s *stage) request(method string) pod.Request {
	r := s.plan.Route.Request
	s.asked++
	r.ID, r.Method, r.Limit = "cell-"+strconv.Itoa(s.asked), method, 0
	switch {
	case method == http.MethodGet:
		r.Body, r.BodyBytes = "", 0
	case r.Body == "":
		r.Body = "check=badgateway"
	}
	return r
}

// ask makes the request of the cell.
func (s *stage) ask(ctx context.Context) (sight, error) {
	r := s.request(s.plan.Method)
	if change := s.plan.Fault.request; change != nil {
		change(&r, s.clock)
	}
	if err := s.skipLogs(ctx); err != nil {
		return sight{}, err
	}
	stop := s.watch(ctx)
	resp, err := s.pod.Request(ctx, r)
	stop()
	if err != nil {
		return sight{}, fmt.Errorf("ask: %w", err)
	}
	got := sight{Response: resp}
	if got.lines, err = s.nextLines(ctx); err != nil {
		return got, err
	}
	return got, s.look(ctx, &got)
}

// skipLogs passes over what the error logs say so far.
func (s *stage) skipLogs(ctx context.Context) error {
	for _, l := range s.logs {
		if err := l.skip(ctx, s.pod); err != nil {
			return err
		}
	}
	return nil
}

// nextLines are the lines of all error logs since.
func (s *stage) nextLines(ctx context.Context) (all []line, err error) {
	for _, l := range s.logs {
		lines, err := l.next(ctx, s.pod)
		if err != nil {
			return all, err
		}
		all = append(all, lines...)
	}
	return all, nil
}

// watch notes when lines come, where nothing else tells when nginx went on to
// the next server.
func (s *stage) watch(ctx context.Context) (stop func()) {
	if !slices.Contains(s.plan.Fault.Waits, Connect) || len(live(s.plan.Route)) < 2 {
		return func() {}
	}
	ctx, cancel := context.WithCancel(ctx)
	var ends []func()
	for _, l := range s.logs {
		ends = append(ends, l.watch(ctx, s.pod))
	}
	return func() {
		cancel()
		for _, end := range ends {
			end()
		}
	}
}

// look finds the attempts of the request. One whose id nginx dropped is known by
// its time.
func (s *stage) look(ctx context.Context, got *sight) error {
	conns, attempts, err := s.pod.Observed(ctx)
	if err != nil {
		return fmt.Errorf("look at the backends: %w", err)
	}
	got.conns = conns
	for _, a := range attempts {
		unnamed := a.ID == "" && a.Method != "" && a.At >= got.Start
		if s.isPeer(a.Backend) && (a.ID == got.ID || unnamed) {
			got.attempts = append(got.attempts, a)
		}
	}
	return nil
}

// isPeer says whether a backend is one of the route's, or stands at the new
// address of one.
func (s *stage) isPeer(name string) bool {
	if slices.Contains(live(s.plan.Route), name) {
		return true
	}
	for _, next := range s.successors {
		if next.Name == name {
			return true
		}
	}
	return false
}
