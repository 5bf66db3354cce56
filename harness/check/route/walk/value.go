package walk

import (
	"strings"

	"badgateway/harness/check/route/draft"
	"badgateway/harness/check/route/program"
	"badgateway/harness/nginx/conf"
)

// maxNesting bounds maps of maps.
const maxNesting = 10

// eval gives a text its value for the request as it is now.
func (w *walker) eval(text string) string { return w.evalAt(text, maxNesting) }

func (w *walker) evalAt(text string, depth int) string {
	if !strings.Contains(text, "$") {
		return text
	}
	var b strings.Builder
	for _, p := range program.Split(text) {
		if b.Len() > 64<<10 {
			break
		}
		b.WriteString(p.Literal)
		if p.Name != "" {
			b.WriteString(w.variable(p.Name, depth))
		}
	}
	return b.String()
}

// table is the value of a map, geo or split_clients block for this request.
func (w *walker) table(d *conf.Directive, depth int) string {
	value := w.evalAt(program.Source(d), depth)
	switch {
	case d.Is("geo"):
		return program.Geo(w.program.Rows(d), value)
	case d.Is("split_clients"):
		for line := range conf.Children(d) {
			return line.Arg(0) // which one, a hash decides
		}
		return ""
	}
	r, groups := program.LookUp(w.program.Rows(d), program.HasLine(d, "hostnames"), value)
	if groups != nil {
		w.groups = groups
		w.remember(r.Re, groups)
	}
	return w.evalAt(r.Value, depth)
}

// variable is the value of one variable; what only a running nginx knows is
// empty.
func (w *walker) variable(name string, depth int) string {
	if depth == 0 {
		return ""
	}
	if len(name) == 1 && name[0] >= '1' && name[0] <= '9' {
		if n := int(name[0] - '0'); n < len(w.groups) {
			return w.groups[n]
		}
		return ""
	}
	name = strings.ToLower(name)
	if value, ok := w.vars[name]; ok {
		return value
	}
	if table := w.program.Vars[name]; table != nil {
		if value, known := w.cached[name]; known {
			return value // a map is evaluated once for a request
		}
		value := w.table(table, depth-1)
		w.cached[name] = value
		return value
	}
	return w.builtin(name)
}

// builtin are nginx's own variables (ngx_http_variables.c).
func (w *walker) builtin(name string) string {
	d := w.draft
	for prefix, get := range map[string]func(string) string{
		"http_":   d.HeaderOrHost,
		"cookie_": func(n string) string { return d.Cookies[n] },
		"arg_":    func(n string) string { return draft.Argument(w.args, n) },
	} {
		if rest, ok := strings.CutPrefix(name, prefix); ok {
			return get(rest)
		}
	}
	switch name {
	case "host":
		if d.Entry.Host == "" {
			return w.serverName()
		}
		return d.Entry.Host
	case "server_name":
		return w.serverName()
	case "uri", "document_uri":
		return w.uri
	case "fastcgi_script_name":
		return w.script()
	case "request_uri":
		return d.RequestURI()
	case "args", "query_string":
		return w.args
	case "is_args":
		if w.args != "" {
			return "?"
		}
	case "request_method":
		return w.method()
	case "scheme":
		return d.Scheme()
	case "https":
		if d.Entry.TLS {
			return "on"
		}
	case "server_port":
		return d.Entry.Listen.Port
	case "server_protocol":
		return "HTTP/1.1"
	case "remote_addr", "realip_remote_addr":
		return w.client().String()
	case "request_filename":
		return w.filename(w.uri)
	case "document_root", "realpath_root":
		return w.root()
	case "content_type":
		return d.Header["content_type"]
	case "invalid_referer":
		return w.invalidReferer()
	case "ssl_client_verify":
		return w.clientVerify()
	}
	return w.secure(name)
}

// script is $fastcgi_script_name (ngx_http_fastcgi_module.c:ngx_http_fastcgi_script_name_variable).
func (w *walker) script() string {
	if d := w.scope.Inherited("fastcgi_split_path_info"); d != nil {
		if groups := w.program.Pattern(d).Match(w.uri); len(groups) > 1 {
			return groups[1]
		}
	}
	if strings.HasSuffix(w.uri, "/") {
		return w.uri + w.scope.Inherited("fastcgi_index").Arg(0)
	}
	return w.uri
}

func (w *walker) method() string {
	if w.draft.Method == "" {
		return "GET"
	}
	return w.draft.Method
}

func (w *walker) serverName() string {
	if n := w.server.Names[0]; n.Re == nil {
		return n.Text
	}
	return w.draft.Entry.Host
}

// clientVerify is $ssl_client_verify (ngx_event_openssl.c:ngx_ssl_get_client_verify).
func (w *walker) clientVerify() string {
	switch {
	case !w.draft.Entry.TLS:
		return ""
	case w.draft.Cert:
		return "SUCCESS"
	}
	return "NONE"
}
