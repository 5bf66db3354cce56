package program

import (
	"slices"
	"strconv"
	"strings"
)

// Label is a server's first name and port: "shop.example:443". Of several
// ports it is that of TLS, then the smallest, whatever their order.
func (s *Server) Label() string {
	name := "_"
	if d := s.First("server_name"); d != nil && d.Arg(0) != "" {
		name = d.Arg(0)
	}
	best, port := 1<<30, ""
	for _, l := range s.Listens {
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

// Label is a location as it is written: "/api", "= /", `~ \.php$`.
func (sc *Scope) Label() string {
	condition := ""
	for sc.Kind == IsIf || sc.Kind == IsLimit {
		condition = " " + strings.TrimSuffix(sc.Directive.Text(), " {") + condition
		sc = sc.Parent
	}
	switch sc.Kind {
	case IsServer:
		return "server" + condition
	case IsExact:
		return "= " + sc.Text + condition
	case IsPrefixOnly:
		return "^~ " + sc.Text + condition
	case IsRegex:
		if sc.Re.Fold {
			return "~* " + sc.Text + condition
		}
		return "~ " + sc.Text + condition
	}
	return sc.Text + condition
}

// Around are the locations that a location stands in.
func (sc *Scope) Around() string {
	var outer []string
	for parent := sc.Location().Parent; parent != nil && parent.Kind != IsServer; parent = parent.Parent {
		outer = append([]string{parent.Label()}, outer...)
	}
	return strings.Join(outer, " ")
}

// Names are all names and addresses of a server.
func Names(s *Server) string {
	var all []string
	for _, d := range slices.Concat(s.own["server_name"], s.own["listen"]) {
		for i := range d.Args {
			all = append(all, d.Arg(i))
		}
	}
	return strings.Join(all, " ")
}
