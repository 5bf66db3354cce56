package upstream

import (
	"fmt"
	"strings"

	"badgateway/harness/nginx/conf"
)

// FallbackHost is the Host of the sample request to a server without a name
// that a client could send.
const FallbackHost = "gateway.example"

// blockOf is the innermost block of a chain that has one of the names.
func blockOf(chain []*conf.Directive, names ...string) *conf.Directive {
	for i := len(chain) - 1; i >= 0; i-- {
		if chain[i].Is(names...) {
			return chain[i]
		}
	}
	return nil
}

// Host is the name by which the sample request asks for a server: the first
// one that a client can send, a regular expression's and a wildcard's sample.
func Host(server *conf.Directive) string {
	for _, name := range Names(server) {
		return name
	}
	return FallbackHost
}

// Names are names that a client can ask for a server by, one for each in
// server_name that has one.
func Names(server *conf.Directive) []string {
	var names []string
	for d := range conf.Find(conf.Children(server), "server_name") {
		for i := range d.Args {
			if name := hostOf(d.Arg(i)); name != "" {
				names = append(names, name)
			}
		}
	}
	return names
}

// hostOf is a name that matches one argument of server_name; empty when it
// matches none that a client sends.
func hostOf(name string) string {
	switch {
	case strings.HasPrefix(name, "~"):
		sample, ok := Sample(strings.TrimPrefix(strings.TrimPrefix(name, "~"), "*"))
		if !ok || !isHost(sample.Text) {
			return ""
		}
		return sample.Text
	case name == "$hostname", strings.Contains(name, "$"):
		return ""
	case strings.HasPrefix(name, "*."):
		return "www" + name[1:]
	case strings.HasPrefix(name, "."):
		return name[1:]
	case strings.HasSuffix(name, ".*"):
		return strings.TrimSuffix(name, "*") + "example"
	case !isHost(name):
		return ""
	}
	return name
}

// isHost says whether text can stand in a Host header and is not the "_" that
// configurations name a server by that nobody asks for.
func isHost(text string) bool {
	return text != "" && text != "_" && strings.Trim(strings.ToLower(text), "abcdefghijklmnopqrstuvwxyz0123456789.-_:[]") == ""
}

// Path is the path of the sample request for a location, before any rewrite;
// of a named location, and outside of locations, "/".
func Path(chain []*conf.Directive) string {
	location := blockOf(chain, "location")
	switch modifier, pattern := location.Arg(0), location.Arg(1); {
	case location == nil || strings.HasPrefix(modifier, "@"):
		return "/"
	case modifier == "~" || modifier == "~*":
		return samplePath(pattern)
	case modifier == "=" || modifier == "^~":
		return rooted(pattern)
	case strings.HasPrefix(modifier, "~"): // ~*pattern written together
		return samplePath(strings.TrimLeft(modifier, "~*"))
	default:
		return rooted(strings.TrimLeft(modifier, "=^~"))
	}
}

// samplePath is a path that matches a regular expression. What may begin
// anywhere begins behind a word, so that no rule for hidden files meets it.
func samplePath(pattern string) string {
	sample, _ := Sample(pattern)
	if strings.HasPrefix(sample.Text, "/") {
		return sample.Text
	}
	return "/a" + sample.Text
}

func rooted(path string) string {
	if !strings.HasPrefix(path, "/") {
		return "/" + path
	}
	return path
}

// request is what the sample request to a server has.
type request struct {
	at   Listen
	host string
	name string // the first of server_name
}

// requestTo is the sample request to a server: by TLS where it has it.
func (v *Vars) requestTo(server *conf.Directive, stream bool) request {
	r, known := v.requests[server]
	if known {
		return r
	}
	for i, l := range ServerListens(server, stream) {
		if i == 0 || l.TLS && !r.at.TLS {
			r.at = l
		}
	}
	r.host, r.name = Host(server), conf.First(conf.Children(server), "server_name").Arg(0)
	v.requests[server] = r
	return r
}

// builtin is the value that nginx's own variable has for the sample request
// (ngx_http_variables.c, ngx_stream_variables.c).
func (e *evaluation) builtin(name string) (string, bool) {
	r := e.vars.requestTo(blockOf(e.chain, "server"), inStream(e.chain))
	scheme, https := "http", ""
	if r.at.TLS {
		scheme, https = "https", "on"
	}
	switch name {
	case "scheme", "https", "server_port":
		e.scheme = scheme
	}
	switch name {
	case "host", "ssl_server_name", "ssl_preread_server_name":
		return r.host, true
	case "http_host":
		return r.host + nonStandard(r.at), true
	case "server_name":
		return r.name, true
	case "hostname":
		return "gateway", true
	case "scheme":
		return scheme, true
	case "https":
		return https, true
	case "server_port":
		return r.at.Port, true
	case "server_addr":
		if r.at.Addr.IsValid() && !r.at.Addr.IsUnspecified() {
			return r.at.Addr.String(), true
		}
		return "127.0.0.1", true
	case "remote_addr", "proxy_protocol_addr", "realip_remote_addr":
		return "127.0.0.1", true
	case "uri", "request_uri", "document_uri":
		return Path(e.chain), true
	case "args", "query_string", "is_args":
		return "", true
	case "request_method":
		return "GET", true
	case "server_protocol":
		return "HTTP/1.1", true
	}
	for _, prefix := range []string{"http_", "arg_", "cookie_", "sent_http_", "upstream_", "ssl_", "geoip_", "jwt_"} {
		if strings.HasPrefix(name, prefix) {
			e.missing(fmt.Sprintf("the request alone decides what $%s is", name))
			return "", false
		}
	}
	return "", false
}

// nonStandard is the port of a Host header where it is not the scheme's own.
func nonStandard(l Listen) string {
	if l.Port == "" || l.Port == "80" && !l.TLS || l.Port == "443" && l.TLS {
		return ""
	}
	return ":" + l.Port
}
