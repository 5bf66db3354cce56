package route

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
)

// serverLabel is a server's first name and port: "shop.example:443". Of several
// ports it is that of TLS, then the smallest, whatever their order.
func serverLabel(s *server) string {
	name := "_"
	if d := s.first("server_name"); d != nil && d.Arg(0) != "" {
		name = d.Arg(0)
	}
	best, port := 1<<30, ""
	for _, l := range s.listens {
		if l.Unix != "" {
			if port == "" {
				port = "unix:" + l.Unix
			}
			continue
		}
		n, err := strconv.Atoi(l.Port)
		if err != nil {
			continue
		}
		rank := n
		if !l.TLS {
			rank += 1 << 20
		}
		if rank < best {
			best, port = rank, l.Port
		}
	}
	return name + ":" + port
}

// locationName is a location as it is written: "/api", "= /", `~ \.php$`.
func locationName(sc *scope) string {
	condition := ""
	for sc.kind == isIf || sc.kind == isLimit {
		condition = " " + strings.TrimSuffix(sc.directive.Text(), " {") + condition
		sc = sc.parent
	}
	switch sc.kind {
	case isServer:
		return "server" + condition
	case isExact:
		return "= " + sc.text + condition
	case isPrefixOnly:
		return "^~ " + sc.text + condition
	case isRegex:
		if sc.re.fold {
			return "~* " + sc.text + condition
		}
		return "~ " + sc.text + condition
	}
	return sc.text + condition
}

// name gives the routes their ids: what tells them apart is added only where
// needed, so that an id stays when other routes come and go.
func (p *Plan) name() {
	ids := make([]string, len(p.Routes))
	more := []func(i int) string{
		func(i int) string { return p.id(i, "", "") },
		func(i int) string { return p.id(i, "", around(p.tries[i].scope)) },
		func(i int) string { return p.id(i, names(p.tries[i].server), around(p.tries[i].scope)) },
	}
	for _, id := range more {
		count := map[string]int{}
		for _, known := range ids {
			count[known]++
		}
		for i := range ids {
			if ids[i] == "" || count[ids[i]] > 1 {
				ids[i] = id(i)
			}
		}
	}
	seen := map[string]int{}
	for i, id := range ids {
		if seen[id]++; seen[id] > 1 {
			id = fmt.Sprintf("%s #%d", id, seen[id])
		}
		p.Routes[i].ID = id
	}
}

func (p *Plan) id(i int, server, around string) string {
	r := p.Routes[i]
	if server == "" {
		server = r.Server
	}
	location := r.Location
	if !strings.HasPrefix(location, "/") || around != "" {
		location = " " + location
	}
	if around != "" {
		around = " " + around
	}
	return server + around + location + " -> " + r.Upstream
}

// around are the locations that a location stands in.
func around(sc *scope) string {
	var outer []string
	for parent := sc.location().parent; parent != nil && parent.kind != isServer; parent = parent.parent {
		outer = append([]string{locationName(parent)}, outer...)
	}
	return strings.Join(outer, " ")
}

// names are all names and addresses of a server.
func names(s *server) string {
	var all []string
	for _, d := range slices.Concat(s.own["server_name"], s.own["listen"]) {
		for i := range d.Args {
			all = append(all, d.Arg(i))
		}
	}
	return strings.Join(all, " ")
}
