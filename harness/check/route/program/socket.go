package program

import (
	"net/netip"
	"strings"

	"badgateway/harness/check/route/pattern"
	"badgateway/harness/check/upstream"
)

// socket is what nginx binds: servers that listen on the same one share it.
type socket struct {
	addr       netip.AddrPort
	unix, name string
}

func SocketOf(l upstream.Listen) socket {
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

// Socket are the servers that listen on a socket, with what belongs to it
// whichever server says so.
type Socket struct {
	tls, proxyProtocol, http2 bool
	// fallback is the server for a name that none has: the default one, else the
	// first.
	fallback *Server
	chosen   bool // by a default_server

	exact, front, behind map[string]*Server // front by ".example", behind by "www."
	patterns             pattern.Set
	owners               []*Server // of the patterns
}

// Socket is what listens on one; nil: nothing does.
func (p *Program) Socket(at socket) *Socket {
	if p.sockets == nil {
		p.sockets = map[socket]*Socket{}
		for _, s := range p.Servers {
			seen := map[socket]bool{}
			for _, l := range s.Listens {
				if at := SocketOf(l); !l.UDP && !l.QUIC && !seen[at] {
					seen[at] = true
					if p.sockets[at] == nil {
						p.sockets[at] = &Socket{exact: map[string]*Server{}, front: map[string]*Server{}, behind: map[string]*Server{}}
					}
					p.sockets[at].add(s, l)
				}
			}
		}
	}
	return p.sockets[at]
}

// add puts a server onto the socket; of two with one name the first has it.
func (so *Socket) add(s *Server, l upstream.Listen) {
	so.tls = so.tls || l.TLS
	so.proxyProtocol = so.proxyProtocol || l.ProxyProtocol
	so.http2 = so.http2 || l.HTTP2
	if so.fallback == nil || l.Default && !so.chosen {
		so.fallback = s
	}
	so.chosen = so.chosen || l.Default
	keep := func(to map[string]*Server, name string) {
		if to[name] == nil {
			to[name] = s
		}
	}
	for _, n := range s.Names {
		if n.Re != nil {
			so.patterns.Add(n.Re)
			so.owners = append(so.owners, s)
			continue
		}
		keep(so.exact, n.Text)
		switch {
		case strings.HasPrefix(n.Text, "*."):
			keep(so.front, n.Text[1:])
		case strings.HasPrefix(n.Text, "."):
			keep(so.exact, n.Text[1:])
			keep(so.front, n.Text)
		case strings.HasSuffix(n.Text, ".*"):
			keep(so.behind, n.Text[:len(n.Text)-1])
		}
	}
}

// Choose is the server that nginx takes for a name: the exact one, the longest
// wildcard in front, the longest behind, the first regular expression, the
// default (ngx_http_request.c:ngx_http_find_virtual_server).
func (so *Socket) Choose(host string) *Server {
	host = strings.ToLower(host)
	if s := so.exact[host]; s != nil {
		return s
	}
	for i := 1; i < len(host); i++ {
		if s := so.front[host[i:]]; s != nil && host[i] == '.' {
			return s
		}
	}
	for i := len(host) - 1; i > 0; i-- {
		if s := so.behind[host[:i]]; s != nil {
			return s
		}
	}
	if i := so.patterns.First(host); i >= 0 {
		return so.owners[i]
	}
	return so.fallback
}
