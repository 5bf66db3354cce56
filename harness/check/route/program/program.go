package program

import (
	"net/netip"
	"slices"
	"strings"

	"badgateway/harness/check/route/pattern"
	"badgateway/harness/check/upstream"
	"badgateway/harness/nginx/conf"
)

// Program is what of a configuration decides where a request goes.
type Program struct {
	Servers []*Server
	Streams []*Server
	// Vars are the blocks that define a variable (map, geo, split_clients), by
	// its name.
	Vars map[string]*conf.Directive
	// Passes are those that upstream.Find gave, by their directives.
	Passes map[*conf.Directive]*upstream.Pass
	// compiled, asked and tables are what was read of rewrite, if, and map and
	// geo: each is met by many requests.
	compiled map[*conf.Directive]*pattern.Pattern
	asked    map[*conf.Directive]*Condition
	tables   map[*conf.Directive][]Row
	sockets  map[socket]*Socket // nil: not yet gathered
	// Hosts are the addresses of names in the pod, in lower case.
	Hosts map[string]netip.Addr
	// Prefix is nginx's own directory, to which a relative root is relative.
	Prefix string
}

// Server is a server block.
type Server struct {
	*Scope
	Listens []upstream.Listen
	Names   []ServerName
	Named   map[string]*Scope // its @locations
	// Sets are the set directives of every scope in it, by variable.
	Sets map[string][]Assignment

	// ways and shadow are what entries found, once it has.
	entered bool
	ways    []Entry
	shadow  *Server
}

// Assignment is a set directive with the scope that it stands in.
type Assignment struct {
	In    *Scope
	Value string
}

// Scope is a block with a configuration of its own: a server, a location, an
// if or a limit_except.
type Scope struct {
	Directive *conf.Directive
	Chain     []*conf.Directive // the blocks around it, outermost first, itself last
	Parent    *Scope            // nil for a server
	outer     *Scope            // parent, or the http block
	Kind      Kind
	Text      string           // the name of a location
	Re        *pattern.Pattern // of a regex location
	Pass      *conf.Directive
	Internal  bool

	// The locations of this block.
	exact    map[string]*Scope
	prefixes map[string]*Scope
	longest  int
	regexes  []*Scope
	patterns pattern.Set                // of the regexes
	Inner    map[*conf.Directive]*Scope // if and limit_except blocks

	// own are its directives by name, those of the rewrite module in rules.
	own   map[string][]*conf.Directive
	Rules []*conf.Directive
}

// Kind is what a scope is.
type Kind int

const (
	IsServer Kind = iota
	IsExact
	IsPrefix
	IsPrefixOnly // ^~
	IsRegex
	IsNamed
	IsIf
	IsLimit // limit_except
)

func (k Kind) Location() bool { return k >= IsExact && k <= IsNamed }

// New reads a tree; passes are what upstream.Find gives for it.
func New(t *conf.Tree, passes []upstream.Pass) *Program {
	p := &Program{Vars: map[string]*conf.Directive{}, Passes: map[*conf.Directive]*upstream.Pass{},
		compiled: map[*conf.Directive]*pattern.Pattern{}, asked: map[*conf.Directive]*Condition{}, tables: map[*conf.Directive][]Row{}, Hosts: map[string]netip.Addr{}, Prefix: "/usr/share/nginx"}
	for i := range passes {
		p.Passes[passes[i].Directive] = &passes[i]
	}
	for top := range t.Top() {
		http := &Scope{Directive: top}
		http.index()
		for d := range conf.Children(top) {
			switch {
			case d.Is("map", "geo", "split_clients"):
				if len(d.Args) > 0 {
					p.Vars[strings.TrimPrefix(d.Args[len(d.Args)-1].Text, "$")] = d
				}
			case d.Is("server") && d.HasBlock && top.Is("http"):
				p.Servers = append(p.Servers, p.newServer(http, d))
			case d.Is("server") && d.HasBlock && top.Is("stream"):
				s := &Server{Scope: &Scope{Directive: d, Chain: []*conf.Directive{top, d}, outer: http}}
				s.index()
				s.Listens = upstream.ServerListens(d, true)
				for pass := range conf.Find(conf.Children(d), "proxy_pass") {
					s.Pass = pass
				}
				s.readNames()
				p.Streams = append(p.Streams, s)
			}
		}
	}
	return p
}

func (p *Program) newServer(http *Scope, d *conf.Directive) *Server {
	s := &Server{Named: map[string]*Scope{}, Sets: map[string][]Assignment{}}
	s.Scope = p.read(s, nil, []*conf.Directive{http.Directive}, d)
	s.outer = http
	s.Listens = upstream.ServerListens(d, false)
	s.readNames()
	return s
}

