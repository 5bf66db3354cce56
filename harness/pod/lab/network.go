//go:build linux

package lab

import (
	"fmt"
	"net"
	"net/netip"
	"os"
	"strings"

	"github.com/vishvananda/netlink"
	"golang.org/x/sys/unix"

	"badgateway/backends"
	"badgateway/harness/pod"
)

// addAddresses brings the loopback device up and puts the address of every
// backend and DNS server on it, so that nginx.conf can name them literally.
func addAddresses(r pod.SetupRequest) error {
	lo, err := netlink.LinkByName("lo")
	if err != nil {
		return fmt.Errorf("find loopback device: %w", err)
	}
	if err := netlink.LinkSetUp(lo); err != nil {
		return fmt.Errorf("bring loopback device up: %w", err)
	}
	all := map[netip.Addr]bool{netip.MustParseAddr(backstage): true}
	for _, spec := range r.Backends {
		if at, ok := listenAddr(spec); ok && !at.Addr().IsLoopback() {
			all[at.Addr()] = true
		}
	}
	for _, server := range r.Resolvers {
		at, err := netip.ParseAddrPort(server)
		if err != nil {
			return fmt.Errorf("read resolver %q: %w: write IP:port", server, err)
		}
		if !at.Addr().IsLoopback() {
			all[at.Addr()] = true
		}
	}
	for ip := range all {
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

// nameBackends makes the backends' names known: to the DNS server where there
// is one, else in the hosts file, which would hide it.
func (l *Lab) nameBackends(r pod.SetupRequest) error {
	if len(r.Resolvers) == 0 {
		return writeHosts(r.Backends)
	}
	if err := writeHosts(nil); err != nil {
		return err
	}
	var err error
	l.names, err = startNames(r.Resolvers, r.Backends, l.since)
	return err
}

// writeHosts writes the names of the pod (hosts(5)).
func writeHosts(specs []backends.Spec) error {
	var b strings.Builder
	b.WriteString("127.0.0.1\tlocalhost\n::1\tlocalhost\n")
	for _, spec := range specs {
		if at, ok := listenAddr(spec); ok && len(spec.Hosts) > 0 {
			fmt.Fprintf(&b, "%s\t%s\n", at.Addr(), strings.Join(spec.Hosts, " "))
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
