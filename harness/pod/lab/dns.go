//go:build linux

package lab

import (
	"fmt"
	"net"
	"net/netip"
	"os"
	"strings"
	"sync"
	"time"

	"github.com/miekg/dns"

	"badgateway/harness/pod"
)

// names is the pod's DNS server: the names of backends and hosts, given out at every
// address of pod.Spec.Resolvers over UDP and TCP. Addresses have a TTL of 0
// unless a fault says otherwise. It ends with the pod.
type names struct {
	since func() time.Duration

	mu      sync.Mutex // guards what follows
	zone    map[string][]netip.Addr
	faults  []*nameFault
	queries []pod.Query
	given   bool          // an address was given since the last change
	ttl     time.Duration // the longest with which one was
}

// startNames opens every server address, and makes the pod's own programs ask there.
func startNames(servers []string, hosts []named, since func() time.Duration) (*names, error) {
	n := &names{since: since, zone: map[string][]netip.Addr{}}
	for _, h := range hosts {
		for _, name := range h.names {
			key := dns.CanonicalName(name)
			n.zone[key] = append(n.zone[key], h.addr)
		}
	}
	for _, server := range servers {
		if err := n.listen(server); err != nil {
			return n, fmt.Errorf("dns server %s: %w", server, err)
		}
	}
	return n, writeResolvConf(servers)
}

// listen answers at one address. Both sockets are open when it returns: what
// is sent from then on waits in them.
func (n *names) listen(server string) error {
	packets, err := net.ListenPacket("udp", server)
	if err != nil {
		return err
	}
	conns, err := net.Listen("tcp", server)
	if err != nil {
		return err
	}
	answer := dns.HandlerFunc(func(w dns.ResponseWriter, q *dns.Msg) {
		if reply := n.answer(server, w.LocalAddr().Network(), q); reply != nil {
			_ = w.WriteMsg(reply) // a client that is gone asks again
		}
	})
	for _, s := range []*dns.Server{{PacketConn: packets, Handler: answer}, {Listener: conns, Handler: answer}} {
		go func() {
			if err := s.ActivateAndServe(); err != nil {
				fmt.Fprintf(os.Stderr, "badgateway lab: dns server %s: %v\n", server, err)
			}
		}()
	}
	return nil
}

// answer makes the reply to one query and records it; nil is silence. The
// library has refused queries with other than one question (acceptfunc.go).
func (n *names) answer(server, transport string, q *dns.Msg) *dns.Msg {
	question := q.Question[0]
	name := dns.CanonicalName(question.Name)
	n.mu.Lock()
	defer n.mu.Unlock()
	said := n.says(server, name)
	reply := new(dns.Msg).SetRcode(q, dns.StringToRcode[string(said.Code)])
	reply.RecursionAvailable = true
	var given []string
	for _, ip := range said.Addrs {
		if r := record(question, ip, said.TTL); r != nil && reply.Rcode == dns.RcodeSuccess {
			reply.Answer = append(reply.Answer, r)
			given = append(given, ip)
			n.given, n.ttl = true, max(n.ttl, said.TTL)
		}
	}
	seen := pod.Query{At: n.since(), Server: server, Transport: transport, Name: strings.TrimSuffix(name, "."),
		Type: dns.TypeToString[question.Qtype], Code: said.Code, Addrs: given}
	n.queries = append(n.queries, seen)
	if said.Code == pod.Silence {
		return nil
	}
	return reply
}

// says is what the server holds of a name: the last fault's word, or the zone's.
func (n *names) says(server, name string) pod.NameAnswer {
	for i := len(n.faults) - 1; i >= 0; i-- {
		if f := n.faults[i]; f.concerns(server, name) {
			f.met++
			return f.answer
		}
	}
	known, ok := n.zone[name]
	if !ok {
		return pod.NameAnswer{Code: pod.NXDomain}
	}
	var said pod.NameAnswer
	for _, ip := range known {
		said.Addrs = append(said.Addrs, ip.String())
	}
	return said
}

// record is ip as the answer to question, nil where it is of another type.
func record(question dns.Question, ip string, ttl time.Duration) dns.RR {
	header := dns.RR_Header{Name: question.Name, Rrtype: question.Qtype, Class: dns.ClassINET, Ttl: uint32(ttl / time.Second)}
	addr := netip.MustParseAddr(ip)
	switch {
	case question.Qtype == dns.TypeA && addr.Is4():
		return &dns.A{Hdr: header, A: addr.AsSlice()}
	case question.Qtype == dns.TypeAAAA && addr.Is6():
		return &dns.AAAA{Hdr: header, AAAA: addr.AsSlice()}
	}
	return nil
}

// seen are the queries so far.
func (n *names) seen() []pod.Query {
	n.mu.Lock()
	defer n.mu.Unlock()
	return append([]pod.Query(nil), n.queries...)
}

// writeResolvConf names the servers to the C library (resolv.conf(5)), which
// asks on port 53 only.
func writeResolvConf(servers []string) error {
	var b strings.Builder
	for _, server := range servers {
		if ip, port, err := net.SplitHostPort(server); err == nil && port == "53" {
			fmt.Fprintf(&b, "nameserver %s\n", ip)
		}
	}
	if b.Len() == 0 {
		return nil
	}
	if err := os.WriteFile("/etc/resolv.conf", []byte(b.String()), 0o644); err != nil {
		return fmt.Errorf("write resolv.conf: %w", err)
	}
	return nil
}
