//go:build linux

package lab

import (
	"errors"
	"fmt"
	"net/netip"
	"slices"
	"time"

	"github.com/miekg/dns"

	"badgateway/harness/pod"
)

// nameFault is a [pod.KindName] fault while it is on.
type nameFault struct {
	server string // empty: at every address
	name   string // empty: every name
	answer pod.NameAnswer
	met    int // queries that it answered, under names.mu
}

func (f *nameFault) concerns(server, name string) bool {
	return (f.server == "" || f.server == server) && (f.name == "" || f.name == name)
}

// misname makes the DNS server say something else.
func (l *Lab) misname(f pod.Fault) (*window, error) {
	if l.names == nil {
		return nil, errors.New("the pod has no DNS server: give it an address in Resolvers")
	}
	if err := checkAnswer(f.Answer); err != nil {
		return nil, err
	}
	on := &nameFault{server: f.Server, answer: f.Answer}
	if f.Target != "" {
		on.name = dns.CanonicalName(f.Target)
	}
	l.names.change(func(all []*nameFault) []*nameFault { return append(all, on) })
	w := &window{count: func() int {
		l.names.mu.Lock()
		defer l.names.mu.Unlock()
		return on.met
	}}
	w.undo = func() error {
		l.names.change(func(all []*nameFault) []*nameFault {
			return slices.DeleteFunc(all, func(f *nameFault) bool { return f == on })
		})
		return nil
	}
	w.Addr = f.Target
	return w, nil
}

// checkAnswer refuses what no DNS server can say.
func checkAnswer(a pod.NameAnswer) error {
	if _, known := dns.StringToRcode[string(a.Code)]; !known && a.Code != "" && a.Code != pod.Silence {
		return fmt.Errorf("unknown DNS answer %q: use %s, %s, %s or %s", a.Code, pod.NXDomain, pod.ServFail, pod.QueryRefused, pod.Silence)
	}
	if a.TTL < 0 || a.TTL%time.Second != 0 {
		return fmt.Errorf("TTL %s: DNS counts whole seconds (RFC 1035, 3.2.1)", a.TTL)
	}
	for _, ip := range a.Addrs {
		if _, err := netip.ParseAddr(ip); err != nil {
			return fmt.Errorf("address of a DNS answer: %w", err)
		}
	}
	return nil
}

// change replaces the faults and returns when no address given before may
// still be cached by its TTL, so that whoever asks next is told the new one.
// A resolver that keeps answers for longer (nginx: valid=) does so on its own.
func (n *names) change(edit func([]*nameFault) []*nameFault) {
	n.mu.Lock()
	n.faults = edit(n.faults)
	given, ttl := n.given, n.ttl
	n.given, n.ttl = false, 0
	n.mu.Unlock()
	if given {
		<-time.After(time.Until(expiry(time.Now(), ttl)))
	}
}

// expiry is when an answer that came until now is forgotten. nginx counts
// whole seconds and keeps an answer through the second in which its TTL ends
// (ngx_resolver.c, ngx_resolve_name_locked: valid >= ngx_time()).
func expiry(now time.Time, ttl time.Duration) time.Time {
	return now.Truncate(time.Second).Add(ttl + time.Second)
}
