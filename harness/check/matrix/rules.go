package matrix

import (
	"net/netip"
	"slices"
	"strings"

	"badgateway/harness/check/result"
)

// rule says why a fault does not apply to a route, or nothing.
type rule func(result.Route) (whyNot string)

func notStream(r result.Route) string {
	if r.Stream {
		return "a stream server passes bytes on, whatever they are"
	}
	return ""
}

func overTLS(r result.Route) string {
	if !slices.Contains([]string{"https", "grpcs", "suwsgi"}, r.Protocol) {
		return "no TLS is spoken to the upstream"
	}
	return ""
}

// speaks is a rule for some protocols; other is what the others do instead.
func speaks(other string, protocols ...string) rule {
	return func(r result.Route) string {
		if !slices.Contains(protocols, r.Protocol) {
			return r.Protocol + " " + other
		}
		return ""
	}
}

func textHeaders(r result.Route) string {
	if r.Protocol == "grpc" || r.Protocol == "grpcs" {
		return "HTTP/2 has no such header field (RFC 9113, 8.1.1 and 8.2.1)"
	}
	return ""
}

func severalPeers(r result.Route) string {
	if len(live(r)) < 2 {
		return "there is only one server"
	}
	return ""
}

func named(r result.Route) string {
	if len(r.Hosts) == 0 && len(startHosts(r)) == 0 {
		return "the upstream is named by its address"
	}
	return ""
}

func namedAtRunTime(r result.Route) string {
	if len(r.Hosts) == 0 {
		return "no name is resolved at run time"
	}
	return ""
}

func webSocket(r result.Route) string {
	if !r.WebSocket {
		return "Upgrade is not forwarded"
	}
	return ""
}

// live are the peers that nginx may choose.
func live(r result.Route) []string {
	return slices.DeleteFunc(slices.Clone(r.Peers), func(peer string) bool { return slices.Contains(r.Down, peer) })
}

func isUnix(peer string) bool { return strings.HasPrefix(peer, "unix:") }

// hostName is the host of a peer that is named by one, else "".
func hostName(peer string) string {
	host, _, _ := strings.Cut(peer, "#")
	if i := strings.LastIndexByte(host, ':'); i >= 0 {
		host = host[:i]
	}
	if _, err := netip.ParseAddr(strings.Trim(host, "[]")); err == nil || isUnix(peer) || strings.EqualFold(host, "localhost") {
		return ""
	}
	return strings.ToLower(host)
}

// startHosts are the names that nginx looks up once, when it starts.
func startHosts(r result.Route) []string {
	var names []string
	for _, peer := range live(r) {
		name := hostName(peer)
		if name != "" && !slices.Contains(r.Hosts, name) && !slices.Contains(names, name) {
			names = append(names, name)
		}
	}
	return names
}
