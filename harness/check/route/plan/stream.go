package plan

import (
	"fmt"
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
func (p *Plan) streamCandidates(t *Try) []Candidate {
	preread := t.Server.Inherited("ssl_preread").Arg(0) == "on"
	var all []Candidate
	for _, l := range t.Server.Listens {
		if l.UDP || l.QUIC {
			continue
		}
		for _, name := range p.serverNames(*t, preread) {
			d, ok := p.allowed(t, draft.Draft{Entry: program.Entry{Listen: l, Host: name, TLS: l.TLS || preread}, Path: "/"})
			if ok {
				all = append(all, Candidate{Request: d.Request("tcp", nil), Model: true})
			}
		}
	}
	if len(all) > 0 {
		t.Reason = "" // another listener lets clients in
	}
	slices.SortStableFunc(all, func(a, b Candidate) int { return weight(a.Request) - weight(b.Request) })
	return all[:min(MaxCandidates, len(all))]
}

// allowed is a connection from an address that the server lets in; false when
// there is none, and the reason is noted.
func (p *Plan) allowed(t *Try, d draft.Draft) (draft.Draft, bool) {
	deny, others := t.Server.Denied(d.ClientAddr())
	if deny == nil {
		return d, true
	}
	for _, addr := range others {
		if l := d.Entry.Listen; l.Unix == "" && l.Addr.IsUnspecified() && l.Addr.Is4() == addr.Is4() && program.Unicast(addr) {
			d.Client = addr
			p.equip(d, t)
			return d, true
		}
	}
	at := p.Place(deny)
	t.Reason = fmt.Sprintf("client address %s is denied by deny at %s:%d", d.ClientAddr(), at.File, at.Line)
	return d, false
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
