//go:build linux

package lab

import (
	"fmt"
	"net"
	"net/netip"
	"os"
	"slices"
	"strings"

	"github.com/vishvananda/netlink"
	"golang.org/x/sys/unix"

	"badgateway/backends"
	"badgateway/harness/pod"
)

// named is an address with its names.
type named struct {
	addr  netip.Addr
	names []string
}

// fromBackends are the addresses that backends listen on.
func fromBackends(specs []backends.Spec) []named {
	var all []named
	for _, spec := range specs {
		if at, ok := listenAddr(spec); ok {
			all = append(all, named{at.Addr(), spec.Hosts})
		}
	}
	return all
}

// fromHosts are the addresses that the pod has besides.
func fromHosts(hosts []pod.Host) ([]named, error) {
	all := make([]named, 0, len(hosts))
	for _, h := range hosts {
		addr, err := netip.ParseAddr(h.Addr)
		if err != nil {
			return nil, fmt.Errorf("read host %q: %w: write an IP address", h.Addr, err)
		}
		for _, name := range h.Names {
			if name == "" || strings.ContainsAny(name, " \t\n\r#\x00") {
				return nil, fmt.Errorf("%q is no host name", name)
			}
		}
		all = append(all, named{addr.Unmap(), h.Names})
	}
	return all, nil
}

// distinct says each name of each address once: nginx takes a second line for a
// second peer.
func distinct(hosts []named) []named {
	type pair struct {
		addr netip.Addr
		name string
	}
	said := map[pair]bool{}
	once := make([]named, 0, len(hosts))
	for _, h := range hosts {
		n := named{addr: h.addr}
		for _, name := range h.names {
			if p := (pair{h.addr, strings.ToLower(name)}); !said[p] {
				said[p] = true
				n.names = append(n.names, name)
			}
		}
		once = append(once, n)
	}
	return once
}

// connectSelf gives the pod its addresses and their names. The names of
// backends are known to the DNS server where there is one, else they stand in
// the hosts file, which would hide it.
func (l *Lab) connectSelf(r pod.SetupRequest) error {
	own, err := fromHosts(r.Hosts)
	if err != nil {
		return err
	}
	all := distinct(slices.Concat(fromBackends(r.Backends), own))
	if err := addAddresses(all, r.Resolvers); err != nil {
		return err
	}
	if len(r.Resolvers) == 0 {
		return writeHosts(all)
	}
	if err := writeHosts(own); err != nil {
		return err
	}
	l.names, err = startNames(r.Resolvers, all, l.since)
	return err
}

// addAddresses brings the loopback device up and puts every address, and those
// of the DNS servers, on it, so that nginx.conf can name them literally.
func addAddresses(hosts []named, resolvers []string) error {
	lo, err := netlink.LinkByName("lo")
	if err != nil {
		return fmt.Errorf("find loopback device: %w", err)
	}
	if err := netlink.LinkSetUp(lo); err != nil {
		return fmt.Errorf("bring loopback device up: %w", err)
	}
	all := map[netip.Addr]bool{netip.MustParseAddr(backstage): true}
	for _, h := range hosts {
		all[h.addr] = true
	}
	for _, server := range resolvers {
		at, err := netip.ParseAddrPort(server)
		if err != nil {
			return fmt.Errorf("read resolver %q: %w: write IP:port", server, err)
		}
		all[at.Addr()] = true
	}
	for ip := range all {
		if ip.IsLoopback() || ip.IsUnspecified() {
			continue
		}
		if err := addAddress(lo, ip); err != nil {
			return err
		}
	}
	return nil
}

// addAddress puts one address on the loopback device, if it is not there yet.
func addAddress(lo netlink.Link, ip netip.Addr) error {
	addr := &netlink.Addr{IPNet: host(ip)}
	if ip.Is6() {
		addr.Flags = unix.IFA_F_NODAD // else it is tentative at first, and cannot be bound
	}
	if err := netlink.AddrReplace(lo, addr); err != nil {
		return fmt.Errorf("add address %s: %w", ip, err)
	}
	return nil
}

// host is the network that holds one address.
func host(ip netip.Addr) *net.IPNet {
	return &net.IPNet{IP: ip.AsSlice(), Mask: net.CIDRMask(ip.BitLen(), ip.BitLen())}
}

// writeHosts writes the names of the pod (hosts(5)). localhost has the addresses
// that most systems give it, unless one of the hosts has that name.
func writeHosts(hosts []named) error {
	var b strings.Builder
	if !slices.ContainsFunc(hosts, func(h named) bool { return slices.Contains(h.names, "localhost") }) {
		b.WriteString("127.0.0.1\tlocalhost\n::1\tlocalhost\n")
	}
	for _, h := range hosts {
		if len(h.names) > 0 {
			fmt.Fprintf(&b, "%s\t%s\n", h.addr, strings.Join(h.names, " "))
		}
	}
	if err := os.WriteFile("/etc/hosts", []byte(b.String()), 0o644); err != nil {
		return fmt.Errorf("write hosts: %w", err)
	}
	return nil
}

// holdAddress makes an address one of the pod's own.
func holdAddress(ip netip.Addr) error {
	lo, err := netlink.LinkByName("lo")
	if err != nil {
		return fmt.Errorf("find loopback device: %w", err)
	}
	return addAddress(lo, ip)
}
