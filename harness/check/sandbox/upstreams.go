package sandbox

import (
	"cmp"
	"fmt"
	"net/netip"
	"slices"
	"strconv"
	"strings"

	"badgateway/backends"
	"badgateway/harness/check/result"
	"badgateway/harness/check/upstream"
	"badgateway/harness/nginx/conf"
)

// spoken is how a backend speaks a protocol of a pass.
type spoken struct {
	protocol backends.Protocol
	tls      bool
}

// protocols are those that a backend can speak. A request to a stream server is
// HTTP: what is carried does not matter to it.
var protocols = map[string]spoken{
	"http": {backends.HTTP, false}, "https": {backends.HTTP, true},
	"grpc": {backends.H2, false}, "grpcs": {backends.H2, true},
	"fastcgi": {backends.FastCGI, false}, "scgi": {backends.SCGI, false},
	"uwsgi": {backends.UWSGI, false}, "suwsgi": {backends.UWSGI, true},
	"tcp": {backends.HTTP, false}, "tls": {backends.HTTP, true},
}

// planUpstreams puts a backend at every address that a request may be passed to.
func (p *plan) planUpstreams() {
	at := map[string]int{} // index of the backend that listens there
	for _, pass := range p.passes {
		for _, group := range pass.Groups {
			for _, peer := range group.Peers {
				if !peer.Own {
					p.planPeer(pass, group, peer, at)
				}
			}
		}
	}
}

// planPeer puts a backend at a peer's address, or gives the one that is there
// another name of its certificate.
func (p *plan) planPeer(pass upstream.Pass, group *upstream.Group, peer upstream.Peer, at map[string]int) {
	how, known := protocols[peer.Protocol]
	if !known {
		p.conflicts[Key(peer.Endpoint)] = peer.Protocol + " is not spoken by the backends"
		return
	}
	if how.protocol == backends.HTTP && conf.Inherited(pass.Chain, "proxy_http_version").Arg(0) == "2" {
		how.protocol = backends.H2
	}
	by := pass.Directive
	if peer.Server != nil {
		by = peer.Server
	}
	listen, ok := p.backendAddress(peer.Endpoint, by)
	if !ok {
		p.conflicts[Key(peer.Endpoint)] = peer.Address + " is no address that nginx can connect to"
		return
	}
	if slices.Contains(p.resolvers, listen) {
		p.conflicts[Key(peer.Endpoint)] = "the check's name server answers at " + peer.Address
		return
	}
	i, taken := at[listen]
	if !taken {
		i = len(p.backends)
		at[listen] = i
		spec := backends.Spec{Name: peer.Address, Listen: listen, Protocol: how.protocol}
		if how.tls {
			spec.TLS = &backends.TLS{Issued: true}
		}
		p.backends = append(p.backends, spec)
		p.supply(result.SuppliedBackend, peer.Address, "speaks "+peer.Protocol, by)
	}
	spec := &p.backends[i]
	if both := []backends.Protocol{backends.HTTP, backends.H2}; spec.TLS == nil && !how.tls && spec.Protocol != how.protocol &&
		slices.Contains(append(both, backends.Dual), spec.Protocol) && slices.Contains(both, how.protocol) {
		spec.Protocol, how.protocol = backends.Dual, backends.Dual
	}
	if spec.Protocol != how.protocol || (spec.TLS != nil) != how.tls {
		p.conflicts[Key(peer.Endpoint)] = fmt.Sprintf("the configuration speaks %s to %s, where a backend of another protocol stands", peer.Protocol, peer.Address)
		return
	}
	p.keys[Key(peer.Endpoint)] = spec.Name
	if spec.TLS != nil {
		p.nameTLS(spec.TLS, pass, group, peer)
	}
}

// backendAddress is where the backend of an endpoint listens.
func (p *plan) backendAddress(e upstream.Endpoint, by *conf.Directive) (string, bool) {
	if e.Unix != "" {
		return "unix:" + e.Unix, true
	}
	ip, ok := p.host(e.Host, by)
	port, err := strconv.ParseUint(e.Port, 10, 16)
	if !ok || err != nil || port == 0 {
		return "", false
	}
	return netip.AddrPortFrom(reached(ip), uint16(port)).String(), true
}

// host is the address of a host, noted when it was given one.
func (p *plan) host(name string, by *conf.Directive) (netip.Addr, bool) {
	ip, ok := p.hosts.address(name)
	if _, err := netip.ParseAddr(name); ok && err != nil && !strings.EqualFold(name, "localhost") {
		p.supply(result.SuppliedHost, strings.ToLower(name), ip.String(), by)
	}
	return ip, ok
}

// nameTLS adds the names that nginx may verify a backend by: that of
// *_ssl_name, else the host of the pass (ngx_http_upstream.c:ngx_http_upstream_ssl_name).
func (p *plan) nameTLS(t *backends.TLS, pass upstream.Pass, group *upstream.Group, peer upstream.Peer) {
	names := []string{peer.Host, group.Name}
	if group.Block == nil {
		names = names[:1]
	}
	module, _, _ := strings.Cut(pass.Directive.Name.Text, "_")
	if d := conf.Inherited(pass.Chain, cmp.Or(module, "proxy")+"_ssl_name"); d != nil {
		names = append(names, p.values(pass.Chain, d.Arg(0))...)
	}
	for _, name := range names {
		if i := strings.LastIndexByte(name, ':'); i >= 0 && strings.Count(name, ":") == 1 {
			name = name[:i]
		}
		if validTLSName(name) && !slices.Contains(t.Names, name) {
			t.Names = append(t.Names, name)
		}
	}
	if len(t.Names) == 0 { // a unix socket
		t.Names = []string{"localhost"}
	}
}

// validTLSName says whether a certificate can hold a name.
func validTLSName(name string) bool {
	if _, err := netip.ParseAddr(name); err == nil {
		return true
	}
	return backends.Spec{Name: "x", Listen: "unix:/x", Hosts: []string{name}}.Validate() == nil
}
