package plan

import (
	"context"
	"fmt"
	"net/netip"
	"path"
	"slices"
	"strings"

	"badgateway/harness/check/result"
	"badgateway/harness/check/route/draft"
	"badgateway/harness/check/route/program"
	"badgateway/harness/check/route/walk"
	"badgateway/harness/check/upstream"
	"badgateway/harness/nginx/conf"
	"badgateway/harness/pod"
)

// Plan holds the routes of a configuration with the requests to try for each.
type Plan struct {
	// Routes are in the order of the text, those of stream blocks last. Each has
	// the likeliest request; nothing is proved yet.
	Routes []result.Route
	// Supplied are what candidates need beside what the sandbox gives.
	Supplied []result.Supplied

	Input
	Program *program.Program
	Tries   []Try // of each route
}

// Try is what is known of a route before it is proved.
type Try struct {
	Pass       *upstream.Pass
	Scope      *program.Scope
	Server     *program.Server
	Candidates []Candidate
	Why        []walk.Ending // how the model's other requests ended
	Reason     string        // why there is no candidate at all
}

// Candidate is a request to try.
type Candidate struct {
	Request pod.Request
	Via     string
	Model   bool // the model says that it arrives
}

// Input is what a plan is made of.
type Input struct {
	Tree *conf.Tree
	// Spec is given the files, addresses and rules that candidates need.
	Spec *pod.Spec
	// Place is where a directive stands, for its owner.
	Place func(*conf.Directive) result.Place
	// Backend is the name of the one at an address, or why there is none.
	Backend func(upstream.Endpoint) (name, why string)
	// Basic is the Authorization header that is let in.
	Basic string
	// Logs are the files that nginx writes its error log to.
	Logs []string
	// Prefix is nginx's own directory.
	Prefix string
}

// Find finds routes and their candidates. Nothing is proved yet. When ctx is
// done, what is left has no candidates.
func Find(ctx context.Context, in Input) *Plan {
	passes := upstream.Find(in.Tree)
	p := &Plan{Input: in, Program: program.New(in.Tree, passes)}
	p.Program.Prefix = in.Prefix
	for _, h := range in.Spec.Hosts {
		for _, name := range h.Names {
			if addr, err := netip.ParseAddr(h.Addr); err == nil {
				p.Program.Hosts[strings.ToLower(name)] = addr
			}
		}
	}
	known := explore(ctx, p.Program, in.Basic)
	where := map[*conf.Directive]Try{}
	for _, s := range p.Program.Servers {
		for _, sc := range s.Scopes() {
			if sc.Pass != nil {
				where[sc.Pass] = Try{Scope: sc, Server: s}
			}
		}
	}
	for _, s := range p.Program.Streams {
		if s.Pass != nil {
			where[s.Pass] = Try{Scope: s.Scope, Server: s}
		}
	}
	for _, stream := range []bool{false, true} {
		for i := range passes {
			if t, ok := where[passes[i].Directive]; ok && passes[i].Stream == stream {
				t.Pass = &passes[i]
				p.add(ctx, t, known[passes[i].Directive])
			}
		}
	}
	p.name()
	return p
}

// add makes a route of a pass.
func (p *Plan) add(ctx context.Context, t Try, known *findings) {
	r := result.Route{Pass: p.Place(t.Pass.Directive), Protocol: t.Pass.Protocol, Stream: t.Pass.Stream, Own: t.Pass.Own,
		Location: t.Scope.Label(), Upstream: upstreamName(t.Pass)}
	r.Server = t.Server.Label()
	var drafts []ranked
	if known != nil {
		drafts, t.Why = known.drafts, known.ended
	}
	switch {
	case ctx.Err() != nil:
		t.Reason = "not tried: interrupted"
	case t.Pass.Stream:
		t.Candidates = p.streamCandidates(&t)
	default:
		t.Candidates = p.candidates(&t, drafts)
	}
	if len(t.Candidates) > 0 {
		r.Request, r.Via = t.Candidates[0].Request, t.Candidates[0].Via
	}
	r.Peers, r.Backup, r.Down = p.Peers(t.Pass, "")
	r.Hosts = runtimeHosts(t.Pass)
	p.Routes = append(p.Routes, r)
	p.Tries = append(p.Tries, t)
}

// candidates are requests of the drafts, then those that the model does not
// believe in: nginx says where they go.
func (p *Plan) candidates(t *Try, drafts []ranked) []Candidate {
	ways, shadow := p.Program.Entries(t.Server)
	if len(ways) == 0 {
		t.Reason = p.unentered(t.Server, shadow)
		return nil
	}
	var all []Candidate
	known := map[string]bool{}
	add := func(d draft.Draft, via string, model bool) {
		key := d.Key()
		if len(all) < MaxCandidates && !known[key] && !slices.ContainsFunc(d.Files, p.blocked) {
			known[key] = true
			r := d.Request(t.Pass.Protocol, p.backendsOf)
			all = append(all, Candidate{r, via, model})
			p.equip(d, t)
		}
	}
	plain := slices.ContainsFunc(drafts, func(r ranked) bool { return len(r.draft.Files) == 0 && len(r.draft.Answers) == 0 })
	supplied := 0
	for _, r := range drafts {
		if len(r.draft.Files) > 0 {
			if supplied++; supplied > maxSupplied {
				continue
			}
		}
		if plain && (len(r.draft.Files) > 0 || len(r.draft.Answers) > 0) {
			continue // what needs nothing supplied is enough
		}
		add(r.draft, r.via, true)
	}
	if len(all) == 0 && t.Scope.Location().Kind != program.IsNamed {
		x := explorer{program: p.Program}
		for _, e := range ways[:min(2, len(ways))] {
			for path := range x.paths(t.Server, t.Scope) {
				add(draft.Draft{Entry: e, Path: path, Cert: e.TLS && t.Server.WantsCertificate()}, "", false)
			}
		}
	}
	return all
}

