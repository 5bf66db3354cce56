package upstream

import (
	"net/netip"
	"slices"
	"strconv"
	"strings"

	"badgateway/harness/nginx/conf"
)

// Listen is an address that the configuration listens on.
type Listen struct {
	// Directive is nil for the one that a server has without listen.
	Directive *conf.Directive
	Server    *conf.Directive
	// Addr is the zero Addr for a name, IsUnspecified for every address.
	Addr netip.Addr
	Name string // a host name in place of an address
	Port string
	// LastPort ends a range of ports that begins with Port; "" for a single one.
	LastPort string
	Unix     string
	// V4 says that a listener on every IPv6 address takes IPv4 as well.
	V4 bool
	// The parameters that matter to a client.
	TLS, UDP, QUIC, HTTP2, ProxyProtocol, Default, Stream bool
}

// Listens gives the listeners of every server in http and stream.
func Listens(t *conf.Tree) []Listen {
	var all []Listen
	for server, chain := range t.All() {
		if !server.Is("server") || !server.HasBlock || len(chain) == 0 || !chain[len(chain)-1].Is("http", "stream") {
			continue
		}
		all = append(all, ServerListens(server, inStream(chain))...)
	}
	return all
}

// ServerListens gives the listeners of one server.
func ServerListens(server *conf.Directive, stream bool) []Listen {
	var all []Listen
	for d := range conf.Find(conf.Children(server), "listen") {
		all = append(all, readListen(d, server, stream))
	}
	if len(all) == 0 && !stream { // ngx_http_core_module.c: *:80, for root
		all = append(all, Listen{Server: server, Addr: netip.IPv4Unspecified(), Port: "80"})
	}
	return all
}

// readListen reads one listen directive (ngx_http_core_module.c:ngx_http_core_listen).
func readListen(d, server *conf.Directive, stream bool) Listen {
	l := Listen{Directive: d, Server: server, Stream: stream, Port: "80"}
	has := func(words ...string) bool {
		return slices.ContainsFunc(d.Args[min(1, len(d.Args)):], func(a conf.Arg) bool { return slices.Contains(words, a.Text) })
	}
	l.TLS, l.UDP, l.QUIC = has("ssl"), has("udp"), has("quic")
	l.HTTP2, l.ProxyProtocol, l.Default = has("http2"), has("proxy_protocol"), has("default_server", "default")
	l.V4 = has("ipv6only=off")
	text := d.Arg(0)
	if path, isUnix := strings.CutPrefix(text, "unix:"); isUnix {
		l.Unix, l.Port = path, ""
		return l
	}
	host, port := text, ""
	if strings.HasPrefix(text, "[") {
		end := strings.LastIndex(text, "]")
		host, port = text[1:max(1, end)], strings.TrimPrefix(text[end+1:], ":")
	} else if i := strings.LastIndexByte(text, ':'); i >= 0 {
		host, port = text[:i], text[i+1:]
	} else if isPort(text) {
		host, port = "*", text
	}
	if port != "" {
		l.Port, l.LastPort, _ = strings.Cut(port, "-")
	}
	switch addr, err := netip.ParseAddr(host); {
	case host == "*" || host == "":
		l.Addr = netip.IPv4Unspecified()
	case err == nil:
		l.Addr = addr
	default:
		l.Name = host
	}
	return l
}

// isPort says whether text is a port or a range of them.
func isPort(text string) bool {
	return text != "" && strings.Trim(text, "0123456789-") == ""
}

// holds says whether port is one of the listener's.
func (l Listen) holds(port string) bool {
	if l.LastPort == "" {
		return l.Port == port
	}
	first, err1 := strconv.Atoi(l.Port)
	last, err2 := strconv.Atoi(l.LastPort)
	n, err3 := strconv.Atoi(port)
	return err1 == nil && err2 == nil && err3 == nil && first <= n && n <= last
}

// distinct are the listeners that differ in what they accept.
func distinct(all []Listen) []Listen {
	seen := map[Listen]bool{}
	return slices.DeleteFunc(all, func(l Listen) bool {
		key := Listen{Addr: l.Addr, Name: l.Name, Port: l.Port, LastPort: l.LastPort, Unix: l.Unix, V4: l.V4, UDP: l.UDP, QUIC: l.QUIC}
		again := seen[key]
		seen[key] = true
		return again
	})
}

// own says whether a connection to e arrives at this configuration again.
func (f *finder) own(e Endpoint) bool {
	return slices.ContainsFunc(f.listens, func(l Listen) bool { return l.accepts(e) })
}

// accepts says whether a connection to e arrives here. An address that is not
// this host's by definition does only where listen names it.
func (l Listen) accepts(e Endpoint) bool {
	switch {
	case l.UDP || l.QUIC:
		return false
	case l.Unix != "" || e.Unix != "":
		return l.Unix == e.Unix
	case !l.holds(e.Port):
		return false
	case strings.EqualFold(l.Name, e.Host) && l.Name != "":
		return true
	}
	ip, err := netip.ParseAddr(e.Host)
	if err != nil {
		if !e.IsLoopback() {
			return false
		}
		ip = netip.AddrFrom4([4]byte{127, 0, 0, 1})
	}
	if ip.IsUnspecified() { // Linux takes it for this host
		ip = netip.AddrFrom4([4]byte{127, 0, 0, 1})
	}
	if l.Name == "localhost" {
		return ip.IsLoopback()
	}
	if l.Addr.IsUnspecified() {
		return ip.IsLoopback() && (ip.Is4() == l.Addr.Is4() || ip.Is4() && l.V4)
	}
	return l.Addr == ip
}
