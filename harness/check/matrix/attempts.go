package matrix

import (
	"slices"
	"strings"
	"time"

	"badgateway/backends"
	"badgateway/harness/check/result"
	"badgateway/harness/nginx"
)

// connecting are what nginx does before an upstream can read a request.
var connecting = []string{"connecting to upstream", "SSL handshaking to upstream"}

// attempts are the servers that nginx tried, in order: those that the backends
// saw, and those that only the error log tells of. Its lines are in the order of
// the attempts that failed, one or more for each; the last attempt may have none.
func (s *stage) attempts(got sight) []result.Attempt {
	arrived := slices.SortedStableFunc(slices.Values(got.attempts), func(a, b backends.Attempt) int { return int(a.At - b.At) })
	var tried []result.Attempt
	add := func(i int) {
		a := arrived[i]
		tried = append(tried, result.Attempt{Peer: a.Backend, At: s.clock.real(max(a.At-got.Start, 0)), Arrived: true, Executed: a.Complete})
		arrived = slices.Delete(arrived, i, i+1)
	}
	var since time.Duration // the attempt before has ended then
	for _, l := range got.lines {
		peer := s.peerAt(l.Upstream)
		if peer == "" {
			continue
		}
		i := slices.IndexFunc(arrived, func(a backends.Attempt) bool { return a.Backend == peer })
		answered := i == len(arrived)-1 && served(got.Response) // of the attempt that served the client no line tells
		switch {
		case i >= 0 && !answered && !slices.Contains(connecting, l.Action):
			for range i { // those that went before it left no line
				add(0)
			}
			add(0)
		case len(tried) > 0 && tried[len(tried)-1].Peer == peer: // another line of the same attempt
		default:
			tried = append(tried, result.Attempt{Peer: peer, At: s.clock.real(since)})
		}
		since = max(l.seen, since)
	}
	for len(arrived) > 0 {
		add(0)
	}
	return tried
}

// peerAt is the route's peer at an address as nginx logs it.
func (s *stage) peerAt(logged string) string {
	for _, b := range s.spec.Backends {
		if s.isPeer(b.Name) && names(logged, b.Listen) {
			return b.Name
		}
	}
	return ""
}

// names says whether what nginx logs of an upstream is that at an address:
// "http://127.0.0.1:3000/uri", "http://unix:/run/app.sock:/uri", "10.0.0.1:53".
func names(logged, addr string) bool {
	if _, rest, found := strings.Cut(logged, "://"); found {
		logged = rest
	}
	rest, found := strings.CutPrefix(logged, addr)
	return found && (rest == "" || strings.ContainsAny(rest[:1], "/:?"))
}

// signatures are the names of the error-log lines in order, each once.
func signatures(got sight) []string {
	var names []string
	for _, l := range got.lines {
		if sig, known := nginx.Classify(l.Line); known && !slices.Contains(names, sig.Name) {
			names = append(names, sig.Name)
		}
	}
	return names
}
