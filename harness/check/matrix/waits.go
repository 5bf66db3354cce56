package matrix

import (
	"slices"
	"strings"
	"time"

	"badgateway/harness/nginx/conf"
)

// defaults are nginx's own (ngx_http_proxy_module.c:ngx_http_proxy_merge_loc_conf
// and its like, ngx_http_core_module.c:ngx_http_core_merge_loc_conf), those of
// stream blocks beside them (ngx_stream_proxy_module.c).
var (
	defaults = map[Wait]time.Duration{Connect: 60 * time.Second, Send: 60 * time.Second, Read: 60 * time.Second,
		Resolve: 30 * time.Second, ClientBody: 60 * time.Second}
	streamDefaults = map[Wait]time.Duration{Connect: 60 * time.Second, Read: 10 * time.Minute, Resolve: 30 * time.Second}
)

// failTimeout is that of a server without one (ngx_http_upstream.c:ngx_http_upstream_server).
const failTimeout = 10 * time.Second

// directive is the name of the directive that sets a wait; "" where none does.
func (at site) directive(w Wait) string {
	switch {
	case w == Resolve:
		return string(w)
	case at.pass == nil || at.pass.Stream && (w == Send || w == ClientBody):
		return ""
	case w == ClientBody:
		return string(w)
	case at.pass.Stream && w == Read:
		return "proxy_timeout"
	}
	return at.module() + "_" + string(w)
}

// module is the prefix of the protocol's module: "proxy", "fastcgi".
func (at site) module() string {
	if at.pass == nil {
		return ""
	}
	name, _, _ := strings.Cut(at.pass.Directive.Name.Text, "_")
	return name
}

// value is a wait in the configuration's own time.
func (at site) value(w Wait) time.Duration {
	name := at.directive(w)
	if name == "" {
		return 0
	}
	if at.pass == nil {
		return defaults[w]
	}
	if d := conf.Inherited(at.pass.Chain, name); d != nil {
		if value, err := conf.ParseTimeIn(d.Arg(0), time.Millisecond); err == nil {
			return value
		}
	}
	if at.pass.Stream {
		return streamDefaults[w]
	}
	return defaults[w]
}

// hidesErrors says whether what nginx logs of the route's upstream cannot be
// read: it goes elsewhere, or only what is worse is logged.
func (at site) hidesErrors() bool {
	if at.pass == nil {
		return true
	}
	logs := conf.InheritedAll(at.pass.Chain, "error_log")
	if len(logs) == 0 {
		logs = slices.Collect(conf.Find(at.tree.Top(), "error_log"))
	}
	readable := func(d *conf.Directive) bool {
		elsewhere := d.Arg(0) == "/dev/null" || strings.HasPrefix(d.Arg(0), "syslog:") || strings.HasPrefix(d.Arg(0), "memory:")
		return !elsewhere && !slices.Contains([]string{"crit", "alert", "emerg"}, d.Arg(1))
	}
	return len(logs) > 0 && !slices.ContainsFunc(logs, readable)
}

// failTimeout is the shortest time for which a server of the route's upstream
// is left out after a failure; 0 where none ever is, or for no longer than the
// second in which it failed.
func (at site) failTimeout() time.Duration {
	if at.pass == nil {
		return 0
	}
	var all []time.Duration
	for _, g := range at.pass.Groups {
		if g.Block == nil || len(g.Peers) < 2 {
			continue // one server alone is never left out
		}
		for _, p := range g.Peers {
			if !p.Down {
				all = append(all, failTimeoutOf(p.Server))
			}
		}
	}
	if len(all) == 0 {
		return 0
	}
	return slices.Min(all)
}

// servers are how many nginx may try in the largest group of the route.
func (at site) servers() int {
	most := 0
	if at.pass == nil {
		return most
	}
	for _, g := range at.pass.Groups {
		of := 0
		for _, p := range g.Peers {
			if !p.Down {
				of++
			}
		}
		most = max(most, of)
	}
	return most
}

// failTimeoutOf is that of one server; 0 with max_fails=0.
func failTimeoutOf(server *conf.Directive) time.Duration {
	value := failTimeout
	if server == nil {
		return value
	}
	for _, a := range server.Args {
		if text, ok := strings.CutPrefix(a.Text, "fail_timeout="); ok {
			if d, err := conf.ParseTimeIn(text, time.Second); err == nil {
				value = d
			}
		}
		if a.Text == "max_fails=0" {
			return 0
		}
	}
	return value
}

// valid is how long the resolver keeps an address against its age in DNS.
func (at site) valid() time.Duration {
	if at.pass == nil {
		return 0
	}
	d := conf.Inherited(at.pass.Chain, "resolver")
	if d == nil {
		return 0
	}
	for _, a := range d.Args {
		if text, ok := strings.CutPrefix(a.Text, "valid="); ok {
			if value, err := conf.ParseTimeIn(text, time.Second); err == nil {
				return value
			}
		}
	}
	return 0
}

// cachedPage is how long a cache keeps a 502 or 504 that nginx made itself
// (ngx_http_upstream.c:ngx_http_upstream_finalize_request); 0 where none does.
func (at site) cachedPage() time.Duration {
	if at.pass == nil || at.pass.Stream {
		return 0
	}
	if zone := conf.Inherited(at.pass.Chain, at.module()+"_cache"); zone == nil || zone.Arg(0) == "off" {
		return 0
	}
	for _, d := range conf.InheritedAll(at.pass.Chain, at.module()+"_cache_valid") {
		codes := d.Args[:max(len(d.Args)-1, 0)]
		if slices.ContainsFunc(codes, func(a conf.Arg) bool { return slices.Contains([]string{"any", "502", "504"}, a.Text) }) {
			if value, err := conf.ParseTimeIn(d.Args[len(codes)].Text, time.Second); err == nil {
				return value
			}
		}
	}
	return 0
}
