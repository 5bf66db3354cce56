package walk

import (
	"net/url"
	"regexp"
	"strings"

	"badgateway/harness/check/route/draft"
	"badgateway/harness/check/route/pattern"
	"badgateway/harness/check/route/program"
	"badgateway/harness/nginx/conf"
)

// mender collects drafts in which a text passes a test.
type mender struct {
	*walker
	drafts []draft.Draft
	steps  int
}

// What one condition may cost: drafts, and variables looked at.
const (
	maxMended      = 8
	maxMenderSteps = 400
)

func (m *mender) edit(change func(*draft.Draft)) {
	if len(m.drafts) < maxMended {
		m.drafts = append(m.drafts, m.draft.With(change))
	}
}

// text mends a text: one variable, or each of several in turn.
func (m *mender) text(text string, t pattern.Test, depth int) {
	parts := program.Split(text)
	if m.steps++; depth == 0 || len(m.drafts) >= maxMended || m.steps > maxMenderSteps {
		return
	}
	if len(parts) == 1 && parts[0].Name != "" {
		m.variable(parts[0].Name, t, depth-1)
		return
	}
	for _, value := range t.Values(pattern.TextAlphabet)[:min(3, len(t.Values(pattern.TextAlphabet)))] {
		for name, piece := range divide(parts, value) {
			m.variable(name, pattern.Test{Equals: piece}, depth-1)
		}
	}
}

// divide finds values of the variables of a text that give it a value.
func divide(parts []program.Part, value string) map[string]string {
	var expr strings.Builder
	var names []string
	expr.WriteString("^")
	for _, p := range parts {
		expr.WriteString(regexp.QuoteMeta(p.Literal))
		if p.Name != "" {
			names = append(names, p.Name)
			expr.WriteString("(.*?)")
		}
	}
	expr.WriteString("$")
	groups := pattern.Compile(expr.String(), false).Match(value)
	found := map[string]string{}
	for i, name := range names {
		if groups != nil && groups[i+1] != "" {
			found[name] = groups[i+1]
		}
	}
	return found
}

// variable mends one variable.
func (m *mender) variable(name string, t pattern.Test, depth int) {
	name = strings.ToLower(name)
	if sets := m.server.Sets[name]; len(sets) > 0 {
		m.assigned(sets, t, depth)
		return
	}
	if table := m.program.Vars[name]; table != nil {
		m.table(table, t, depth)
		return
	}
	m.request(name, t)
}

// request mends what the client itself sends.
func (m *mender) request(name string, t pattern.Test) {
	field, isField := strings.CutPrefix(name, "http_")
	cookie, isCookie := strings.CutPrefix(name, "cookie_")
	arg, isArg := strings.CutPrefix(name, "arg_")
	switch {
	case name == "host" || name == "http_host" || name == "server_name":
		m.hosts(name, t)
	case isField:
		for _, v := range t.Values(pattern.TextAlphabet) {
			m.edit(func(d *draft.Draft) { d.SetHeader(field, v) })
		}
	case isCookie:
		for _, v := range t.Values(pattern.HostAlphabet) {
			m.edit(func(d *draft.Draft) { d.Cookies[cookie] = v })
		}
	case isArg:
		for _, v := range t.Values(pattern.HostAlphabet) {
			m.edit(func(d *draft.Draft) { d.Args = draft.SetArgument(d.Args, arg, url.QueryEscape(v)) })
		}
	case name == "args" || name == "query_string" || name == "is_args":
		for _, v := range t.Values(pattern.TextAlphabet) {
			m.edit(func(d *draft.Draft) { d.Args = strings.NewReplacer(" ", "%20", "#", "%23").Replace(v) })
		}
	case name == "request_method":
		for _, v := range []string{"GET", "POST", "PUT", "DELETE", "HEAD", "OPTIONS", "PATCH", "PROPFIND", "REPORT"} {
			if t.Ok(v) {
				m.edit(func(d *draft.Draft) { d.Method = v })
			}
		}
	case name == "uri" || name == "document_uri" || name == "request_uri":
		m.path(name, t)
	case name == "scheme" || name == "https" || name == "server_port" || strings.HasPrefix(name, "ssl_"):
		m.connection(name, t)
	case name == "remote_addr" || name == "realip_remote_addr":
		for _, addr := range clientsFor(t) {
			m.edit(func(d *draft.Draft) { d.Client = addr })
		}
	case name == "invalid_referer":
		m.referers(t)
	case name == "content_type":
		for _, v := range t.Values(pattern.TextAlphabet) {
			m.edit(func(d *draft.Draft) { d.SetHeader("content_type", v) })
		}
	case name == "secure_link":
		m.secureLink()
	}
}

