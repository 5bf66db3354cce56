package route

import (
	"fmt"
	"net/netip"
	"path"
	"slices"
	"strings"

	"badgateway/harness/check/result"
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

	input
	program *program
	tries   []try // of each route
}

// try is what is known of a route before it is proved.
type try struct {
	pass       *upstream.Pass
	scope      *scope
	server     *server
	candidates []candidate
	why        []ending // how the model's other requests ended
	reason     string   // why there is no candidate at all
}

// candidate is a request to try.
type candidate struct {
	request pod.Request
	via     string
	model   bool // the model says that it arrives
}

// input is what a plan is made of.
type input struct {
	tree    *conf.Tree
	spec    *pod.Spec // given the files, addresses and rules that candidates need
	place   func(*conf.Directive) result.Place
	backend func(upstream.Endpoint) (name, why string)
	basic   string // the Authorization header that is let in
	prefix  string // nginx's own directory
}

// plan finds routes and their candidates.
func (in input) plan() *Plan {
	passes := upstream.Find(in.tree)
	p := &Plan{input: in, program: newProgram(in.tree, passes)}
	p.program.prefix = in.prefix
	for _, h := range in.spec.Hosts {
		for _, name := range h.Names {
			if addr, err := netip.ParseAddr(h.Addr); err == nil {
				p.program.hosts[strings.ToLower(name)] = addr
			}
		}
	}
	known := explore(p.program, in.basic)
	where := map[*conf.Directive]try{}
	for _, s := range p.program.servers {
		for _, sc := range s.scopes() {
			if sc.pass != nil {
				where[sc.pass] = try{scope: sc, server: s}
			}
		}
	}
	for _, s := range p.program.streams {
		if s.pass != nil {
			where[s.pass] = try{scope: s.scope, server: s}
		}
	}
	for _, stream := range []bool{false, true} {
		for i := range passes {
			if t, ok := where[passes[i].Directive]; ok && passes[i].Stream == stream {
				t.pass = &passes[i]
				p.add(t, known[passes[i].Directive])
			}
		}
	}
	p.name()
	return p
}

// add makes a route of a pass.
func (p *Plan) add(t try, known *findings) {
	r := result.Route{Pass: p.place(t.pass.Directive), Protocol: t.pass.Protocol, Stream: t.pass.Stream, Own: t.pass.Own,
		Location: locationName(t.scope), Upstream: upstreamName(t.pass)}
	r.Server = serverLabel(t.server)
	var drafts []ranked
	if known != nil {
		drafts, t.why = known.drafts, known.ended
	}
	if t.pass.Stream {
		t.candidates = p.streamCandidates(t)
	} else {
		t.candidates = p.candidates(&t, drafts)
	}
	if len(t.candidates) > 0 {
		r.Request, r.Via = t.candidates[0].request, t.candidates[0].via
	}
	r.Peers, r.Backup, r.Down = p.peers(t.pass, "")
	r.Hosts = runtimeHosts(t.pass)
	p.Routes = append(p.Routes, r)
	p.tries = append(p.tries, t)
}

// candidates are requests of the drafts, then those that the model does not
// believe in: nginx says where they go.
func (p *Plan) candidates(t *try, drafts []ranked) []candidate {
	ways, shadow := p.program.entries(t.server)
	if len(ways) == 0 {
		t.reason = p.unentered(t.server, shadow)
		return nil
	}
	var all []candidate
	known := map[string]bool{}
	add := func(d draft, via string, model bool) {
		key := d.key()
		if len(all) < maxCandidates && !known[key] && !slices.ContainsFunc(d.files, p.blocked) {
			known[key] = true
			r := d.request(t.pass.Protocol, p.backendsOf)
			all = append(all, candidate{r, via, model})
			p.equip(d, t)
		}
	}
	plain := slices.ContainsFunc(drafts, func(r ranked) bool { return len(r.draft.files) == 0 && len(r.draft.answers) == 0 })
	supplied := 0
	for _, r := range drafts {
		if len(r.draft.files) > 0 {
			if supplied++; supplied > maxSupplied {
				continue
			}
		}
		if plain && (len(r.draft.files) > 0 || len(r.draft.answers) > 0) {
			continue // what needs nothing supplied is enough
		}
		add(r.draft, r.via, true)
	}
	if len(all) == 0 && t.scope.location().kind != isNamed {
		x := explorer{program: p.program}
		for _, e := range ways[:min(2, len(ways))] {
			for path := range x.paths(t.server, t.scope) {
				add(draft{entry: e, path: path, cert: e.tls && t.server.wantsCertificate()}, "", false)
			}
		}
	}
	return all
}

