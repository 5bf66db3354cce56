package sandbox

import (
	"net"
	"net/netip"
	"path"
	"slices"
	"strconv"
	"strings"

	"badgateway/harness/check/result"
	"badgateway/harness/check/upstream"
	"badgateway/harness/nginx/conf"
)

// planListens gives the pod the addresses that the configuration listens on.
func (p *plan) planListens() {
	for _, l := range p.listen {
		switch {
		case l.Unix != "":
			p.directory(path.Dir(l.Unix), l.Directive)
		case l.Name != "":
			p.host(l.Name, l.Directive)
		default:
			p.hosts.hold(l.Addr)
		}
	}
}

// planResolvers answers at the addresses of every resolver.
func (p *plan) planResolvers() {
	for d := range p.tree.All() {
		if !d.Is("resolver") {
			continue
		}
		for i := range d.Args {
			p.resolver(d.Arg(i), d)
		}
	}
}

// resolver answers at one argument of resolver: "127.0.0.11", "[::1]:5353",
// "dns.example", "valid=30s" (ngx_resolver.c:ngx_resolver_create).
func (p *plan) resolver(text string, by *conf.Directive) {
	if strings.ContainsAny(text, "=$") || text == "off" {
		return
	}
	host, port, err := net.SplitHostPort(text)
	if err != nil {
		host, port = strings.Trim(text, "[]"), "53"
	}
	ip, ok := p.host(host, by)
	n, err := strconv.ParseUint(port, 10, 16)
	if !ok || err != nil {
		return // nginx says so itself
	}
	for _, l := range p.listen { // a DNS proxy asks itself
		if l.UDP && l.Port == port && (l.Addr == ip || l.Addr.IsUnspecified()) {
			return
		}
	}
	at := netip.AddrPortFrom(reached(ip), uint16(n)).String()
	if !slices.Contains(p.resolvers, at) {
		p.resolvers = append(p.resolvers, at)
		p.supply(result.SuppliedResolver, at, "", by)
	}
}

// reached is the address at which a connection to another one arrives: the
// unspecified one leads to the host itself.
func reached(ip netip.Addr) netip.Addr {
	switch ip {
	case netip.IPv4Unspecified():
		return netip.AddrFrom4([4]byte{127, 0, 0, 1})
	case netip.IPv6Unspecified():
		return netip.IPv6Loopback()
	}
	return ip
}

// planNames gives an address to every name that nginx looks up on its start
// beside those of upstreams: the servers of blocks that nothing passes to, log
// servers, trusted proxies, addresses to connect from.
func (p *plan) planNames() {
	for d, chain := range p.tree.All() {
		if d.Entry || len(d.Args) == 0 {
			continue
		}
		switch d.Name.Text {
		case "server":
			if len(chain) > 0 && chain[len(chain)-1].Is("upstream") {
				p.lookUp(upstream.ServerHost(d), d)
			}
		case "error_log", "access_log":
			if to, is := strings.CutPrefix(d.Arg(0), "syslog:"); is {
				p.lookUp(syslogHost(to), d)
			}
		case "set_real_ip_from", "ssl_stapling_responder":
			host := strings.TrimPrefix(strings.TrimPrefix(d.Arg(0), "http://"), "https://")
			host, _, _ = strings.Cut(host, "/")
			p.lookUp(hostOnly(host), d)
		case "proxy_bind", "fastcgi_bind", "uwsgi_bind", "scgi_bind", "grpc_bind", "memcached_bind":
			if ip, err := netip.ParseAddr(hostOnly(d.Arg(0))); err == nil {
				p.hosts.hold(ip)
			}
		}
	}
}

// lookUp makes a name known, or an address one of the pod's.
func (p *plan) lookUp(host string, by *conf.Directive) {
	if host == "" || strings.HasPrefix(host, "unix") || strings.Contains(host, "$") {
		return
	}
	if ip, ok := p.host(host, by); ok {
		p.hosts.hold(ip)
	}
}

// hostOnly is an address without its port.
func hostOnly(text string) string {
	if host, _, err := net.SplitHostPort(text); err == nil {
		return host
	}
	return strings.Trim(text, "[]")
}

// syslogHost is the server in "server=log.example:514,tag=nginx".
func syslogHost(text string) string {
	for part := range strings.SplitSeq(text, ",") {
		if server, is := strings.CutPrefix(part, "server="); is {
			return hostOnly(server)
		}
	}
	return ""
}
