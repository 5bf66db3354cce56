package route

import (
	"regexp"
	"strconv"
	"strings"
)

func quote(s string) string        { return regexp.QuoteMeta(s) }
func statusWord(status int) string { return strconv.Itoa(status) }

// reference is a variable in a text (ngx_http_script.c:ngx_http_script_compile).
var reference = regexp.MustCompile(`\$(?:\{([A-Za-z0-9_]+)\}|([1-9])|([A-Za-z0-9_]+))`)

// part is a piece of a text: literal, or a variable's name.
type part struct {
	literal, name string
}

// split takes a text with variables apart.
func split(text string) []part {
	var parts []part
	for {
		at := reference.FindStringSubmatchIndex(text)
		if at == nil {
			break
		}
		if at[0] > 0 {
			parts = append(parts, part{literal: text[:at[0]]})
		}
		for g := 2; g < len(at); g += 2 {
			if at[g] >= 0 {
				parts = append(parts, part{name: text[at[g]:at[g+1]]})
			}
		}
		text = text[at[1]:]
	}
	if text != "" {
		parts = append(parts, part{literal: text})
	}
	return parts
}

// maxNesting bounds maps of maps.
const maxNesting = 10

// eval gives a text its value for the request as it is now.
func (w *walker) eval(text string) string { return w.evalAt(text, maxNesting) }

func (w *walker) evalAt(text string, depth int) string {
	if !strings.Contains(text, "$") {
		return text
	}
	var b strings.Builder
	for _, p := range split(text) {
		if b.Len() > 64<<10 {
			break
		}
		b.WriteString(p.literal)
		if p.name != "" {
			b.WriteString(w.variable(p.name, depth))
		}
	}
	return b.String()
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
	if table := w.program.vars[name]; table != nil {
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
		"http_":   d.headerOrHost,
		"cookie_": func(n string) string { return d.cookies[n] },
		"arg_":    func(n string) string { return argument(w.args, n) },
	} {
		if rest, ok := strings.CutPrefix(name, prefix); ok {
			return get(rest)
		}
	}
	switch name {
	case "host":
		if d.entry.host == "" {
			return w.serverName()
		}
		return d.entry.host
	case "server_name":
		return w.serverName()
	case "uri", "document_uri":
		return w.uri
	case "fastcgi_script_name":
		return w.script()
	case "request_uri":
		return d.requestURI()
	case "args", "query_string":
		return w.args
	case "is_args":
		if w.args != "" {
			return "?"
		}
	case "request_method":
		return w.method()
	case "scheme":
		return d.scheme()
	case "https":
		if d.entry.tls {
			return "on"
		}
	case "server_port":
		return d.entry.listen.Port
	case "server_protocol":
		return "HTTP/1.1"
	case "remote_addr", "realip_remote_addr":
		return w.client().String()
	case "request_filename":
		return w.filename(w.uri)
	case "document_root", "realpath_root":
		return w.root()
	case "content_type":
		return d.header["content_type"]
	case "invalid_referer":
		return w.invalidReferer()
	case "ssl_client_verify":
		return w.clientVerify()
	}
	return w.secure(name)
}

// script is $fastcgi_script_name (ngx_http_fastcgi_module.c:ngx_http_fastcgi_script_name_variable).
func (w *walker) script() string {
	if d := w.scope.inherited("fastcgi_split_path_info"); d != nil {
		if groups := w.program.pattern(d).match(w.uri); len(groups) > 1 {
			return groups[1]
		}
	}
	if strings.HasSuffix(w.uri, "/") {
		return w.uri + w.scope.inherited("fastcgi_index").Arg(0)
	}
	return w.uri
}

func (w *walker) method() string {
	if w.draft.method == "" {
		return "GET"
	}
	return w.draft.method
}

func (w *walker) serverName() string {
	if n := w.server.names[0]; n.re == nil {
		return n.text
	}
	return w.draft.entry.host
}

// clientVerify is $ssl_client_verify (ngx_event_openssl.c:ngx_ssl_get_client_verify).
func (w *walker) clientVerify() string {
	switch {
	case !w.draft.entry.tls:
		return ""
	case w.draft.cert:
		return "SUCCESS"
	}
	return "NONE"
}

func (d draft) headerOrHost(name string) string {
	if name == "host" {
		return d.hostHeader()
	}
	return d.headerValue(name)
}

// argument is $arg_name (ngx_http_parse.c:ngx_http_arg).
func argument(args, name string) string {
	for pair := range strings.SplitSeq(args, "&") {
		if key, value, ok := strings.Cut(pair, "="); ok && strings.EqualFold(key, name) {
			return value
		}
	}
	return ""
}

// setArgument gives an argument a value.
func setArgument(args, name, value string) string {
	var pairs []string
	for pair := range strings.SplitSeq(args, "&") {
		if key, _, _ := strings.Cut(pair, "="); pair != "" && !strings.EqualFold(key, name) {
			pairs = append(pairs, pair)
		}
	}
	return strings.Join(append(pairs, name+"="+value), "&")
}
