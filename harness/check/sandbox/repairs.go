package sandbox

import (
	"context"
	"fmt"
	"strings"

	"badgateway/harness/check/config"
	"badgateway/harness/check/result"
	"badgateway/harness/lazyregexp"
	"badgateway/harness/nginx"
	"badgateway/harness/pod"
)

// repairs are what nginx asked for on its starts.
type repairs struct {
	driver pod.Driver
	build  nginx.Build
	config *config.Config
	about  nginx.About
	tried  map[string]bool
	files  map[string][]byte // of modules, nil for one that is not there
	apply  []func(*plan)     // in front of each next plan
}

// begin gives a plan what nginx asked for so far.
func (r *repairs) begin(p *plan) {
	for _, apply := range r.apply {
		apply(p)
	}
}

// remedy is what helps against a line of nginx: a pattern of it, and a repair
// made of the pattern's groups. A repair that returns nil cannot help.
type remedy struct {
	line   *lazyregexp.Regexp
	repair func(ctx context.Context, r *repairs, m []string, at result.Place) func(*plan)
}

// remedies are tried in order.
var remedies = []remedy{
	{lazyregexp.New(`^host not found in (?:upstream|resolver|"[^"]*"|set_real_ip_from)? ?"([^"]+)"`), addHost},
	{lazyregexp.New(`^host not found in "([^"]+)" of the "listen" directive`), addHost},
	{lazyregexp.New(`^getpwnam\("([^"]+)"\) failed`), addUser},
	{lazyregexp.New(`^getgrnam\("([^"]+)"\) failed`), addUser},
	{lazyregexp.New(`^mkdir\(\) "([^"]+)" failed`), addParent},
	{lazyregexp.New(`^open\(\) "([^"]+)" failed`), addParent},
	{unknownDirective, loadModule},
	{lazyregexp.New(`^dlopen\(\) .*undefined symbol: (ngx_stream|ndk)_`), loadBase},
	{lazyregexp.New(`^dlopen\(\) "([^"]+)" failed`), putModule},
	{bound, addAddress},
}

var bound = lazyregexp.New(`^bind\(\) to (\S+) failed`)

// mend finds a remedy for a line. The error is nginx's own word where there is
// none, or where it did not help.
func (r *repairs) mend(ctx context.Context, l nginx.Line) error {
	at := r.place(l)
	if !r.tried[l.Message] && r.config.Repair(l.Message, at) {
		r.tried[l.Message] = true
		return nil
	}
	for _, m := range remedies {
		groups := m.line.FindStringSubmatch(l.Message)
		if groups == nil || r.tried[l.Message] {
			continue
		}
		if apply := m.repair(ctx, r, groups, at); apply != nil {
			r.tried[l.Message] = true
			r.apply = append(r.apply, apply)
			return nil
		}
	}
	return r.give(l, at)
}

// place is where the owner finds what a line is about: where the line says, or
// else the directive with the words that it quotes.
func (r *repairs) place(l nginx.Line) result.Place {
	if l.File != "" {
		return r.config.PlaceOf(l.File, l.FileLine)
	}
	words := allQuoted(l.Message)
	if m := bound.FindStringSubmatch(l.Message); m != nil {
		words = []string{m[1]}
	}
	for _, word := range words {
		for d := range r.config.Tree.All() {
			for i := range d.Args {
				if arg := d.Arg(i); arg == word || arg != "" && strings.HasSuffix(word, "/"+arg) {
					return r.config.Place(d)
				}
			}
		}
	}
	if d := blame(r.config.Tree, l.Message); d != nil {
		return r.config.Place(d)
	}
	return result.Place{File: r.config.Path}
}

// supplyAt notes a thing that nginx asked for.
func (p *plan) supplyAt(kind result.SuppliedKind, name, note string, at result.Place) {
	if key := string(kind) + " " + name; !p.said[key] {
		p.said[key] = true
		p.supplied = append(p.supplied, result.Supplied{Kind: kind, Name: name, Note: note, For: at})
	}
}

func addHost(_ context.Context, _ *repairs, m []string, at result.Place) func(*plan) {
	name := hostOnly(m[1])
	if !validName(name) {
		return nil
	}
	return func(p *plan) {
		if ip, ok := p.hosts.address(name); ok {
			p.supplyAt(result.SuppliedHost, name, ip.String(), at)
		}
	}
}

func addUser(_ context.Context, _ *repairs, m []string, at result.Place) func(*plan) {
	return func(p *plan) {
		p.users = append(p.users, m[1])
		p.supplyAt(result.SuppliedUser, m[1], "", at)
	}
}

// addParent makes the directory of a file that nginx could not make.
func addParent(_ context.Context, _ *repairs, m []string, at result.Place) func(*plan) {
	dir := m[1][:strings.LastIndexByte(m[1], '/')+1]
	if dir == "" || dir == "/" {
		return nil
	}
	dir = strings.TrimSuffix(dir, "/")
	return func(p *plan) {
		p.put(pod.File{Path: dir, Dir: true, Mode: 0o777})
		p.supplyAt(result.SuppliedDirectory, dir, "empty", at)
	}
}

func addAddress(_ context.Context, _ *repairs, m []string, _ result.Place) func(*plan) {
	host := hostOnly(m[1])
	return func(p *plan) { p.lookUp(host, nil) }
}

// give is the end: nginx's own words at the owner's line, and how to go on.
func (r *repairs) give(l nginx.Line, at result.Place) error {
	msg := l.Message
	if l.ErrText != "" {
		msg = fmt.Sprintf("%s (%d: %s)", msg, l.Errno, l.ErrText)
	}
	if l.SSL != "" {
		msg += " (SSL: " + l.SSL + ")"
	}
	next := r.advice(l)
	if made := r.config.MadeAt(at); made != "" {
		next += "\n  " + made
	}
	return &config.InputError{Place: at, Msg: "nginx: " + msg, Next: next}
}
