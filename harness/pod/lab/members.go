//go:build linux

package lab

import (
	"context"
	"fmt"
	"net"
	"net/netip"
	"slices"
	"strings"

	toxiproxy "github.com/Shopify/toxiproxy/v2"
	"github.com/rs/zerolog"

	"badgateway/backends"
	"badgateway/harness/pod"
)

// backstage is where backends really listen: an address of the benchmarking
// block (RFC 2544, 198.18.0.0/15), which no nginx.conf names.
const backstage = "198.18.0.1"

// member is one backend with what stands between it and nginx:
// nginx -> toxiproxy -> backend, or, for a unix socket,
// nginx -> forwarder -> toxiproxy -> backend.
type member struct {
	spec   backends.Spec
	server *backends.Server
	proxy  *toxiproxy.Proxy
	unix   *forwarder // nil for TCP
	apart  bool       // the proxy has another port than nginx connects to
}

// addr is the address as nginx logs it.
func (m *member) addr() string { return m.spec.Listen }

// setup gives the pod its addresses and names and starts every backend.
func (l *Lab) setup(_ context.Context, r pod.SetupRequest) (pod.Empty, error) {
	var none pod.Empty
	if err := addUsers(r.Users); err != nil {
		return none, err
	}
	if err := l.connectSelf(r); err != nil {
		return none, err
	}
	if r.Capture {
		if err := capture(pod.CapturePath); err != nil {
			return none, fmt.Errorf("start capture: %w", err)
		}
	}
	quiet := toxiproxy.NewServer(toxiproxy.NewMetricsContainer(nil), zerolog.Nop())
	l.mu.Lock()
	defer l.mu.Unlock()
	ports := map[netip.AddrPort]uint16{}
	for _, spec := range r.Backends {
		if err := l.distinct(spec); err != nil {
			return none, err
		}
		m, err := l.newMember(quiet, spec, r.Listens)
		if err != nil {
			return none, fmt.Errorf("backend %q: %w", spec.Name, err)
		}
		l.members[spec.Name] = m
		if at, ok := listenAddr(spec); ok && m.apart {
			ports[at] = m.front(at).Port()
		}
	}
	return none, redirect(ports)
}

// distinct refuses a backend whose name or address another one has.
func (l *Lab) distinct(spec backends.Spec) error {
	if _, twice := l.members[spec.Name]; twice {
		return fmt.Errorf("two backends are named %q: give each its own name", spec.Name)
	}
	for _, m := range l.members {
		if m.spec.Listen == spec.Listen {
			return fmt.Errorf("listen on %s: address already in use by backend %q", spec.Listen, m.spec.Name)
		}
	}
	return nil
}

// newMember starts a backend and its proxy. For a port of listens the proxy
// stands apart, at another one.
func (l *Lab) newMember(server *toxiproxy.ApiServer, spec backends.Spec, listens []uint16) (*member, error) {
	ln, err := net.Listen("tcp", net.JoinHostPort(backstage, "0"))
	if err != nil {
		return nil, fmt.Errorf("listen backstage: %w", err)
	}
	behind := ln.Addr().String()
	m := &member{spec: spec}
	if m.server, err = backends.Start(ln, spec, l.recorder); err != nil {
		return nil, err
	}
	front := spec.Listen
	path, isUnix := strings.CutPrefix(spec.Listen, "unix:")
	if isUnix {
		front = net.JoinHostPort(backstage, "0")
	}
	at, isTCP := listenAddr(spec)
	m.apart = isTCP && !at.Addr().IsLoopback() && slices.Contains(listens, at.Port())
	if m.apart {
		front = netip.AddrPortFrom(at.Addr(), 0).String()
	}
	m.proxy = toxiproxy.NewProxy(server, spec.Name, front, behind)
	if err := m.proxy.Start(); err != nil {
		return nil, fmt.Errorf("listen on %s: %w", front, err)
	}
	if isUnix {
		m.unix = &forwarder{path: path, mode: spec.Mode, owner: spec.Owner, to: m.proxy.Listen}
		return m, m.unix.open()
	}
	return m, nil
}

// front is where a member that stands at "at" takes connections.
func (m *member) front(at netip.AddrPort) netip.AddrPort {
	if front, err := netip.ParseAddrPort(m.proxy.Listen); err == nil && m.apart {
		return front
	}
	return at
}

// target finds the backend of a fault.
func (l *Lab) target(name string) (*member, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if m := l.members[name]; m != nil {
		return m, nil
	}
	names := make([]string, 0, len(l.members))
	for n := range l.members {
		names = append(names, n)
	}
	return nil, fmt.Errorf("no backend is named %q; there are %s", name, strings.Join(names, ", "))
}

// listenAddr is the IP and port that nginx connects to; false for a unix socket.
func listenAddr(spec backends.Spec) (netip.AddrPort, bool) {
	addr, err := netip.ParseAddrPort(spec.Listen)
	return addr, err == nil
}
