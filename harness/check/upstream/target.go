package upstream

import (
	"fmt"
	"net/netip"
	"strconv"
	"strings"

	"badgateway/harness/nginx/conf"
)

// target is an address as it is written.
type target struct {
	Endpoint
	explicit bool // the port is written out
}

// IsName says whether the address is a host name, which must be looked up.
func (e Endpoint) IsName() bool {
	if e.Unix != "" || e.Host == "" {
		return false
	}
	_, err := netip.ParseAddr(e.Host)
	return err != nil
}

// IsLoopback says whether the address is this host's own by definition.
func (e Endpoint) IsLoopback() bool {
	ip, err := netip.ParseAddr(e.Host)
	return err == nil && ip.IsLoopback() || strings.EqualFold(e.Host, "localhost")
}

// defaultPorts are those of the schemes (ngx_http_proxy_module.c:ngx_http_proxy_pass,
// ngx_http_grpc_module.c:ngx_http_grpc_pass). The other protocols have none.
var defaultPorts = map[string]string{"http": "80", "https": "443", "grpc": "80", "grpcs": "443"}

// blockPort is the port of a server in an upstream block of http, whatever the
// scheme of the pass (ngx_http_upstream.c:ngx_http_upstream_server).
const blockPort = "80"

// authority cuts from the argument of a pass what does not bear on its address.
func authority(text string) string {
	scheme, rest, found := strings.Cut(text, "://")
	if !found || scheme == "unix" {
		return text
	}
	if strings.HasPrefix(rest, "unix:") {
		return text
	}
	if end := strings.IndexAny(rest, "/?"); end >= 0 {
		rest = rest[:end]
	}
	return scheme + "://" + rest
}

// parsePass reads the address of a pass; why says what is wrong with it.
func parsePass(p *Pass, text string) (to target, why string) {
	protocol := passes[p.Directive.Name.Text]
	scheme, rest, hasScheme := strings.Cut(text, "://")
	scheme, hasScheme = strings.ToLower(scheme), hasScheme && !strings.HasPrefix(text, "unix:")
	if scheme == "unix" { // unix://run/app.sock is unix: with a path
		rest, hasScheme = text, false
	}
	switch {
	case p.Stream:
		protocol, rest = streamProtocol(p.Chain), text
	case p.Directive.Is("proxy_pass"):
		if !hasScheme || scheme != "http" && scheme != "https" {
			return to, fmt.Sprintf("%q is no http:// or https:// address", text)
		}
		protocol = scheme
	case p.Directive.Is("grpc_pass") && hasScheme:
		protocol = scheme
	case p.Directive.Is("uwsgi_pass") && hasScheme:
		protocol = scheme
	case !hasScheme:
		rest = text
	}
	if !strings.HasPrefix(rest, "unix:") {
		if end := strings.IndexAny(rest, "/?"); end >= 0 {
			rest = rest[:end]
		}
	}
	return parseAddress(rest, protocol, defaultPorts[protocol])
}

// streamProtocol is what a server of a stream block speaks to its upstream: that
// of its listeners.
func streamProtocol(chain []*conf.Directive) string {
	listens := ServerListens(blockOf(chain, "server"), true)
	udp := len(listens) > 0
	for _, l := range listens {
		udp = udp && l.UDP
	}
	switch {
	case udp:
		return "udp"
	case conf.Inherited(chain, "proxy_ssl").Arg(0) == "on":
		return "tls"
	}
	return "tcp"
}

// parseAddress reads "host", "host:port", "[::1]:port" and "unix:/path[:uri]"
// (ngx_inet.c:ngx_parse_url).
func parseAddress(text, protocol, defaultPort string) (to target, why string) {
	to.Protocol = protocol
	if path, isUnix := strings.CutPrefix(text, "unix:"); isUnix {
		path, _, _ = strings.Cut(path, ":")
		if !strings.HasPrefix(path, "/") {
			return to, fmt.Sprintf("%q is no path of a socket", text)
		}
		to.Unix, to.Address = path, "unix:"+path
		return to, ""
	}
	host, port := text, ""
	if end := strings.LastIndex(text, "]"); end >= 0 && strings.HasPrefix(text, "[") {
		host, port = text[1:end], strings.TrimPrefix(text[end+1:], ":")
	} else if i := strings.LastIndexByte(text, ':'); i >= 0 {
		host, port = text[:i], text[i+1:]
	}
	if host == "" || strings.ContainsAny(host, "$ \t\r\n{}") {
		return to, fmt.Sprintf("%q names no host", text)
	}
	if n, err := strconv.Atoi(port); port != "" && (err != nil || n < 1 || n > 65535) {
		return to, fmt.Sprintf("%q has no valid port", text)
	}
	to.explicit = port != ""
	if port == "" {
		port = defaultPort
	}
	to.Host, to.Port = host, port
	to.Address = joinAddress(host, port)
	return to, ""
}

// joinAddress writes host and port as nginx logs them.
func joinAddress(host, port string) string {
	if strings.Contains(host, ":") {
		host = "[" + host + "]"
	}
	if port == "" {
		return host
	}
	return host + ":" + port
}