// blocked tells whether a file cannot be put: a file is where its directory
// would be, or the other way round.
func (p *Plan) blocked(name string) bool {
	name = path.Clean(name)
	return slices.ContainsFunc(p.spec.Files, func(f pod.File) bool {
		return !f.Dir && strings.HasPrefix(name, f.Path+"/") || strings.HasPrefix(f.Path, name+"/") || f.Dir && f.Path == name
	})
}

// maxSupplied bounds the candidates of a route that need a file.
const maxSupplied = 4

// unentered says why no request gets to a server.
func (p *Plan) unentered(s, shadow *server) string {
	if shadow != nil {
		at := p.place(shadow.directive)
		return fmt.Sprintf("no request gets to this server: the server at %s:%d has the same name and address, or is the default for it", at.File, at.Line)
	}
	return "this server listens to no TCP connection"
}

// equip gives the pod what a draft needs: files, client addresses, backends
// that answer otherwise when asked to.
func (p *Plan) equip(d draft, t *try) {
	at := p.place(t.pass.Directive)
	for _, name := range d.files {
		name = path.Clean(name)
		if !slices.ContainsFunc(p.spec.Files, func(f pod.File) bool { return f.Path == name }) {
			p.spec.Files = append(p.spec.Files, pod.File{Path: name, Data: []byte("supplied by badgateway\n")})
			p.Supplied = append(p.Supplied, result.Supplied{Kind: result.SuppliedFile, Name: name, Note: "so that a request is passed on", For: at})
		}
	}
	if d.client.IsValid() && !d.client.IsLoopback() {
		p.address(d.client, at)
	}
	for _, a := range d.answers {
		for _, name := range p.backendsOf(a.from) {
			p.rule(name, a)
		}
	}
}

// address gives the pod an address for its client.
func (p *Plan) address(addr netip.Addr, at result.Place) {
	if slices.ContainsFunc(p.spec.Hosts, func(h pod.Host) bool { return h.Addr == addr.String() }) {
		return
	}
	p.spec.Hosts = append(p.spec.Hosts, pod.Host{Addr: addr.String()})
	p.Supplied = append(p.Supplied, result.Supplied{Kind: result.SuppliedHost, Name: addr.String(), Note: "address of a client that is let in", For: at})
}

func (p *Plan) rule(name string, a answer) {
	for i := range p.spec.Backends {
		b := &p.spec.Backends[i]
		if b.Name != name {
			continue
		}
		rule := a.rule(name)
		for _, r := range b.Script.Rules {
			if r.Value == rule.Value {
				return
			}
		}
		b.Script.Rules = append(slices.Clone(b.Script.Rules), rule)
	}
}

// backendsOf are the backends behind the pass of a location.
func (p *Plan) backendsOf(sc *scope) []string {
	pass := p.program.passes[sc.pass]
	if pass == nil {
		return nil
	}
	names, _, _ := p.peers(pass, "")
	return names
}

// peers are the names of the backends behind a pass: of the group that has seen,
// else of the first.
func (p *Plan) peers(pass *upstream.Pass, seen string) (all, backup, down []string) {
	for i, g := range pass.Groups {
		names, b, d := p.group(g)
		if i == 0 || slices.Contains(names, seen) {
			all, backup, down = names, b, d
		}
		if slices.Contains(names, seen) {
			break
		}
	}
	return all, backup, down
}

func (p *Plan) group(g *upstream.Group) (all, backup, down []string) {
	for _, peer := range g.Peers {
		name, why := p.backend(peer.Endpoint)
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
