package route

import (
	"net/netip"
	"slices"
	"strings"

	"badgateway/harness/check/upstream"
	"badgateway/harness/nginx/conf"
)

// program is what of a configuration decides where a request goes.
type program struct {
	servers []*server
	streams []*server
	// vars are the blocks that define a variable (map, geo, split_clients), by
	// its name.
	vars map[string]*conf.Directive
	// passes are those that upstream.Find gave, by their directives.
	passes map[*conf.Directive]*upstream.Pass
	// compiled, asked and tables are what was read of rewrite, if, and map and
	// geo: each is met by many requests.
	compiled map[*conf.Directive]*pattern
	asked    map[*conf.Directive]*condition
	tables   map[*conf.Directive][]row
	// hosts are the addresses of names in the pod, in lower case.
	hosts map[string]netip.Addr
	// prefix is nginx's own directory, to which a relative root is relative.
	prefix string
}

// server is a server block.
type server struct {
	*scope
	listens []upstream.Listen
	names   []serverName
	named   map[string]*scope // its @locations
	// sets are the set directives of every scope in it, by variable.
	sets map[string][]assignment

	// ways and shadow are what entries found, once it has.
	entered bool
	ways    []entry
	shadow  *server
}

// assignment is a set directive with the scope that it stands in.
type assignment struct {
	in    *scope
	value string
}

// scope is a block with a configuration of its own: a server, a location, an
// if or a limit_except.
type scope struct {
	directive *conf.Directive
	chain     []*conf.Directive // the blocks around it, outermost first, itself last
	parent    *scope            // nil for a server
	outer     *scope            // parent, or the http block
	kind      kind
	text      string   // the name of a location
	re        *pattern // of a regex location
	pass      *conf.Directive
	internal  bool

	// The locations of this block.
	exact    map[string]*scope
	prefixes map[string]*scope
	longest  int
	regexes  []*scope
	inner    map[*conf.Directive]*scope // if and limit_except blocks

	// own are its directives by name, those of the rewrite module in rules.
	own   map[string][]*conf.Directive
	rules []*conf.Directive
}

// kind is what a scope is.
type kind int

const (
	isServer kind = iota
	isExact
	isPrefix
	isPrefixOnly // ^~
	isRegex
	isNamed
	isIf
	isLimit // limit_except
)

func (k kind) location() bool { return k >= isExact && k <= isNamed }

// newProgram reads a tree; passes are what upstream.Find gives for it.
func newProgram(t *conf.Tree, passes []upstream.Pass) *program {
	p := &program{vars: map[string]*conf.Directive{}, passes: map[*conf.Directive]*upstream.Pass{},
		compiled: map[*conf.Directive]*pattern{}, asked: map[*conf.Directive]*condition{}, tables: map[*conf.Directive][]row{}, hosts: map[string]netip.Addr{}, prefix: "/usr/share/nginx"}
	for i := range passes {
		p.passes[passes[i].Directive] = &passes[i]
	}
	for top := range t.Top() {
		http := &scope{directive: top}
		http.index()
		for d := range conf.Children(top) {
			switch {
			case d.Is("map", "geo", "split_clients"):
				if len(d.Args) > 0 {
					p.vars[strings.TrimPrefix(d.Args[len(d.Args)-1].Text, "$")] = d
				}
			case d.Is("server") && d.HasBlock && top.Is("http"):
				p.servers = append(p.servers, p.newServer(http, d))
			case d.Is("server") && d.HasBlock && top.Is("stream"):
				s := &server{scope: &scope{directive: d, chain: []*conf.Directive{top, d}, outer: http}}
				s.index()
				s.listens = upstream.ServerListens(d, true)
				for pass := range conf.Find(conf.Children(d), "proxy_pass") {
					s.pass = pass
				}
				s.readNames()
				p.streams = append(p.streams, s)
			}
		}
	}
	return p
}

func (p *program) newServer(http *scope, d *conf.Directive) *server {
	s := &server{named: map[string]*scope{}, sets: map[string][]assignment{}}
	s.scope = p.read(s, nil, []*conf.Directive{http.directive}, d)
	s.outer = http
	s.listens = upstream.ServerListens(d, false)
	s.readNames()
	return s
}

