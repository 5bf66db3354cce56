package route

import (
	"net/netip"
	"slices"
	"strings"

	"badgateway/harness/check/upstream"
	"badgateway/harness/pod"
)

// streamCandidates are connections to a stream server: HTTP is what they carry,
// over TLS where the server ends it or reads the name in its first message.
func (p *Plan) streamCandidates(t try) []candidate {
	preread := t.server.inherited("ssl_preread").Arg(0) == "on"
	var all []candidate
	for _, l := range t.server.listens {
		if l.UDP || l.QUIC {
			continue
		}
		tls := l.TLS || preread
		for _, name := range p.serverNames(t, preread) {
			d := draft{entry: entry{listen: l, host: name, tls: tls}, path: "/"}
			r := d.request("tcp", nil)
			if port := l.Port; port != "" {
				if at, err := netip.ParseAddrPort(r.Address); err == nil {
					r.Address = at.String()
				}
			}
			all = append(all, candidate{request: r, model: true})
		}
	}
	slices.SortStableFunc(all, func(a, b candidate) int { return weight(a.request) - weight(b.request) })
	return all[:min(maxCandidates, len(all))]
}

func weight(r pod.Request) int {
	if strings.HasPrefix(r.Address, "[") {
		return 1
	}
	return 0
}

// serverNames are those that a connection can ask for: the keys of a map by
// which the server chooses, its names, any.
func (p *Plan) serverNames(t try, preread bool) []string {
	names := upstream.Names(t.server.directive)
	if preread {
		for _, part := range split(t.pass.Directive.Arg(0)) {
			table := p.program.vars[part.name]
			if table == nil {
				continue
			}
			for _, r := range p.program.rows(table) {
				switch {
				case r.re != nil:
					found := samples(r.re, hostAlphabet)
					names = append(names, found[:min(1, len(found))]...)
				case !r.isDefault:
					names = append(names, strings.Replace(strings.TrimPrefix(r.key, "."), "*.", "bg.", 1))
				}
			}
		}
	}
	return append(names, upstream.FallbackHost)
}
