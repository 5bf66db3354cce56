package program

import (
	"iter"
	"net/netip"

	"badgateway/harness/check/upstream"
	"badgateway/harness/nginx/conf"
)

func childrenOf(sc *Scope) iter.Seq[*conf.Directive] { return conf.Children(sc.Directive) }

func passesOf(t *conf.Tree) []upstream.Pass { return upstream.Find(t) }

// listening are the servers that get a connection to an address: of the socket
// of that address, else of the one of every address.
func listening(p *Program, address string) *Socket {
	at := netip.MustParseAddrPort(address)
	if all := p.Socket(socket{addr: at}); all != nil {
		return all
	}
	return p.Socket(socket{addr: netip.AddrPortFrom(netip.IPv4Unspecified(), at.Port())})
}
