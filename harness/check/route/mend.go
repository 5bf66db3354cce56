package route

import (
	"net/url"
	"strings"

	"badgateway/harness/nginx/conf"
)

// mender collects drafts in which a text passes a test.
type mender struct {
	*walker
	drafts []draft
	steps  int
}

// What one condition may cost: drafts, and variables looked at.
const (
	maxMended      = 8
	maxMenderSteps = 400
)

func (m *mender) edit(change func(*draft)) {
	if len(m.drafts) < maxMended {
		m.drafts = append(m.drafts, m.draft.with(change))
	}
}

// text mends a text: one variable, or each of several in turn.
func (m *mender) text(text string, t test, depth int) {
	parts := split(text)
	if m.steps++; depth == 0 || len(m.drafts) >= maxMended || m.steps > maxMenderSteps {
		return
	}
	if len(parts) == 1 && parts[0].name != "" {
		m.variable(parts[0].name, t, depth-1)
		return
	}
	for _, value := range t.values(textAlphabet)[:min(3, len(t.values(textAlphabet)))] {
		for name, piece := range divide(parts, value) {
			m.variable(name, test{equals: piece}, depth-1)
		}
	}
}

// divide finds values of the variables of a text that give it a value.
func divide(parts []part, value string) map[string]string {
	var expr strings.Builder
	var names []string
	expr.WriteString("^")
	for _, p := range parts {
		expr.WriteString(quote(p.literal))
		if p.name != "" {
			names = append(names, p.name)
			expr.WriteString("(.*?)")
		}
	}
	expr.WriteString("$")
	groups := compilePattern(expr.String(), false).match(value)
	found := map[string]string{}
	for i, name := range names {
		if groups != nil && groups[i+1] != "" {
			found[name] = groups[i+1]
		}
	}
	return found
}

// variable mends one variable.
func (m *mender) variable(name string, t test, depth int) {
	name = strings.ToLower(name)
	if sets := m.server.sets[name]; len(sets) > 0 {
		m.assigned(sets, t, depth)
		return
	}
	if table := m.program.vars[name]; table != nil {
		m.table(table, t, depth)
		return
	}
	m.request(name, t)
}

// request mends what the client itself sends.
func (m *mender) request(name string, t test) {
	field, isField := strings.CutPrefix(name, "http_")
	cookie, isCookie := strings.CutPrefix(name, "cookie_")
	arg, isArg := strings.CutPrefix(name, "arg_")
	switch {
	case name == "host" || name == "http_host" || name == "server_name":
		m.hosts(name, t)
	case isField:
		for _, v := range t.values(textAlphabet) {
			m.edit(func(d *draft) { d.setHeader(field, v) })
		}
	case isCookie:
		for _, v := range t.values(hostAlphabet) {
			m.edit(func(d *draft) { d.cookies[cookie] = v })
		}
	case isArg:
		for _, v := range t.values(hostAlphabet) {
			m.edit(func(d *draft) { d.args = setArgument(d.args, arg, url.QueryEscape(v)) })
		}
	case name == "args" || name == "query_string" || name == "is_args":
		for _, v := range t.values(textAlphabet) {
			m.edit(func(d *draft) { d.args = strings.NewReplacer(" ", "%20", "#", "%23").Replace(v) })
		}
	case name == "request_method":
		for _, v := range []string{"GET", "POST", "PUT", "DELETE", "HEAD", "OPTIONS", "PATCH", "PROPFIND", "REPORT"} {
			if t.ok(v) {
				m.edit(func(d *draft) { d.method = v })
			}
		}
	case name == "uri" || name == "document_uri" || name == "request_uri":
		m.path(name, t)
	case name == "scheme" || name == "https" || name == "server_port" || strings.HasPrefix(name, "ssl_"):
		m.connection(name, t)
	case name == "remote_addr" || name == "realip_remote_addr":
		for _, addr := range clientsFor(t) {
			m.edit(func(d *draft) { d.client = addr })
		}
	case name == "invalid_referer":
		m.referers(t)
	case name == "content_type":
		for _, v := range t.values(textAlphabet) {
			m.edit(func(d *draft) { d.setHeader("content_type", v) })
		}
	case name == "secure_link":
		m.secureLink()
	}
}

