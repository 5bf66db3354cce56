package program

import (
	"slices"
	"strings"

	"badgateway/harness/nginx/conf"
)

// Naming is a directive that sends requests to a location which only nginx
// itself can ask for: error_page, try_files, auth_request, a rewrite. Nil for
// every other location, and where there is none.
func (s *Server) Naming(sc *Scope) *conf.Directive {
	if s.Named == nil {
		return nil // of a stream
	}
	home := sc.Location()
	if !sc.Hidden() {
		return nil
	}
	leads := func(d *conf.Directive) bool {
		if d.HasBlock || d.Entry || len(d.Args) == 0 {
			return false
		}
		to, _, _ := strings.Cut(strings.TrimPrefix(d.Arg(len(d.Args)-1), "="), "?")
		if d.Is("rewrite") {
			to, _, _ = strings.Cut(d.Arg(1), "?")
		}
		switch home.Kind {
		case IsNamed, IsExact:
			return to == home.Text
		case IsRegex:
			return strings.HasPrefix(to, "/") && home.Re.Matches(to)
		}
		return strings.HasPrefix(to, home.Text)
	}
	for _, in := range s.Scopes() {
		for d := range conf.Children(in.Directive) {
			if in.Directive != home.Directive && !d.Is("root", "alias", "proxy_pass") && leads(d) {
				return d
			}
		}
	}
	return nil
}

// coded are directives whose own code decides what becomes of a request; the
// rest of their names follows (access_by_lua_block).
var coded = []string{"server_rewrite_by_lua", "rewrite_by_lua", "access_by_lua", "content_by_lua", "js_content", "js_access", "perl", "auth_pam", "auth_ldap", "auth_jwt", "modsecurity"}

// Code is the nearest directive around a block whose own code may answer a
// request before it is passed on; nil: there is none.
func (sc *Scope) Code() *conf.Directive {
	for ; sc != nil; sc = sc.outer {
		for d := range conf.Children(sc.Directive) {
			is := func(name string) bool { return d.Name.Text == name || strings.HasPrefix(d.Name.Text, name+"_") }
			if !d.Entry && d.Arg(0) != "off" && slices.ContainsFunc(coded, is) {
				return d
			}
		}
	}
	return nil
}
