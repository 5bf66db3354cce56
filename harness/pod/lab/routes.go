//go:build linux

package lab

import (
	"fmt"
	"net"
	"net/netip"
	"os"
	"sync"

	"github.com/prometheus/procfs"
	"github.com/vishvananda/netlink"
	"golang.org/x/sys/unix"

	"badgateway/harness/pod"
)

// Rule priorities and tables. The kernel's rule for local addresses moves
// behind ours, so that a rule reaches 127.0.0.0/8 as well (ip-rule(8)).
const (
	faultPriority = 10
	localPriority = 100
	tableProhibit = 1013 // errno 13
	tableUnreach  = 1113 // errno 113
)

// routes are the routing faults of a pod.
type routes struct {
	once sync.Once
	err  error
}

// prepare makes the tables and moves the local rule, once.
func (r *routes) prepare() error {
	r.once.Do(func() {
		for _, family := range []int{netlink.FAMILY_V4, netlink.FAMILY_V6} {
			if r.err = prepareFamily(family); r.err != nil {
				return
			}
		}
	})
	return r.err
}

func prepareFamily(family int) error {
	for table, kind := range map[int]int{tableProhibit: unix.RTN_PROHIBIT, tableUnreach: unix.RTN_UNREACHABLE} {
		route := &netlink.Route{Family: family, Table: table, Type: kind, Dst: everything(family)}
		if err := netlink.RouteReplace(route); err != nil {
			return ignoreNoIPv6(family, fmt.Errorf("add route to table %d: %w", table, err))
		}
	}
	local := netlink.NewRule()
	local.Family, local.Table, local.Priority = family, unix.RT_TABLE_LOCAL, localPriority
	if err := netlink.RuleAdd(local); err != nil {
		return ignoreNoIPv6(family, fmt.Errorf("move local rule: %w", err))
	}
	first := netlink.NewRule()
	first.Family, first.Table, first.Priority = family, unix.RT_TABLE_LOCAL, 0
	if err := netlink.RuleDel(first); err != nil {
		return fmt.Errorf("move local rule: %w", err)
	}
	return nil
}

// ignoreNoIPv6 forgives a kernel without IPv6: no route of it can be needed.
func ignoreNoIPv6(family int, err error) error {
	if _, missing := os.Stat("/proc/net/if_inet6"); missing != nil && family == netlink.FAMILY_V6 {
		return nil
	}
	return err
}

func everything(family int) *net.IPNet {
	if family == netlink.FAMILY_V6 {
		return &net.IPNet{IP: net.IPv6zero, Mask: net.CIDRMask(0, 128)}
	}
	return &net.IPNet{IP: net.IPv4zero, Mask: net.CIDRMask(0, 32)}
}

// rule is the routing rule of a fault on one TCP address. A dropped SYN is a
// black hole for the answers: the kernel finds no route for its SYN-ACK and
// drops the SYN (tcp_input.c, tcp_conn_request), also when nobody listens
// there (tcp_ipv4.c, tcp_v4_send_reset).
func rule(kind pod.FaultKind, at netip.AddrPort) *netlink.Rule {
	r := netlink.NewRule()
	r.Priority, r.IPProto = faultPriority, unix.IPPROTO_TCP
	r.Family = netlink.FAMILY_V4
	if at.Addr().Is6() {
		r.Family = netlink.FAMILY_V6
	}
	port := netlink.NewRulePortRange(at.Port(), at.Port())
	switch kind {
	case pod.KindProhibit:
		r.Dst, r.Dport, r.Table = host(at.Addr()), port, tableProhibit
	case pod.KindUnreach:
		r.Dst, r.Dport, r.Table = host(at.Addr()), port, tableUnreach
	case pod.KindDropSYN:
		r.Src, r.Sport, r.Type = host(at.Addr()), port, unix.RTN_BLACKHOLE
	}
	return r
}

// route turns a routing fault on.
func (l *Lab) route(f pod.Fault) (*window, error) {
	at, err := l.address(f.Target)
	if err != nil {
		return nil, err
	}
	if err := l.routes.prepare(); err != nil {
		return nil, err
	}
	if f.Kind == pod.KindDropSYN && !at.Addr().IsLoopback() {
		if err := holdAddress(at.Addr()); err != nil { // the SYN must arrive to be dropped
			return nil, err
		}
	}
	r := rule(f.Kind, at)
	if f.Kind == pod.KindDropSYN {
		r = rule(f.Kind, l.answersAs(at))
	}
	before := outNoRoutes()
	if err := netlink.RuleAdd(r); err != nil {
		return nil, fmt.Errorf("add rule for %s: %w", at, err)
	}
	w := &window{undo: func() error { return netlink.RuleDel(r) }}
	w.Addr = at.String()
	// Only a SYN-ACK without a route is counted, not the RST of an address on
	// which nobody listens: there the error log must name the address.
	if _, err := l.target(f.Target); err == nil && f.Kind == pod.KindDropSYN {
		w.count = func() int { return outNoRoutes() - before }
	}
	return w, nil
}

// address is the IP and port of a routing fault's target.
func (l *Lab) address(target string) (netip.AddrPort, error) {
	if at, err := netip.ParseAddrPort(target); err == nil {
		return at, nil
	}
	m, err := l.target(target)
	if err != nil {
		return netip.AddrPort{}, err
	}
	at, ok := listenAddr(m.spec)
	if !ok {
		return at, fmt.Errorf("%s is a unix socket: it has no route", m.spec.Listen)
	}
	return at, nil
}

// answersAs is the address in the packets that answer connections to at, which
// may have been redirected.
func (l *Lab) answersAs(at netip.AddrPort) netip.AddrPort {
	l.mu.Lock()
	defer l.mu.Unlock()
	for _, m := range l.members {
		if listen, ok := listenAddr(m.spec); ok && listen == at {
			return m.front(at)
		}
	}
	return at
}

// outNoRoutes is the pod's count of packets that found no route
// (IPSTATS_MIB_OUTNOROUTES, IPv4 and IPv6). What cannot be read counts
// nothing, and a fault that touched nothing fails the run.
func outNoRoutes() int {
	self, err := procfs.Self()
	if err != nil {
		return 0
	}
	total := 0.0
	if v4, err := self.Snmp(); err == nil && v4.Ip.OutNoRoutes != nil {
		total += *v4.Ip.OutNoRoutes
	}
	if v6, err := self.Snmp6(); err == nil && v6.Ip6.OutNoRoutes != nil {
		total += *v6.Ip6.OutNoRoutes
	}
	return int(total)
}
