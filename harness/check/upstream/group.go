package upstream

import (
	"strconv"
	"strings"

	"badgateway/harness/nginx/conf"
)

// readGroup reads an upstream block for peers that speak protocol.
func readGroup(block *conf.Directive, protocol string, stream bool) *Group {
	g := &Group{Name: block.Arg(0), Block: block}
	for d := range conf.Children(block) {
		switch {
		case d.Is("server") && len(d.Args) > 0:
			g.add(d, protocol, stream)
		case d.Is("keepalive"):
			g.Keepalive, _ = strconv.Atoi(d.Arg(0)) // nginx refuses what is no number
		case d.Is("zone"):
			g.Zone = true
		}
	}
	return g
}

// add adds a server directive (ngx_http_upstream.c:ngx_http_upstream_server).
func (g *Group) add(d *conf.Directive, protocol string, stream bool) {
	port := blockPort
	if stream {
		port = ""
	}
	to, why := parseAddress(d.Arg(0), protocol, port)
	if why != "" {
		return // nginx says so itself
	}
	p := Peer{Endpoint: to.Endpoint, Server: d}
	for _, a := range d.Args[1:] {
		switch {
		case a.Text == "backup":
			p.Backup = true
		case a.Text == "down":
			p.Down = true
		case a.Text == "resolve" || strings.HasPrefix(a.Text, "service="):
			p.Resolve = p.IsName()
		}
	}
	g.Peers = append(g.Peers, p)
}

// ServerHost is the host that a server directive of an upstream block names; ""
// for a unix socket and for what is no address.
func ServerHost(d *conf.Directive) string {
	to, _ := parseAddress(d.Arg(0), "", blockPort)
	return to.Host
}
