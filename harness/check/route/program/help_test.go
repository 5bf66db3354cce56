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
func listening(servers []*Server, address string) []sharing {
	at := netip.MustParseAddrPort(address)
	if all := Share(servers, socket{addr: at}); len(all) > 0 {
		return all
	}
	return Share(servers, socket{addr: netip.AddrPortFrom(netip.IPv4Unspecified(), at.Port())})
}
