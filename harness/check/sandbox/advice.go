package sandbox

import (
	"cmp"
	"fmt"
	"strings"

	"badgateway/harness/lazyregexp"
	"badgateway/harness/nginx"
	"badgateway/harness/pod"
)

var unknownDirective = lazyregexp.New(`^unknown directive "([^"]+)"`)

var invalidParameter = lazyregexp.New(`^invalid parameter "([a-z0-9_]+)`)

// advice is how to go on with what cannot be supplied.
func (r *repairs) advice(l nginx.Line) string {
	if m := unknownDirective.FindStringSubmatch(l.Message); m != nil {
		return r.adviseDirective(m[1])
	}
	if m := invalidParameter.FindStringSubmatch(l.Message); m != nil {
		if since := newerParameters[m[1]]; since != "" && r.older(since) {
			return r.wants(m[1], since)
		}
		if instead := goneParameters[m[1]]; instead != "" {
			return m[1] + " is a parameter that nginx no longer has: write " + instead + " in a copy of the configuration"
		}
	}
	switch {
	case l.Errno == 12, strings.HasSuffix(l.Message, " exited on signal 9"): // ENOMEM, or the kernel's way where it was promised before
		return fmt.Sprintf("a pod has %d MB of memory: ask for less in a copy of the configuration", pod.DefaultMemory>>20)
	case strings.HasPrefix(l.Message, `"aio on" is unsupported`):
		return "aio on needs an nginx that is built --with-file-aio, and this one (" + r.version() +
			", as all of Debian's) is not: leave it out in a copy, or try --nginx image:NAME"
	case strings.HasPrefix(l.Message, "no port in upstream "):
		return "in a stream block, and for FastCGI and the like, an address has no port of its own: write HOST:PORT"
	case l.Message == "invalid URL prefix":
		return "the address has no http:// or https:// in front: if a script replaces the word, check what it makes of the text"
	case strings.HasPrefix(l.Message, "dlopen()"):
		return r.without("the module " + quoted(l.Message) + " is a file that")
	case strings.Contains(l.Message, "is not binary compatible"), strings.HasPrefix(l.Message, "module ") && strings.Contains(l.Message, " version "):
		return "run it on the nginx that the module was built for: --nginx image:NAME"
	}
	missing := l.Errno == 2 || strings.HasPrefix(l.Message, "GeoIP") || strings.Contains(l.Message, "ENOENT")
	if file := quoted(l.Message); file != "" && missing {
		return "only you can have " + file + ": put it where the configuration names it, below the directory that stands for /etc/nginx (--root DIR)"
	}
	return "nginx -t of " + r.about.Product + " " + r.version() + " says the same: mend the line, or choose another nginx with --nginx"
}

// newer are directives that a later version of nginx brought (CHANGES).
var newer = map[string]string{
	"http2": "1.25.1", "http3": "1.25.0", "http3_hq": "1.25.0", "quic_retry": "1.25.0", "quic_gso": "1.25.0", "quic_bpf": "1.25.0",
	"ssl_reject_handshake": "1.19.4", "proxy_cookie_flags": "1.19.3", "ssl_conf_command": "1.19.4", "grpc_ssl_conf_command": "1.19.4",
	"proxy_ssl_conf_command": "1.19.4", "userid_flags": "1.19.3", "keepalive_time": "1.19.10", "auth_delay": "1.17.10",
	"limit_req_dry_run": "1.17.1", "limit_conn_dry_run": "1.17.6", "internal_redirect": "1.23.4", "keepalive_min_timeout": "1.27.4",
	"ssl_certificate_cache": "1.27.4", "proxy_pass_trailers": "1.27.2", "grpc_socket_keepalive": "1.15.6", "mgmt": "1.27.3",
	"proxy_limit_rate": "1.7.7", "ssl_early_data": "1.15.3", "ssl_ech_file": "1.29.4", "early_hints": "1.29.0", "max_headers": "1.29.8",
	"sticky": "1.29.6", "tunnel_pass": "1.31.0",
}

// newerParameters are parameters that a later version brought.
var newerParameters = map[string]string{"quic": "1.25.0", "resolve": "1.27.3", "service": "1.27.3", "min_free": "1.19.1", "multipath": "1.31.0"}

// goneParameters are parameters of listen that a version took away, and what is
// in their place.
var goneParameters = map[string]string{"spdy": "http2", "http3": "quic"}

// removed are directives that nginx no longer has, with the version that left
// them out and a suite whose nginx still has them.
var removed = map[string][2]string{"ssl": {"1.25.1", "debian:bookworm"}, "limit_zone": {"1.7.6", "image:NAME"}}

// adviseDirective says what an unknown directive wants.
func (r *repairs) adviseDirective(name string) string {
	if since := newer[name]; since != "" && r.older(since) {
		return r.wants(name, since)
	}
	if gone, was := removed[name]; was && !r.older(gone[0]) {
		return fmt.Sprintf("nginx %s took %s away and this one is %s: try --nginx %s", gone[0], name, r.version(), gone[1])
	}
	if f, known := moduleOf(name); known && f.module == plus {
		return fmt.Sprintf("%s is a directive of NGINX Plus, which this nginx (%s) is not: leave it out in a copy, or try --nginx image:NAME", name, r.version())
	} else if known {
		return r.without(name + " needs the module " + f.module + ", which")
	}
	return fmt.Sprintf("nginx %s knows no %q: correct it, or run the nginx that knows it (--nginx image:NAME)", r.version(), name)
}

// without says that this nginx lacks a module.
func (r *repairs) without(what string) string {
	return what + " this nginx (" + r.version() + ") lacks: try --nginx image:NAME with an image that has it"
}

func (r *repairs) version() string {
	return cmp.Or(r.about.Version.String(), r.build.Version)
}

// older says whether this nginx is known to be older than since.
func (r *repairs) older(since string) bool {
	inside, err := r.about.Nginx.Within(since, "")
	return err == nil && !inside && !r.about.Nginx.IsZero()
}

// wants says that a newer nginx is needed.
func (r *repairs) wants(what, since string) string {
	return fmt.Sprintf("%s needs nginx %s or later and this one is %s: try --nginx debian:forky", what, since, r.version())
}

// quoted is the text in the first quotes.
func quoted(text string) string {
	if all := allQuoted(text); len(all) > 0 {
		return all[0]
	}
	return ""
}

// allQuoted are the texts in quotes that are not empty.
func allQuoted(text string) (all []string) {
	parts := strings.Split(text, `"`)
	for i := 1; i < len(parts); i += 2 {
		if parts[i] != "" {
			all = append(all, parts[i])
		}
	}
	return all
}