// blocked tells whether a file cannot be put: a file is where its directory
// would be, or the other way round.
func (p *Plan) blocked(name string) bool {
	name = path.Clean(name)
	return slices.ContainsFunc(p.Spec.Files, func(f pod.File) bool {
		return !f.Dir && strings.HasPrefix(name, f.Path+"/") || strings.HasPrefix(f.Path, name+"/") || f.Dir && f.Path == name
	})
}

// maxSupplied bounds the candidates of a route that need a file.
const maxSupplied = 4

// unentered says why no request gets to a server.
func (p *Plan) unentered(s, shadow *program.Server) string {
	if shadow != nil {
		at := p.Place(shadow.Directive)
		return fmt.Sprintf("no request gets to this server: the server at %s:%d has the same name and address, or is the default for it", at.File, at.Line)
	}
	return "this server listens to no TCP connection"
}

// equip gives the pod what a draft needs: files, client addresses, backends
// that answer otherwise when asked to.
func (p *Plan) equip(d draft.Draft, t *Try) {
	at := p.Place(t.Pass.Directive)
	for _, name := range d.Files {
		name = path.Clean(name)
		if !slices.ContainsFunc(p.Spec.Files, func(f pod.File) bool { return f.Path == name }) {
			p.Spec.Files = append(p.Spec.Files, pod.File{Path: name, Data: []byte("supplied by badgateway\n")})
			p.Supplied = append(p.Supplied, result.Supplied{Kind: result.SuppliedFile, Name: name, Note: "so that a request is passed on", For: at})
		}
	}
	if d.Client.IsValid() && !d.Client.IsLoopback() {
		p.address(d.Client, at)
	}
	for _, a := range d.Answers {
		for _, name := range p.backendsOf(a.From) {
			p.rule(name, a)
		}
	}
}

// address gives the pod an address for its client.
func (p *Plan) address(addr netip.Addr, at result.Place) {
	if slices.ContainsFunc(p.Spec.Hosts, func(h pod.Host) bool { return h.Addr == addr.String() }) {
		return
	}
	p.Spec.Hosts = append(p.Spec.Hosts, pod.Host{Addr: addr.String()})
	p.Supplied = append(p.Supplied, result.Supplied{Kind: result.SuppliedHost, Name: addr.String(), Note: "address of a client that is let in", For: at})
}

func (p *Plan) rule(name string, a draft.Answer) {
	for i := range p.Spec.Backends {
		b := &p.Spec.Backends[i]
		if b.Name != name {
			continue
		}
		rule := a.Rule(name)
		for _, r := range b.Script.Rules {
			if r.Value == rule.Value {
				return
			}
		}
		b.Script.Rules = append(slices.Clone(b.Script.Rules), rule)
	}
}

// backendsOf are the backends behind the pass of a location.
func (p *Plan) backendsOf(sc *program.Scope) []string {
	pass := p.Program.Passes[sc.Pass]
	if pass == nil {
		return nil
	}
	names, _, _ := p.Peers(pass, "")
	return names
}

// Peers are the names of the backends behind a pass: of the group that has seen,
// else of the first.
func (p *Plan) Peers(pass *upstream.Pass, seen string) (all, backup, down []string) {
	for i, g := range pass.Groups {
		names, b, d := p.Group(g)
		if i == 0 || slices.Contains(names, seen) {
			all, backup, down = names, b, d
		}
		if slices.Contains(names, seen) {
			break
		}
	}
	return all, backup, down
}

func (p *Plan) Group(g *upstream.Group) (all, backup, down []string) {
	for _, peer := range g.Peers {
		name, why := p.Backend(peer.Endpoint)
		if why != "" {
			continue
		}
		all = append(all, name)
		if peer.Backup {
			backup = append(backup, name)
		}
		if peer.Down {
			down = append(down, name)
		}
	}
	return all, backup, down
}

// GroupOf is the name of the group that a backend belongs to, and what is spoken
// to it.
func (p *Plan) GroupOf(pass *upstream.Pass, backend string) (name, protocol string) {
	for _, g := range pass.Groups {
		if names, _, _ := p.Group(g); slices.Contains(names, backend) {
			return g.Name, g.Peers[0].Protocol
		}
	}
	return upstreamName(pass), pass.Protocol
}

// runtimeHosts are the names that nginx looks up for each request.
func runtimeHosts(pass *upstream.Pass) []string {
	var names []string
	for _, g := range pass.Groups {
		for _, peer := range g.Peers {
			if (pass.Runtime && g.Block == nil || peer.Resolve) && peer.IsName() && !slices.Contains(names, peer.Host) {
				names = append(names, peer.Host)
			}
		}
	}
	return names
}

func upstreamName(pass *upstream.Pass) string {
	if len(pass.Groups) > 0 {
		return pass.Groups[0].Name
	}
	return strings.TrimSpace(pass.Directive.Arg(0))
}