// path mends the path: as the text asks, with the arguments of $request_uri.
func (m *mender) path(name string, t test) {
	candidates := []string{t.equals}
	if t.re != nil && !t.not {
		candidates = pathSamples(t.re)
	}
	for _, v := range candidates {
		path, args, _ := strings.Cut(v, "?")
		if t.not || !validPath(path) || args != "" && name != "request_uri" {
			continue
		}
		m.edit(func(d *draft) {
			d.path = path
			if args != "" {
				d.args = args
			}
		})
	}
}

// connection mends by another way into the server, or a client certificate.
func (m *mender) connection(name string, t test) {
	if name == "ssl_client_verify" && t.ok("SUCCESS") {
		for _, e := range m.ways {
			if e.tls {
				m.edit(func(d *draft) { d.entry, d.cert = e, true })
				return
			}
		}
	}
	m.entries(func(d draft) bool {
		other := *m.walker
		other.draft = d
		return t.ok(other.builtin(name))
	})
}

// hosts mends the name asked for: by one of the server's own, or any that gets
// to it all the same.
func (m *mender) hosts(name string, t test) {
	passes := func(d draft) bool { return t.ok(d.entry.host) || name == "http_host" && t.ok(d.hostHeader()) }
	m.entries(passes)
	all := share(m.program.servers, socketOf(m.draft.entry.listen))
	for _, v := range t.values(hostAlphabet) {
		host, _, _ := strings.Cut(v, ":")
		if host == "" || strings.ContainsAny(host, "/ ;()") || choose(all, host) != m.server {
			continue
		}
		d := m.draft
		if d.entry.host = host; passes(d) {
			m.edit(func(d *draft) { d.entry.host = host })
		}
	}
}

// entries mends by the ways into the server that pass.
func (m *mender) entries(ok func(draft) bool) {
	for _, e := range m.ways {
		d := m.draft
		if d.entry = e; ok(d) {
			m.edit(func(d *draft) { d.entry = e })
		}
	}
}

// assigned mends a variable that set directives give its value.
func (m *mender) assigned(sets []assignment, t test, depth int) {
	for _, a := range sets {
		if !strings.Contains(a.value, "$") {
			if t.ok(a.value) && a.in.kind == isIf {
				m.enter(a.in, true, depth)
			} else if !t.ok(a.value) && a.in.kind == isIf {
				m.enter(a.in, false, depth)
			}
			continue
		}
		m.text(a.value, t, depth)
		if a.in.kind == isIf {
			m.enter(a.in, true, depth)
		}
	}
}

// enter mends so that an if is true, or is not.
func (m *mender) enter(in *scope, want bool, depth int) {
	c := m.program.condition(in.directive)
	if c == nil || depth == 0 || m.entering[in] {
		return
	}
	m.entering[in] = true
	defer delete(m.entering, in)
	if c.file != "" {
		return
	}
	t := c.test
	if !want {
		t = t.opposite()
	}
	if !t.ok(m.eval(c.text)) {
		m.text(c.text, t, depth-1)
	}
}

// table mends a variable of a map: by a row whose value passes.
func (m *mender) table(d *conf.Directive, t test, depth int) {
	if d.Is("geo") {
		for _, addr := range clientsOfGeo(m.program.rows(d), t) {
			m.edit(func(d *draft) { d.client = addr })
		}
		return
	}
	if !d.Is("map") {
		return
	}
	by := source(d)
	for _, r := range m.program.rows(d) {
		if !strings.Contains(r.value, "$") && !t.ok(r.value) {
			continue
		}
		switch {
		case r.isDefault:
			m.text(by, test{equals: ""}, depth)
			m.text(by, test{equals: "bg"}, depth)
		case r.re != nil:
			m.text(by, test{re: r.re}, depth)
		default:
			m.text(by, test{equals: r.key}, depth)
		}
		if strings.Contains(r.value, "$") {
			m.text(r.value, t, depth)
		}
	}
	if t.ok("") { // no row
		m.text(by, test{equals: ""}, depth)
		m.text(by, test{equals: "bg"}, depth)
	}
}
