package plan

import (
	"net/netip"
	"slices"
	"strings"

	"badgateway/harness/check/route/draft"
	"badgateway/harness/check/route/pattern"
	"badgateway/harness/check/route/program"
	"badgateway/harness/check/upstream"
	"badgateway/harness/pod"
)

// streamCandidates are connections to a stream server: HTTP is what they carry,
// over TLS where the server ends it or reads the name in its first message.
func (p *Plan) streamCandidates(t Try) []Candidate {
	preread := t.Server.Inherited("ssl_preread").Arg(0) == "on"
	var all []Candidate
	for _, l := range t.Server.Listens {
		if l.UDP || l.QUIC {
			continue
		}
		tls := l.TLS || preread
		for _, name := range p.serverNames(t, preread) {
			d := draft.Draft{Entry: program.Entry{Listen: l, Host: name, Tls: tls}, Path: "/"}
			r := d.Request("tcp", nil)
			if port := l.Port; port != "" {
				if at, err := netip.ParseAddrPort(r.Address); err == nil {
					r.Address = at.String()
				}
			}
			all = append(all, Candidate{Request: r, Model: true})
		}
	}
	slices.SortStableFunc(all, func(a, b Candidate) int { return weight(a.Request) - weight(b.Request) })
	return all[:min(MaxCandidates, len(all))]
}

func weight(r pod.Request) int {
	if strings.HasPrefix(r.Address, "[") {
		return 1
	}
	return 0
}

// serverNames are those that a connection can ask for: the keys of a map by
// which the server chooses, its names, any.
func (p *Plan) serverNames(t Try, preread bool) []string {
	names := upstream.Names(t.Server.Directive)
	if preread {
		for _, part := range program.Split(t.Pass.Directive.Arg(0)) {
			table := p.Program.Vars[part.Name]
			if table == nil {
				continue
			}
			for _, r := range p.Program.Rows(table) {
				switch {
				case r.Re != nil:
					found := pattern.Samples(r.Re, pattern.HostAlphabet)
					names = append(names, found[:min(1, len(found))]...)
				case !r.IsDefault:
					names = append(names, strings.Replace(strings.TrimPrefix(r.Key, "."), "*.", "bg.", 1))
				}
			}
		}
	}
	return append(names, upstream.FallbackHost)
}