// path mends the path: as the text asks, with the arguments of $request_uri.
func (m *mender) path(name string, t pattern.Test) {
	candidates := []string{t.Equals}
	if t.Re != nil && !t.Not {
		candidates = pattern.Paths(t.Re)
	}
	for _, v := range candidates {
		path, args, _ := strings.Cut(v, "?")
		if t.Not || !pattern.ValidPath(path) || args != "" && name != "request_uri" {
			continue
		}
		m.edit(func(d *draft.Draft) {
			d.Path = path
			if args != "" {
				d.Args = args
			}
		})
	}
}

// connection mends by another way into the server, or a client certificate.
func (m *mender) connection(name string, t pattern.Test) {
	if name == "ssl_client_verify" && t.Ok("SUCCESS") {
		for _, e := range m.ways {
			if e.TLS {
				m.edit(func(d *draft.Draft) { d.Entry, d.Cert = e, true })
				return
			}
		}
	}
	m.entries(func(d draft.Draft) bool {
		other := *m.walker
		other.draft = d
		return t.Ok(other.builtin(name))
	})
}

// hosts mends the name asked for: by one of the server's own, or any that gets
// to it all the same; $http_host may do without the port.
func (m *mender) hosts(name string, t pattern.Test) {
	full := name == "http_host"
	ok := func(d draft.Draft) bool { return full && t.Ok(d.HostHeader()) || !full && t.Ok(d.Entry.Host) }
	m.entries(ok)
	noPort := func(d draft.Draft) bool { d.NoPort = true; return ok(d) }
	for _, e := range m.ways {
		d := m.draft
		if d.Entry = e; full && !ok(d) && noPort(d) {
			m.edit(func(d *draft.Draft) { d.Entry, d.NoPort = e, true })
		}
	}
	all := m.program.Socket(program.SocketOf(m.draft.Entry.Listen))
	for _, v := range t.Values(pattern.HostAlphabet) {
		host, _, _ := strings.Cut(v, ":")
		if host == "" || strings.ContainsAny(host, "/ ;()") || all.Choose(host) != m.server {
			continue
		}
		d := m.draft
		if d.Entry.Host = host; ok(d) {
			m.edit(func(d *draft.Draft) { d.Entry.Host = host })
		} else if full && noPort(d) {
			m.edit(func(d *draft.Draft) { d.Entry.Host, d.NoPort = host, true })
		}
	}
}

// entries mends by the ways into the server that pass.
func (m *mender) entries(ok func(draft.Draft) bool) {
	for _, e := range m.ways {
		d := m.draft
		if d.Entry = e; ok(d) {
			m.edit(func(d *draft.Draft) { d.Entry = e })
		}
	}
}

// assigned mends a variable that set directives give its value.
func (m *mender) assigned(sets []program.Assignment, t pattern.Test, depth int) {
	for _, a := range sets {
		if !strings.Contains(a.Value, "$") {
			if t.Ok(a.Value) && a.In.Kind == program.IsIf {
				m.enter(a.In, true, depth)
			} else if !t.Ok(a.Value) && a.In.Kind == program.IsIf {
				m.enter(a.In, false, depth)
			}
			continue
		}
		m.text(a.Value, t, depth)
		if a.In.Kind == program.IsIf {
			m.enter(a.In, true, depth)
		}
	}
}

// enter mends so that an if is true, or is not.
func (m *mender) enter(in *program.Scope, want bool, depth int) {
	c := m.program.Condition(in.Directive)
	if c == nil || depth == 0 || m.entering[in] {
		return
	}
	m.entering[in] = true
	defer delete(m.entering, in)
	if c.File != "" {
		return
	}
	t := c.Test
	if !want {
		t = t.Opposite()
	}
	if !t.Ok(m.eval(c.Text)) {
		m.text(c.Text, t, depth-1)
	}
}

// table mends a variable of a map: by a row whose value passes.
func (m *mender) table(d *conf.Directive, t pattern.Test, depth int) {
	if d.Is("geo") {
		for _, addr := range clientsOfGeo(m.program.Rows(d), t) {
			m.edit(func(d *draft.Draft) { d.Client = addr })
		}
		return
	}
	if !d.Is("map") {
		return
	}
	by := program.Source(d)
	for _, r := range m.program.Rows(d) {
		if !strings.Contains(r.Value, "$") && !t.Ok(r.Value) {
			continue
		}
		switch {
		case r.IsDefault:
			m.text(by, pattern.Test{Equals: ""}, depth)
			m.text(by, pattern.Test{Equals: "bg"}, depth)
		case r.Re != nil:
			m.text(by, pattern.Test{Re: r.Re}, depth)
		default:
			m.text(by, pattern.Test{Equals: r.Key}, depth)
		}
		if strings.Contains(r.Value, "$") {
			m.text(r.Value, t, depth)
		}
	}
	if t.Ok("") { // no row
		m.text(by, pattern.Test{Equals: ""}, depth)
		m.text(by, pattern.Test{Equals: "bg"}, depth)
	}
}
