package upstream

import (
	"cmp"
	"slices"
	"strings"

	"badgateway/harness/nginx/conf"
)

// Endpoint is an address that nginx connects to.
type Endpoint struct {
	// Address is as nginx takes it, with its port: "127.0.0.1:3000", "app:8080",
	// "[::1]:80", "unix:/run/app.sock".
	Address string
	// Host is a name or an IP address without brackets, Port a number; both are
	// empty for a unix socket.
	Host, Port string
	// Unix is the path of a unix socket.
	Unix string
	// Protocol is spoken there: http, https, grpc, grpcs, fastcgi, uwsgi, suwsgi,
	// scgi, memcached; in stream blocks tcp, tls with proxy_ssl, or udp.
	Protocol string
}

// Peer is a server of a group.
type Peer struct {
	Endpoint
	// Server is the directive in the upstream block; nil when the pass itself
	// names the address.
	Server       *conf.Directive
	Backup, Down bool
	// Resolve says that nginx looks the name up again while it runs.
	Resolve bool
	// Own says that the address is a listener of this very configuration.
	Own bool
}

// Group is what one value of a pass leads to.
type Group struct {
	// Name is the upstream block's, or the address.
	Name string
	// Block is nil where the pass itself names the address.
	Block *conf.Directive
	Peers []Peer
	// Keepalive is the number of idle connections that a worker keeps; 0: none.
	Keepalive int
	// Zone says that the workers share what they know of the peers.
	Zone bool
}

// Pass is a directive that passes requests on.
type Pass struct {
	Directive *conf.Directive
	// Chain are the blocks around it, outermost first: http, server, location, if.
	Chain []*conf.Directive
	// Protocol is that of its endpoints; of several schemes the first.
	Protocol string
	// Groups are more than one when a variable can have several values.
	Groups []*Group
	// Scheme is that of the requests for which the target was told, http or
	// https, where it names that ($scheme, $https, $server_port); else empty.
	Scheme string
	// Runtime says that a name is looked up for each request, by the resolver.
	Runtime bool
	// Own says that every address is a listener of this very configuration.
	Own bool
	// Stream says that it stands in a stream block.
	Stream bool
	// Unresolved says why the target, or a part of it, could not be found out.
	Unresolved string
}

// passes are the directives with the protocol that they speak; the scheme of the
// address decides where it is empty.
var passes = map[string]string{
	"proxy_pass": "", "grpc_pass": "grpc", "fastcgi_pass": "fastcgi", "uwsgi_pass": "uwsgi", "scgi_pass": "scgi",
	"memcached_pass": "memcached",
}

// Find gives every pass in nginx's order.
func Find(t *conf.Tree) []Pass {
	f := &finder{vars: NewVars(t), groups: map[groupKey]*Group{}, blocks: map[groupKey]*conf.Directive{}}
	f.listens = distinct(Listens(t))
	var found []Pass
	for d, chain := range t.All() {
		if _, is := passes[d.Name.Text]; is && !d.Entry && len(d.Args) > 0 {
			found = append(found, Pass{Directive: d, Chain: slices.Clone(chain), Stream: inStream(chain)})
		}
		if d.Is("upstream") && d.HasBlock {
			f.blocks[groupKey{inStream(chain), strings.ToLower(d.Arg(0)), ""}] = d
		}
	}
	for i := range found {
		f.fill(&found[i])
	}
	return found
}

// inStream says whether a chain is that of a stream block.
func inStream(chain []*conf.Directive) bool { return len(chain) > 0 && chain[0].Is("stream") }

// finder holds what the passes of one tree share.
type finder struct {
	vars    *Vars
	listens []Listen
	blocks  map[groupKey]*conf.Directive // by family and name
	groups  map[groupKey]*Group
}

// groupKey names an upstream block, or with a protocol a group of its peers.
type groupKey struct {
	stream   bool
	name     string
	protocol string
}

// fill finds the groups of a pass.
func (f *finder) fill(p *Pass) {
	text := p.Directive.Arg(0)
	values, variable := []string{text}, strings.Contains(text, "$")
	if variable {
		address := authority(text)
		values, p.Unresolved, p.Scheme = f.vars.values(p.Chain, address)
		if len(values) == 0 {
			if literal, whole := f.beforeVariables(p, address); whole {
				values, p.Unresolved = []string{literal}, ""
			}
		}
	}
	seen := map[string]bool{}
	for _, value := range values {
		to, why := parsePass(p, value)
		if why != "" {
			p.Unresolved = why
			continue
		}
		p.Protocol = cmp.Or(p.Protocol, to.Protocol)
		if key := to.Protocol + " " + to.Address; !seen[key] {
			seen[key] = true
			p.Groups = append(p.Groups, f.group(p, to, variable))
		}
	}
	if p.Protocol == "memcached" || p.Protocol == "udp" {
		p.Unresolved = p.Protocol + " is not spoken by the backends"
	}
	p.Own = len(p.Groups) > 0
	for _, g := range p.Groups {
		for i := range g.Peers {
			g.Peers[i].Own = f.own(g.Peers[i].Endpoint)
			p.Own = p.Own && g.Peers[i].Own
		}
	}
}

// beforeVariables is what stands in front of the first variable of an address.
// It is whole where it names an upstream block, a domain or a port: whatever
// follows can only be a path then.
func (f *finder) beforeVariables(p *Pass, text string) (literal string, whole bool) {
	literal, _, _ = strings.Cut(text, "$")
	_, server, _ := strings.Cut(literal, "://")
	block := f.blocks[groupKey{p.Stream, strings.ToLower(server), ""}]
	domain := strings.Contains(server, ".") && isHost(server) && !strings.ContainsAny(server[len(server)-1:], ".-")
	name, port, _ := strings.Cut(server, ":")
	return literal, block != nil || domain || isHost(name) && isPort(port)
}

// group is what a target leads to: an upstream block, or the address itself.
func (f *finder) group(p *Pass, t target, variable bool) *Group {
	name := strings.ToLower(t.Host)
	block := f.blocks[groupKey{p.Stream, name, ""}]
	if block == nil || t.explicit {
		p.Runtime = p.Runtime || variable && t.IsName()
		return &Group{Name: t.Address, Peers: []Peer{{Endpoint: t.Endpoint}}}
	}
	key := groupKey{p.Stream, name, t.Protocol}
	g := f.groups[key]
	if g == nil {
		g = readGroup(block, t.Protocol, p.Stream)
		f.groups[key] = g
	}
	for _, peer := range g.Peers {
		p.Runtime = p.Runtime || peer.Resolve
	}
	return g
}
