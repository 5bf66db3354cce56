package matrix

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"time"

	"badgateway/backends"
	"badgateway/harness/check/result"
	"badgateway/harness/nginx"
	"badgateway/harness/pod"
)

// maxLines bounds the lines of the error log that a cell keeps.
const maxLines = 8

// runCell runs one cell. What goes wrong in the harness is the cell's Error.
func runCell(ctx context.Context, o *Options, p Planned) result.Cell {
	s := newStage(o, p)
	cell := newCell(p)
	cell.Factor = s.clock.factor
	if err := s.play(ctx, &cell); err != nil {
		cell.Error = err.Error()
	}
	if err := s.pod.Close(); err != nil && cell.Error == "" {
		cell.Error = fmt.Sprintf("close pod: %v", err)
	}
	return cell
}

func newCell(p Planned) result.Cell {
	return result.Cell{ID: p.ID(), Route: p.Route.ID, Fault: p.Fault.Name, Method: p.Method, Body: result.BodyNone, Attempts: []result.Attempt{}}
}

// play makes the pod, turns the fault on, goes its course and tells the cell
// what came of it.
func (s *stage) play(ctx context.Context, cell *result.Cell) error {
	if err := s.make(ctx); err != nil {
		return err
	}
	f := s.plan.Fault
	if !f.successors {
		if err := s.inject(ctx); err != nil {
			return err
		}
	}
	if err := s.pod.StartNginx(ctx); err != nil {
		return s.refused(err, cell)
	}
	ask := f.course
	if ask == nil {
		ask = once
	}
	begin := time.Now()
	got, err := ask(ctx, s)
	if err != nil {
		return err
	}
	s.tell(got, cell)
	cell.Within = s.clock.within(s.o.late.since(begin))
	if cell.Unmet, err = s.unmet(ctx, got, cell); err != nil || cell.Unmet != "" {
		return err
	}
	if s.triedAll(cell) {
		if cell.AllDown, err = s.allDown(ctx); err != nil {
			return err
		}
	}
	waited := s.waited
	s.byBackend = served(got.Response) && cell.Body == result.BodyNginx
	if s.plan.measuresRecovery() && !cell.Floor {
		waited, err = s.recover(ctx)
	}
	if waited != nil {
		cell.Recovery, cell.RecoveryWithin = &waited.failing, waited.within
	}
	return err
}

// tell writes down what was seen.
func (s *stage) tell(got sight, cell *result.Cell) {
	cell.Client, cell.Status = got.Outcome, got.Status
	cell.FirstByte, cell.Total = s.clock.real(got.FirstByte), s.clock.real(got.Total)
	cell.Floor = got.Outcome == pod.Hung
	if s.plan.Route.Stream && cell.Client == pod.Reset {
		cell.Client = pod.NoAnswer // RST or FIN: whether the client's bytes had come already
	}
	cell.Body = s.body(got)
	cell.Attempts = append(cell.Attempts, s.attempts(got)...)
	cell.Log = signatures(got)
	for _, l := range got.lines[:min(len(got.lines), maxLines)] {
		cell.Lines = append(cell.Lines, l.Raw)
	}
	executed := 0
	for _, a := range got.attempts {
		if a.Complete && a.Method != http.MethodGet { // with which nginx asks for an error page
			executed++
		}
	}
	if strings.Contains(s.plan.Route.Via, "X-Accel-Redirect") {
		executed-- // the application asks nginx to come again
	}
	cell.Twice = executed > 1 && cell.Method == http.MethodPost
}

// refused tells of an nginx that did not start, which is an outcome where the
// fault takes a name away that it needs, and a mistake otherwise.
func (s *stage) refused(err error, cell *result.Cell) error {
	start, ok := errors.AsType[*pod.StartError](err)
	if !ok || s.plan.Fault.names.Code != pod.NXDomain {
		return fmt.Errorf("start nginx with compressed durations: %w", err)
	}
	for text := range strings.Lines(start.Output) {
		l, err := nginx.ParseLine(strings.TrimSpace(text))
		if err != nil {
			l, err = nginx.ParseStderr(text)
		}
		if err != nil || l.Level != nginx.Emerg {
			continue
		}
		if sig, known := nginx.Classify(l); known && !slices.Contains(cell.Log, sig.Name) {
			cell.Log = append(cell.Log, sig.Name)
			cell.Lines = append(cell.Lines, strings.TrimSpace(text))
		}
	}
	cell.Client = NotStarted
	gone := slices.Concat(startHosts(s.plan.Route), s.plan.Route.Hosts)
	if !slices.ContainsFunc(gone, func(host string) bool { return strings.Contains(strings.ToLower(start.Output), host) }) {
		return fmt.Errorf("start nginx without %s: %w", strings.Join(gone, ", "), err)
	}
	return nil
}

// unmet says why the fault met nothing, if it did not.
func (s *stage) unmet(ctx context.Context, got sight, cell *result.Cell) (string, error) {
	switch s.plan.Fault.Evidence {
	case ByWindow:
		return s.untouched(ctx, got, cell)
	case ByConnection:
		if !slices.ContainsFunc(s.peers(), func(b backends.Spec) bool { return connected(got, b.Name) }) {
			return "nginx opened no connection to the upstream", nil
		}
	case ByIdle:
		if !s.stale(got) {
			return otherwise(got, "nginx opens a new connection for each request"), nil
		}
	case ByUpload:
		unasked := got.Early && got.Status != http.StatusRequestTimeout // such an answer waits for no upload
		if unasked || got.Total < s.clock.copied(s.plan.Fault.Pause) {
			return "the answer came while the client was still sending", nil
		}
	case ByTunnel:
		if got.Status != http.StatusSwitchingProtocols {
			return fmt.Sprintf("no WebSocket was opened: %s", got.Outcome), nil
		}
	}
	return "", nil
}

// untouched looks at the pod's own counts. Where a kind of fault has none, the
// error log names the address; where that hides errors, nginx's own answer
// stands for them.
func (s *stage) untouched(ctx context.Context, got sight, cell *result.Cell) (string, error) {
	windows, err := s.pod.Windows(ctx)
	if err != nil {
		return "", fmt.Errorf("ask what the fault met: %w", err)
	}
	if len(windows) == 0 {
		return "nginx started without the name of the upstream", nil
	}
	for _, w := range windows {
		named := slices.ContainsFunc(got.lines, func(l line) bool { return names(l.Upstream, w.Addr) })
		silent := s.at.hidesErrors() && len(got.lines) == 0 && got.Status >= 500 && cell.Body == result.BodyNginx && len(cell.Attempts) == 0
		if w.Touched > 0 || w.Touched < 0 && (named || silent) {
			return "", nil
		}
	}
	if slices.Contains(cell.Log, "no-live-upstreams") {
		return "", nil // by what an earlier request met
	}
	return otherwise(got, "the request did not reach what fails, as far as the error log tells"), nil
}

// otherwise is a reason why a fault met nothing, or that nobody was asked.
func otherwise(got sight, why string) string {
	if served(got.Response) && len(got.attempts) == 0 {
		return "nginx answered from its cache"
	}
	if limited(got) {
		return "nginx limits the rate of requests, and several were needed"
	}
	return why
}

// connected says whether a backend accepted a connection.
func connected(got sight, backend string) bool {
	return slices.ContainsFunc(got.conns, func(c backends.Conn) bool { return c.Backend == backend })
}
