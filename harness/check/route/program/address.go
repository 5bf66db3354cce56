package program

import (
	"net/netip"

	"badgateway/harness/nginx/conf"
)

// Denied is the deny that turns a client away, with addresses that are let in
// before it; an address that is not valid is a unix socket's. The rules are those
// of the nearest block that has any (ngx_http_access_module.c, ngx_stream_access_module.c).
func (sc *Scope) Denied(client netip.Addr) (deny *conf.Directive, allowed []netip.Addr) {
	for _, d := range sc.InheritedAll("allow") {
		network, ok := ParseNetwork(d.Arg(0))
		hit := d.Arg(0) == "all" || ok && client.IsValid() && network.Contains(client) ||
			d.Arg(0) == "unix:" && !client.IsValid()
		if hit && d.Is("allow") {
			return nil, nil
		}
		if hit {
			return d, allowed
		}
		if ok && d.Is("allow") {
			allowed = append(allowed, HostIn(network))
		}
	}
	return nil, nil
}

// HostIn is an address of a network that a host could have.
func HostIn(network netip.Prefix) netip.Addr {
	addr := network.Masked().Addr()
	if network.IsSingleIP() {
		return addr
	}
	return addr.Next()
}

// Unicast tells whether the pod can have the address.
func Unicast(addr netip.Addr) bool {
	return addr.IsValid() && !addr.IsMulticast() && !addr.IsUnspecified() && !addr.IsLinkLocalUnicast()
}

// ParseNetwork reads "10.0.0.0/8" or a single address (ngx_inet.c:ngx_ptocidr).
func ParseNetwork(text string) (netip.Prefix, bool) {
	if addr, err := netip.ParseAddr(text); err == nil {
		return netip.PrefixFrom(addr, addr.BitLen()), true
	}
	network, err := netip.ParsePrefix(text)
	return network.Masked(), err == nil
}
