package config

import (
	"path"
	"slices"
	"strings"

	"badgateway/harness/lazyregexp"
	"badgateway/harness/nginx/conf"
)

// role is what an include holds by its name: settings, and no route. nginx
// passes the same requests on without them.
type role struct {
	words *lazyregexp.Regexp // of the file's name, or else of its directory's
	what  string
	file  string // in standard; "": empty, and filled as nginx asks
}

// roleTLS is the role whose files get a certificate where a server has none.
const roleTLS = "TLS settings"

var tlsWords = words("ssl", "tls", "https-params", "certs?", "certificates?", "dhparams?", "hsts", "self-?signed")

// roles are tried in order. Names are in small letters, their words joined by
// "-", without what they end on.
var roles = []role{
	{words("server-names?"), "a server_name", ""},
	{words("listen", "listeners?", "ports?"), "ports", ""},
	{words("upstreams?"), "upstreams", ""},
	{tlsWords, roleTLS, ""},
	{words("fastcgi", "php-fastcgi", "fcgi"), "FastCGI parameters", "fastcgi.conf"},
	{words("uwsgi"), "uwsgi parameters", "uwsgi_params"},
	{words("proxy", "proxy-?params", "websockets?"), "proxy headers", "proxy_params"},
	{words("resolvers?", "dns"), "a resolver", "resolver.conf"},
	{words("allow", "deny", "allow-?list", "white-?lists?", "black-?lists?", "block-?lists?", "block", "blocked", "bans?", "banned", "abuse",
		"ips?", "real-?ips?", "cloudflare", "bots?", "crawlers", "uas?", "user-?agents?", "referr?ers?", "geo", "geoip", "robots"), "lists of clients", ""},
	{words("limits?", "rates?", "rate-?limit(?:s|ing)?", "throttl(?:e|ing)", "ddos", "timeouts?", "buffers?", "keepalive"), "limits", ""},
	{words("logs?", "logging", "log-?formats?", "access-?logs?", "error-?logs?"), "logs", ""},
	{words("gzip", "brotli", "zstd", "compress(?:ion)?", "cache", "caching", "expires", "mime", "mime-?types?", "charset",
		"performance", "tuning", "optimi[sz]ations?"), "compression and caches", ""},
	{words("security", "headers?", "csp", "cors", "hardening", "errors?", "error-?pages?"), "headers and error pages", ""},
	{words("letsencrypt", "lets-encrypt", "acme", "certbot", "well-known"), "the challenge of certificates", ""},
	{words("maps?", "vars?", "variables?", "env", "envsubst"), "variables", ""},
	{words("basic-?auth", "auth-?basic", "htpasswd"), "passwords", ""},
	{words("modules?", "dynamic-modules?"), "modules", ""},
}

// routes are words of files that may pass requests on: no role makes up for them.
var routes = words("locations?", "sites?", "vhosts?", "hosts?", "apps?", "apis?", "routes?", "routing", "backends?", "services?", "servers?", "redirects?", "rewrites?",
	"reverse-?prox(?:y|ies)", "gateways?", "^default$")

// settings are words on which names of settings end, whatever else they name:
// server_variables.conf, api-limits.conf.
var settings = lazyregexp.New(`(?:^|-)(?:headers?|vars?|variables?|maps?|limits?|rate-?limits?|timeouts?|buffers?|logs?|logging|log-?formats?|csp|cors|hsts|gzip)$`)

// wellKnown are collections whose files hold settings and no route to an upstream.
var wellKnown = words("h5bp", "nginxconfig-io")

func words(all ...string) *lazyregexp.Regexp {
	return lazyregexp.New(`(?:^|-)(?:` + strings.Join(all, "|") + `)(?:-|$)`)
}

// roleOf is what the name of an include tells.
func roleOf(name string) (role, bool) {
	parts := strings.Split(strings.Trim(name, "/"), "/")
	file := inWords(strings.TrimSuffix(parts[len(parts)-1], path.Ext(name)))
	if role, ok := roleOfWords(file); ok || routes.MatchString(file) {
		return role, ok
	}
	dirs := parts[:len(parts)-1]
	if slices.ContainsFunc(dirs, func(dir string) bool { return wellKnown.MatchString(inWords(dir)) }) {
		return role{what: "common settings"}, true
	}
	if len(dirs) == 0 {
		return role{}, false
	}
	return roleOfWords(inWords(dirs[len(dirs)-1]))
}

func roleOfWords(name string) (role, bool) {
	for _, r := range roles {
		if r.words.MatchString(name) && (r.what == roles[0].what || !routes.MatchString(name) || settings.MatchString(name)) {
			return r, true
		}
	}
	return role{}, false
}

// inWords is a name with its words apart.
func inWords(name string) string {
	return strings.Trim(strings.Map(func(r rune) rune {
		if r == '_' || r == '.' || r == ' ' {
			return '-'
		}
		return r
	}, strings.ToLower(name)), "-")
}

// withoutTwice takes from what stands in for absent includes the header fields
// that a block with such an include sets itself: nginx would send both. It tells
// whether there were any. A file that everybody has the same of stays.
func (s *source) withoutTwice(block []*conf.Directive) (changed bool) {
	for _, in := range block {
		if name := clean(absoluteTo(path.Dir(s.main), in.Arg(0))); in.Included && s.vacant[name] {
			for _, own := range block {
				changed = own.Is("proxy_set_header") && s.drop(name, own.Arg(0)) || changed
			}
		}
		changed = s.withoutTwice(in.Block) || changed
	}
	return changed
}

// drop takes the header field out of a file that stands in.
func (s *source) drop(file, field string) bool {
	text := string(s.files[file])
	var kept strings.Builder
	for line := range strings.Lines(text) {
		if words := strings.Fields(line); len(words) < 2 || words[0] != "proxy_set_header" || !strings.EqualFold(words[1], field) {
			kept.WriteString(line)
		}
	}
	s.files[file] = []byte(kept.String())
	return kept.Len() < len(text)
}

// standIn is what nginx reads in the place of an include that is not there: by
// its name, or nothing where the owner wants so.
func (s *source) standIn(name string) (text, note string, ok bool) {
	r, named := roleOf(name)
	switch {
	case named:
		note = "as its name tells of " + r.what
	case !s.empty:
		return "", "", false
	}
	s.vacant[name] = true
	if r.what == roleTLS {
		s.tls = append(s.tls, name)
	}
	if r.file == "" {
		return "", strings.TrimSuffix("empty, "+note, ", "), true
	}
	data, err := standardFiles.ReadFile("standard/" + r.file)
	return string(data), "the usual ones, " + note, err == nil
}
