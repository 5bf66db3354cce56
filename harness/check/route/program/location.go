package program

import "strings"

// Find is the location that nginx chooses for a normalised path; nil when the
// server itself answers. redirect says that it answers 301 with a slash added
// (ngx_http_core_module.c:ngx_http_core_find_location).
func (s *Server) Find(path string) (chosen *Scope, redirect bool) {
	f := finder{path: path}
	f.in(s.Scope)
	return f.chosen, f.found == redirected
}

// The answers of the search: ngx_http_core_find_location's return codes.
type found int

const (
	declined   found = iota // NGX_DECLINED
	inclusive               // NGX_AGAIN: a prefix, a regex may be better
	final                   // NGX_OK
	redirected              // NGX_DONE: the prefix without its slash
)

type finder struct {
	path   string
	chosen *Scope
	found  found
}

// in searches the locations of one block.
func (f *finder) in(sc *Scope) {
	prefixOnly := false
	f.found = f.static(sc)
	if f.found == inclusive {
		here := f.chosen
		prefixOnly = here.Kind == IsPrefixOnly
		f.in(here)
	}
	if f.found == final || f.found == redirected || prefixOnly {
		return
	}
	if i := sc.patterns.First(f.path); i >= 0 {
		f.chosen = sc.regexes[i]
		f.in(f.chosen)
		f.found = final
	}
}

// static searches exact and prefix locations
// (ngx_http_core_find_static_location).
func (f *finder) static(sc *Scope) found {
	if l := sc.exact[f.path]; l != nil {
		f.chosen = l
		return final
	}
	for n := min(len(f.path), sc.longest); n > 0; n-- {
		if l := sc.prefixes[f.path[:n]]; l != nil {
			if f.slash(sc) {
				return redirected
			}
			f.chosen = l
			return inclusive
		}
	}
	if f.slash(sc) {
		return redirected
	}
	return declined
}

// slash tells whether the path is a passing location but for its final slash,
// and no location by itself (auto_redirect).
func (f *finder) slash(sc *Scope) bool {
	if strings.HasSuffix(f.path, "/") || sc.prefixes[f.path] != nil {
		return false
	}
	l := sc.exact[f.path+"/"]
	if l == nil {
		l = sc.prefixes[f.path+"/"]
	}
	if l == nil || l.Pass == nil {
		return false
	}
	f.chosen = l
	return true
}
