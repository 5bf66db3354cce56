package route

import (
	"net/netip"
	"slices"
	"strings"

	"badgateway/harness/check/upstream"
)

// serverName is a name of a server.
type serverName struct {
	text string   // lower case
	re   *pattern // of a name that begins with ~
}

func (s *server) readNames() {
	for _, d := range s.own["server_name"] {
		for _, a := range d.Args {
			name := serverName{text: strings.ToLower(a.Text)}
			if expr, ok := strings.CutPrefix(a.Text, "~"); ok {
				name.re = compilePattern(expr, true)
			}
			s.names = append(s.names, name)
		}
	}
	if len(s.names) == 0 {
		s.names = []serverName{{}}
	}
}

// socket is what nginx binds: servers that listen on the same one share it.
type socket struct {
	addr       netip.AddrPort
	unix, name string
}

func socketOf(l upstream.Listen) socket {
	if l.Unix != "" {
		return socket{unix: l.Unix}
	}
	port, _ := netip.ParseAddrPort("0.0.0.0:" + l.Port)
	addr := l.Addr
	if l.Name == "localhost" {
		addr = netip.AddrFrom4([4]byte{127, 0, 0, 1})
	} else if l.Name != "" {
		return socket{name: l.Name, addr: netip.AddrPortFrom(netip.Addr{}, port.Port())}
	}
	return socket{addr: netip.AddrPortFrom(addr, port.Port())}
}

// sharing are the servers that listen on a socket, with their listens.
type sharing struct {
	server *server
	listen upstream.Listen
}

func share(servers []*server, at socket) []sharing {
	var all []sharing
	for _, s := range servers {
		for _, l := range s.listens {
			if !l.UDP && !l.QUIC && socketOf(l) == at {
				all = append(all, sharing{s, l})
				break
			}
		}
	}
	return all
}

// choose is the server that nginx takes for a name: the exact one, the longest
// wildcard in front, the longest behind, the first regular expression, the
// default (ngx_http_request.c:ngx_http_find_virtual_server).
func choose(all []sharing, host string) *server {
	host = strings.ToLower(host)
	best, rank := fallback(all), 0
	for _, sh := range all {
		for _, n := range sh.server.names {
			if r := n.rank(host); r > rank {
				best, rank = sh.server, r
			}
		}
	}
	return best
}

// fallback is the server for a name that none has.
func fallback(all []sharing) *server {
	for _, sh := range all {
		if sh.listen.Default {
			return sh.server
		}
	}
	if len(all) == 0 {
		return nil
	}
	return all[0].server
}

// rank tells how well a name matches; 0: not at all. The longer wildcard wins.
func (n serverName) rank(host string) int {
	const exact, front, behind, regex = 1 << 30, 1 << 20, 1 << 10, 1
	switch {
	case n.re != nil:
		if n.re.matches(host) {
			return regex
		}
	case host == "":
		if n.text == "" {
			return exact
		}
	case n.text == host:
		return exact
	case strings.HasPrefix(n.text, "*."):
		if strings.HasSuffix(host, n.text[1:]) && len(host) > len(n.text)-1 {
			return front + len(n.text)
		}
	case strings.HasPrefix(n.text, "."):
		if host == n.text[1:] {
			return exact
		}
		if strings.HasSuffix(host, n.text) {
			return front + len(n.text) + 1
		}
	case strings.HasSuffix(n.text, ".*"):
		if strings.HasPrefix(host, n.text[:len(n.text)-1]) && len(host) > len(n.text)-1 {
			return behind + len(n.text)
		}
	}
	return 0
}

// entry is a way into a server: a socket and a name.
type entry struct {
	listen upstream.Listen
	host   string
	tls    bool
	h2     bool // HTTP/2 is spoken
	// at is the address to call where that is not the listener's own.
	at netip.Addr
}

// entries are the ways into a server that the model finds, plain HTTP first.
// shadow is the server that gets all its names, when there are none.
func (p *program) entries(s *server) (ways []entry, shadow *server) {
	if !s.entered {
		s.ways, s.shadow = p.enterable(s)
		s.entered = true
	}
	return s.ways, s.shadow
}

func (p *program) enterable(s *server) (ways []entry, shadow *server) {
	seen := map[socket]bool{}
	for _, l := range s.listens {
		at := socketOf(l)
		if l.UDP || l.QUIC || seen[at] {
			continue
		}
		seen[at] = true
		all := share(p.servers, at)
		// ssl and proxy_protocol belong to the socket, whichever server says so.
		e := entry{listen: l, tls: s.sslOn(), at: p.free(at), h2: s.inherited("http2").Arg(0) == "on"}
		if l.Name != "" {
			e.at = p.hosts[strings.ToLower(l.Name)]
		}
		for _, other := range all {
			e.tls = e.tls || other.listen.TLS
			e.listen.ProxyProtocol = e.listen.ProxyProtocol || other.listen.ProxyProtocol
			e.h2 = e.h2 || other.listen.HTTP2
		}
		for _, host := range s.hosts() {
			if got := choose(all, host); got == s {
				e.host = host
				ways = append(ways, e)
			} else {
				shadow = got
			}
		}
	}
	order := func(e entry) int {
		n := 0
		for i, worse := range []bool{e.listen.Addr.Is6(), e.tls, e.listen.ProxyProtocol, e.listen.Unix != ""} {
			if worse {
				n |= 1 << i
			}
		}
		return n
	}
	slices.SortStableFunc(ways, func(a, b entry) int { return order(a) - order(b) })
	return ways, shadow
}

// sslOn is the directive "ssl on", which nginx 1.25.1 dropped.
func (s *server) sslOn() bool { return s.inherited("ssl").Arg(0) == "on" }

// wantsCertificate tells whether clients must show a certificate.
func (s *server) wantsCertificate() bool {
	return s.inherited("ssl_verify_client").Arg(0) == "on"
}

// hosts are names that a client may send to get to this server, if any do.
func (s *server) hosts() []string {
	var hosts []string
	add := func(names ...string) {
		for _, name := range names {
			if !slices.Contains(hosts, name) {
				hosts = append(hosts, name)
			}
		}
	}
	add(upstream.Names(s.directive)...)
	for _, n := range s.names {
		if n.re != nil {
			found := samples(n.re, hostAlphabet)
			add(found[:min(3, len(found))]...)
		}
	}
	add(upstream.FallbackHost)
	for _, n := range s.names {
		add(n.text) // "" is a request without Host, "_" a name like others
	}
	return slices.DeleteFunc(hosts, func(h string) bool { return strings.ContainsAny(h, " /~\\^$*<>{}()[]%#?@|`\"',;") })
}

// free is a loopback address at which a socket of every address gets the
// connections, and no socket of that very address.
func (p *program) free(at socket) netip.Addr {
	addr := netip.AddrFrom4([4]byte{127, 0, 0, 1})
	if at.unix != "" || at.addr.Addr() != netip.IPv4Unspecified() {
		return netip.Addr{}
	}
	for len(share(p.servers, socket{addr: netip.AddrPortFrom(addr, at.addr.Port())})) > 0 {
		addr = addr.Next()
	}
	return addr
}