// read reads a block and what is in it.
func (p *Program) read(s *Server, parent *Scope, around []*conf.Directive, d *conf.Directive) *Scope {
	sc := &Scope{Directive: d, Parent: parent, outer: parent, Chain: append(slices.Clip(around), d),
		exact: map[string]*Scope{}, prefixes: map[string]*Scope{}, Inner: map[*conf.Directive]*Scope{}}
	sc.index()
	switch {
	case d.Is("if"):
		sc.Kind = IsIf
	case d.Is("limit_except"):
		sc.Kind = IsLimit
	case d.Is("location"):
		sc.readName()
	}
	for c := range conf.Children(d) {
		switch {
		case c.Is("location") && c.HasBlock:
			sc.add(s, p.read(s, sc, sc.Chain, c))
		case c.Is("if", "limit_except") && c.HasBlock:
			sc.Inner[c] = p.read(s, sc, sc.Chain, c)
		case c.Is("internal"):
			sc.Internal = true
		case c.Is("set") && len(c.Args) == 2:
			name := strings.TrimPrefix(c.Arg(0), "$")
			s.Sets[name] = append(s.Sets[name], Assignment{sc, c.Arg(1)})
		case p.Passes[c] != nil:
			sc.Pass = c
		}
	}
	return sc
}

// index sorts the directives of a block by name; allow and deny are one list, in
// which the order counts.
func (sc *Scope) index() {
	sc.own = map[string][]*conf.Directive{}
	for d := range conf.Children(sc.Directive) {
		name := d.Name.Text
		switch {
		case d.Entry || name == "location" || name == "server":
			continue
		case name == "deny":
			name = "allow"
		case d.Is("set", "if", "rewrite", "return", "break"):
			sc.Rules = append(sc.Rules, d)
		}
		sc.own[name] = append(sc.own[name], d)
	}
}

// First is a directive of this very block with one of the names.
func (sc *Scope) First(names ...string) *conf.Directive {
	for _, name := range names {
		if found := sc.own[name]; len(found) > 0 {
			return found[0]
		}
	}
	return nil
}

// InheritedAll is conf.InheritedAll, and inherited conf.Inherited, for a block
// of which much is asked.
func (sc *Scope) InheritedAll(name string) []*conf.Directive {
	for ; sc != nil; sc = sc.outer {
		if found := sc.own[name]; len(found) > 0 {
			return found
		}
	}
	return nil
}

func (sc *Scope) Inherited(name string) *conf.Directive {
	if all := sc.InheritedAll(name); len(all) > 0 {
		return all[0]
	}
	return nil
}

// readName takes the arguments of location apart
// (ngx_http_core_module.c:ngx_http_core_location).
func (sc *Scope) readName() {
	d := sc.Directive
	modifier, name := "", d.Arg(0)
	if len(d.Args) > 1 {
		modifier, name = d.Arg(0), d.Arg(1)
	} else if i := strings.IndexFunc(name, func(r rune) bool { return !strings.ContainsRune("=~*^", r) }); i > 0 {
		for _, m := range []string{"=", "^~", "~*", "~"} {
			if rest, ok := strings.CutPrefix(name, m); ok {
				modifier, name = m, rest
				break
			}
		}
	}
	sc.Text = name
	switch modifier {
	case "=":
		sc.Kind = IsExact
	case "^~":
		sc.Kind = IsPrefixOnly
	case "~", "~*":
		sc.Kind, sc.Re = IsRegex, pattern.Compile(name, modifier == "~*")
	default:
		sc.Kind = IsPrefix
		if strings.HasPrefix(name, "@") {
			sc.Kind = IsNamed
		}
	}
}

// add puts a location into this block; of two with one name nginx starts with
// none, so the first stays.
func (sc *Scope) add(s *Server, l *Scope) {
	keep := func(to map[string]*Scope) {
		if to[l.Text] == nil {
			to[l.Text] = l
		}
	}
	switch l.Kind {
	case IsExact:
		keep(sc.exact)
	case IsPrefix, IsPrefixOnly:
		keep(sc.prefixes)
		sc.longest = max(sc.longest, len(l.Text))
	case IsRegex:
		sc.regexes = append(sc.regexes, l)
		sc.patterns.Add(l.Re)
	case IsNamed:
		keep(s.Named)
	}
}

// Location is the location around an if or limit_except, or the server.
func (sc *Scope) Location() *Scope {
	for sc.Kind == IsIf || sc.Kind == IsLimit {
		sc = sc.Parent
	}
	return sc
}

// all gives this scope and those inside of it, in the order of the text.
func (sc *Scope) all(yield func(*Scope)) {
	yield(sc)
	var inside []*Scope
	for _, m := range []map[string]*Scope{sc.exact, sc.prefixes} {
		for _, l := range m {
			inside = append(inside, l)
		}
	}
	for _, l := range sc.Inner {
		inside = append(inside, l)
	}
	inside = append(inside, sc.regexes...)
	order := map[*conf.Directive]int{}
	for c := range conf.Children(sc.Directive) {
		order[c] = len(order)
	}
	slices.SortFunc(inside, func(a, b *Scope) int { return order[a.Directive] - order[b.Directive] })
	for _, l := range inside {
		l.all(yield)
	}
}

// Scopes gives every scope of a server, the named ones last.
func (s *Server) Scopes() []*Scope {
	var all []*Scope
	collect := func(sc *Scope) { all = append(all, sc) }
	s.all(collect)
	for d := range conf.Children(s.Directive) {
		if l := s.Named[d.Arg(0)]; l != nil && l.Directive == d {
			l.all(collect)
		}
	}
	return all
}

// Hidden tells whether only nginx itself can send a request to a block.
func (sc *Scope) Hidden() bool {
	for ; sc != nil; sc = sc.Parent {
		if sc.Internal || sc.Kind == IsNamed {
			return true
		}
	}
	return false
}
