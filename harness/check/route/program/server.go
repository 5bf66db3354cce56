package program

import (
	"net/netip"
	"slices"
	"strings"

	"badgateway/harness/check/route/pattern"
	"badgateway/harness/check/upstream"
)

// ServerName is a name of a server.
type ServerName struct {
	Text string           // lower case
	Re   *pattern.Pattern // of a name that begins with ~
}

func (s *Server) readNames() {
	for _, d := range s.own["server_name"] {
		for _, a := range d.Args {
			name := ServerName{Text: strings.ToLower(a.Text)}
			if expr, ok := strings.CutPrefix(a.Text, "~"); ok {
				name.Re = pattern.Compile(expr, true)
			}
			s.Names = append(s.Names, name)
		}
	}
	if len(s.Names) == 0 {
		s.Names = []ServerName{{}}
	}
}

// Rank tells how well a name matches; 0: not at all. The longer wildcard wins.
func (n ServerName) Rank(host string) int {
	const exact, front, behind, regex = 1 << 30, 1 << 20, 1 << 10, 1
	switch {
	case n.Re != nil:
		if n.Re.Matches(host) {
			return regex
		}
	case host == "":
		if n.Text == "" {
			return exact
		}
	case n.Text == host:
		return exact
	case strings.HasPrefix(n.Text, "*."):
		if strings.HasSuffix(host, n.Text[1:]) && len(host) > len(n.Text)-1 {
			return front + len(n.Text)
		}
	case strings.HasPrefix(n.Text, "."):
		if host == n.Text[1:] {
			return exact
		}
		if strings.HasSuffix(host, n.Text) {
			return front + len(n.Text) + 1
		}
	case strings.HasSuffix(n.Text, ".*"):
		if strings.HasPrefix(host, n.Text[:len(n.Text)-1]) && len(host) > len(n.Text)-1 {
			return behind + len(n.Text)
		}
	}
	return 0
}

// Entry is a way into a server: a socket and a name.
type Entry struct {
	Listen upstream.Listen
	Host   string
	TLS    bool
	H2     bool // HTTP/2 is spoken
	// At is the address to call where that is not the listener's own.
	At netip.Addr
}

// Entries are the ways into a server that the model finds, plain HTTP first.
// shadow is the server that gets all its names, when there are none.
func (p *Program) Entries(s *Server) (ways []Entry, shadow *Server) {
	if !s.entered {
		s.ways, s.shadow = p.enterable(s)
		s.entered = true
	}
	return s.ways, s.shadow
}

func (p *Program) enterable(s *Server) (ways []Entry, shadow *Server) {
	seen := map[socket]bool{}
	for _, l := range s.Listens {
		at := SocketOf(l)
		if l.UDP || l.QUIC || seen[at] {
			continue
		}
		seen[at] = true
		all := p.Socket(at)
		e := Entry{Listen: l, TLS: s.sslOn() || all.tls, H2: all.http2, At: p.free(at)}
		e.Listen.ProxyProtocol = all.proxyProtocol
		if l.Name != "" {
			e.At = p.Hosts[strings.ToLower(l.Name)]
		}
		// Without TLS nothing is known of a name before HTTP begins: the default
		// server's http2 counts (ngx_http_request.c:ngx_http_wait_request_handler).
		speaker := s
		if !e.TLS {
			speaker = all.fallback
		}
		e.H2 = e.H2 || speaker.Inherited("http2").Arg(0) == "on"
		for _, host := range s.hosts() {
			if got := all.Choose(host); got == s {
				e.Host = host
				ways = append(ways, e)
			} else {
				shadow = got
			}
		}
	}
	order := func(e Entry) int {
		n := 0
		for i, worse := range []bool{e.Listen.Addr.Is6(), e.TLS, e.Listen.ProxyProtocol, e.Listen.Unix != ""} {
			if worse {
				n |= 1 << i
			}
		}
		return n
	}
	slices.SortStableFunc(ways, func(a, b Entry) int { return order(a) - order(b) })
	return ways, shadow
}

// sslOn is the directive "ssl on", which nginx 1.25.1 dropped.
func (s *Server) sslOn() bool { return s.Inherited("ssl").Arg(0) == "on" }

// WantsCertificate tells whether clients must show a certificate.
func (s *Server) WantsCertificate() bool {
	return s.Inherited("ssl_verify_client").Arg(0) == "on"
}

// hosts are names that a client may send to get to this server, if any do.
func (s *Server) hosts() []string {
	var hosts []string
	add := func(names ...string) {
		for _, name := range names {
			if !slices.Contains(hosts, name) {
				hosts = append(hosts, name)
			}
		}
	}
	add(upstream.Names(s.Directive)...)
	for _, n := range s.Names {
		if n.Re != nil {
			found := pattern.Samples(n.Re, pattern.HostAlphabet)
			add(found[:min(3, len(found))]...)
		}
	}
	add(upstream.FallbackHost)
	for _, n := range s.Names {
		add(n.Text) // "" is a request without Host, "_" a name like others
	}
	return slices.DeleteFunc(hosts, func(h string) bool { return strings.ContainsAny(h, " /~\\^$*<>{}()[]%#?@|`\"',;") })
}

// free is a loopback address at which a socket of every address gets the
// connections, and no socket of that very address.
func (p *Program) free(at socket) netip.Addr {
	addr := netip.AddrFrom4([4]byte{127, 0, 0, 1})
	if at.unix != "" || at.addr.Addr() != netip.IPv4Unspecified() {
		return netip.Addr{}
	}
	for p.Socket(socket{addr: netip.AddrPortFrom(addr, at.addr.Port())}) != nil {
		addr = addr.Next()
	}
	return addr
}