// read reads a block and what is in it.
func (p *program) read(s *server, parent *scope, around []*conf.Directive, d *conf.Directive) *scope {
	sc := &scope{directive: d, parent: parent, outer: parent, chain: append(slices.Clip(around), d),
		exact: map[string]*scope{}, prefixes: map[string]*scope{}, inner: map[*conf.Directive]*scope{}}
	sc.index()
	switch {
	case d.Is("if"):
		sc.kind = isIf
	case d.Is("limit_except"):
		sc.kind = isLimit
	case d.Is("location"):
		sc.readName()
	}
	for c := range conf.Children(d) {
		switch {
		case c.Is("location") && c.HasBlock:
			sc.add(s, p.read(s, sc, sc.chain, c))
		case c.Is("if", "limit_except") && c.HasBlock:
			sc.inner[c] = p.read(s, sc, sc.chain, c)
		case c.Is("internal"):
			sc.internal = true
		case c.Is("set") && len(c.Args) == 2:
			name := strings.TrimPrefix(c.Arg(0), "$")
			s.sets[name] = append(s.sets[name], assignment{sc, c.Arg(1)})
		case p.passes[c] != nil:
			sc.pass = c
		}
	}
	return sc
}

// index sorts the directives of a block by name; allow and deny are one list, in
// which the order counts.
func (sc *scope) index() {
	sc.own = map[string][]*conf.Directive{}
	for d := range conf.Children(sc.directive) {
		name := d.Name.Text
		switch {
		case d.Entry || name == "location" || name == "server":
			continue
		case name == "deny":
			name = "allow"
		case d.Is("set", "if", "rewrite", "return", "break"):
			sc.rules = append(sc.rules, d)
		}
		sc.own[name] = append(sc.own[name], d)
	}
}

// first is a directive of this very block with one of the names.
func (sc *scope) first(names ...string) *conf.Directive {
	for _, name := range names {
		if found := sc.own[name]; len(found) > 0 {
			return found[0]
		}
	}
	return nil
}

// inheritedAll is conf.InheritedAll, and inherited conf.Inherited, for a block
// of which much is asked.
func (sc *scope) inheritedAll(name string) []*conf.Directive {
	for ; sc != nil; sc = sc.outer {
		if found := sc.own[name]; len(found) > 0 {
			return found
		}
	}
	return nil
}

func (sc *scope) inherited(name string) *conf.Directive {
	if all := sc.inheritedAll(name); len(all) > 0 {
		return all[0]
	}
	return nil
}

// readName takes the arguments of location apart
// (ngx_http_core_module.c:ngx_http_core_location).
func (sc *scope) readName() {
	d := sc.directive
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
	sc.text = name
	switch modifier {
	case "=":
		sc.kind = isExact
	case "^~":
		sc.kind = isPrefixOnly
	case "~", "~*":
		sc.kind, sc.re = isRegex, compilePattern(name, modifier == "~*")
	default:
		sc.kind = isPrefix
		if strings.HasPrefix(name, "@") {
			sc.kind = isNamed
		}
	}
}

// add puts a location into this block; of two with one name nginx starts with
// none, so the first stays.
func (sc *scope) add(s *server, l *scope) {
	keep := func(to map[string]*scope) {
		if to[l.text] == nil {
			to[l.text] = l
		}
	}
	switch l.kind {
	case isExact:
		keep(sc.exact)
	case isPrefix, isPrefixOnly:
		keep(sc.prefixes)
		sc.longest = max(sc.longest, len(l.text))
	case isRegex:
		sc.regexes = append(sc.regexes, l)
	case isNamed:
		keep(s.named)
	}
}

// location is the location around an if or limit_except, or the server.
func (sc *scope) location() *scope {
	for sc.kind == isIf || sc.kind == isLimit {
		sc = sc.parent
	}
	return sc
}

// all gives this scope and those inside of it, in the order of the text.
func (sc *scope) all(yield func(*scope)) {
	yield(sc)
	var inside []*scope
	for _, m := range []map[string]*scope{sc.exact, sc.prefixes} {
		for _, l := range m {
			inside = append(inside, l)
		}
	}
	for _, l := range sc.inner {
		inside = append(inside, l)
	}
	inside = append(inside, sc.regexes...)
	order := map[*conf.Directive]int{}
	for c := range conf.Children(sc.directive) {
		order[c] = len(order)
	}
	slices.SortFunc(inside, func(a, b *scope) int { return order[a.directive] - order[b.directive] })
	for _, l := range inside {
		l.all(yield)
	}
}

// scopes gives every scope of a server, the named ones last.
func (s *server) scopes() []*scope {
	var all []*scope
	collect := func(sc *scope) { all = append(all, sc) }
	s.all(collect)
	for d := range conf.Children(s.directive) {
		if l := s.named[d.Arg(0)]; l != nil && l.directive == d {
			l.all(collect)
		}
	}
	return all
}
