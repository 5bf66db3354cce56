package config

import (
	"bytes"
	"cmp"
	"fmt"
	"regexp"
	"strconv"
	"strings"

	"badgateway/harness/check/result"
	"badgateway/harness/lazyregexp"
	"badgateway/harness/nginx/conf"
)

// use is where a value stands in a configuration.
type use struct {
	directive, parent string
	index, args       int // of the argument, -1: the directive's name; how many there are
	before, after     string
	entry             bool
	line              int
	target            string // of set: how its variable is passed on to
}

// usesOf gives the places of each placeholder, by its index.
func usesOf(file string, marked []byte, found []placeholder) map[int]use {
	uses := map[int]use{}
	top, _ := conf.Parse(file, marked)
	tree := &conf.Tree{Directives: top}
	for d, chain := range tree.All() {
		parent := ""
		if len(chain) > 0 {
			parent = chain[len(chain)-1].Name.Text
		}
		for i := -1; i < len(d.Args); i++ {
			arg := d.Name
			if i >= 0 {
				arg = d.Args[i]
			}
			for _, m := range markPattern.FindAllStringSubmatchIndex(arg.Text, -1) {
				n, _ := strconv.Atoi(arg.Text[m[2]:m[3]])
				u := use{directive: d.Name.Text, parent: parent, index: i, args: len(d.Args), entry: d.Entry, line: arg.Pos.Line,
					before: arg.Text[:m[0]], after: arg.Text[m[1]:]}
				if d.Is("set") && n < len(found) {
					u.target = targetOf(d.Arg(0), marked)
				}
				uses[n] = u
			}
		}
	}
	return uses
}

// targetOf is the text around a variable where requests are passed on to it.
func targetOf(variable string, text []byte) string {
	name := regexp.QuoteMeta(strings.Trim(variable, "${}"))
	return string(regexp.MustCompile(`\w+_pass\s+["']?(?:\w+://)?\$\{?` + name + `\b\}?(?::(?://)?)?`).Find(text))
}

// guess makes up the values of a text that nobody gave.
func (v *values) guess(data []byte, found []placeholder, uses map[int]use, file string) {
	type named struct {
		uses  []use
		first placeholder
	}
	byName := map[string]*named{}
	var order []string
	for i, p := range found {
		u, used := uses[i]
		if _, made := v.made[p.name]; p.fixed || made || !used && (len(uses) > 0 || !p.hasFallback) && !isTemplate(file, uses) {
			continue
		}
		if byName[p.name] == nil {
			byName[p.name] = &named{first: p}
			order = append(order, p.name)
		}
		if used {
			byName[p.name].uses = append(byName[p.name].uses, u)
		}
	}
	line, counted := 1, 0 // the names are in the order of the text
	for _, name := range order {
		n := byName[name]
		value, note := v.make(name, n.uses), "made up: --env "+name+"=VALUE gives another"
		if n.first.hasFallback {
			value, note = n.first.fallback, "the text's own default"
		}
		v.made[name] = value
		line += bytes.Count(data[counted:n.first.start], []byte("\n"))
		counted = n.first.start
		v.supplied = append(v.supplied, result.Supplied{Kind: result.SuppliedValue, Name: name,
			Note: fmt.Sprintf("%q, %s", value, note), For: result.Place{File: file, Line: line}})
	}
}

// isTemplate says that values are to be made up even where nothing tells where
// they stand: a template that cannot be read as it is.
func isTemplate(file string, uses map[int]use) bool {
	return len(uses) == 0 && withoutTemplate(file) != file
}

// make is the value of a name: the first place that tells, or else the name.
func (v *values) make(name string, uses []use) string {
	if name == "DOLLAR" {
		return "$" // how templates write a dollar of nginx's own
	}
	for _, u := range uses {
		if value, ok := v.byUse(name, u); ok {
			return value
		}
	}
	return v.byName(name)
}

var (
	unitBehind = lazyregexp.New(`^(?:r/[sm]|ms|[smhdkMKG]\b)`)
	passing    = lazyregexp.New(`_pass$`)
	keyBefore  = lazyregexp.New(`(\w+)=$`)
	pathBehind = lazyregexp.New(`^\$\{?(?:request_uri|uri|document_uri)\b`)
)

// byUse makes a value of where it stands.
func (v *values) byUse(name string, u use) (string, bool) {
	whole := u.before == "" && u.after == ""
	switch {
	case u.index < 0:
		return "", !u.entry
	case strings.HasSuffix(u.before, "$"): // of a variable's name
		return "remote_addr", true
	case u.directive == "include":
		file := strings.ToLower(name) + ".conf"
		v.includes[file] = true
		return file, true
	case strings.HasSuffix(u.directive, "_buffers") && u.args == 1 && whole:
		return "8 16k", true
	case u.before == "rate=":
		return strings.TrimSuffix("10000r/s", u.after), true
	case unitBehind.MatchString(u.after):
		return "60", true
	case keyBefore.MatchString(u.before):
		value, ok := byKey[keyBefore.FindStringSubmatch(u.before)[1]]
		return value, ok
	case u.directive == "listen":
		return v.listen(name, u)
	case passing.MatchString(u.directive), u.directive == "server" && u.parent == "upstream" && u.index == 0:
		return v.address(name, u)
	case u.directive == "set" && u.target != "":
		return v.passedOn(name, u)
	case u.directive == "location":
		return pathValue(name, u), true
	case u.directive == "server_name" && whole:
		return domainOf(name), true
	}
	for _, r := range directiveValues {
		if (r.index < 0 || r.index == u.index) && r.directive.MatchString(u.directive) && (whole || r.anywhere) {
			return r.value, true
		}
	}
	return "", false
}

// listen is a port, an address before one, or no flag.
func (v *values) listen(name string, u use) (string, bool) {
	switch {
	case u.index > 0:
		return "", true
	case strings.HasPrefix(u.after, ":"):
		return "0.0.0.0", true
	case strings.HasPrefix(u.before, "unix:"):
		return "/run/" + dashed(name) + ".sock", true
	}
	return v.port(name), true
}

// port is one that no other name has.
func (v *values) port(name string) string {
	base := 8080
	if name := strings.ToUpper(name); strings.Contains(name, "SSL") || strings.Contains(name, "TLS") || strings.Contains(name, "HTTPS") {
		base = 8443
	}
	v.ports++
	return strconv.Itoa(base + v.ports - 1)
}

// address is what a pass or an upstream's server needs there.
func (v *values) address(name string, u use) (string, bool) {
	scheme := "http://"
	if u.directive == "grpc_pass" {
		scheme = "grpc://"
	}
	switch {
	case strings.HasPrefix(u.before, "unix:"):
		return "/run/" + dashed(name) + ".sock", true
	case strings.HasPrefix(u.after, "://"):
		return strings.TrimSuffix(scheme, "://"), true
	case strings.HasSuffix(u.before, ":") && !strings.HasPrefix(u.after, ":"):
		return v.port(name), true
	case u.before == "" && u.directive == "proxy_pass" && pathBehind.MatchString(u.after):
		return scheme + hostOf(name) + ":8080", true
	case u.after != "" && !strings.HasPrefix(u.after, "/"): // of a longer name, or before a port
		return hostOf(name), true
	case u.before == "" && u.directive == "proxy_pass":
		return scheme + hostOf(name) + ":8080", true
	case u.before == "" && u.directive == "fastcgi_pass":
		return hostOf(name) + ":9000", true
	case u.before == "", strings.HasSuffix(u.before, "://"):
		return hostOf(name) + ":8080", true
	}
	return "", strings.Count(u.before, "/") > 2
}

// passedOn is the value of a variable that requests are passed on to.
func (v *values) passedOn(name string, u use) (string, bool) {
	schemed := strings.Contains(u.target, "://")
	switch {
	case strings.HasSuffix(u.target, "://"):
		return "http", true
	case u.before == "" && u.after == "" && strings.HasSuffix(u.target, ":"):
		return hostOf(name), true
	}
	if !schemed {
		u.directive, _, _ = strings.Cut(u.target, "_pass")
		u.directive += "_pass"
	}
	return v.address(name, u)
}

// pathValue is a part of a location's path.
func pathValue(name string, u use) string {
	value := dashed(name)
	if !strings.HasSuffix(u.before, "/") {
		value = "/" + value
	}
	if u.after != "" && !strings.ContainsAny(u.after[:1], "/$?\x01") {
		value += "/"
	}
	return value
}

// byName makes a value of a name alone.
func (v *values) byName(name string) string {
	upper := strings.ToUpper(strings.ReplaceAll(name, ".", "_"))
	for _, r := range nameValues {
		if r.name.MatchString(upper) {
			return r.value(v, name)
		}
	}
	return dashed(name)
}

// dashed is a name in small letters, fit for a host, a path and a file.
func dashed(name string) string {
	return cmp.Or(strings.Trim(strings.NewReplacer("_", "-", ".", "-").Replace(strings.ToLower(name)), "-"), "value")
}

var hostWords = lazyregexp.New(`^(?:nginx|docker-host-name|docker)-|-(?:host|hostname|host-name|addr|address|url|uri|upstream|endpoint|service|service-name)$`)

// hostOf is the host that a name speaks of: API_HOST is api.
func hostOf(name string) string {
	host := dashed(name)
	for {
		shorter := hostWords.ReplaceAllString(host, "")
		if shorter == host || shorter == "" {
			return host
		}
		host = shorter
	}
}

func domainOf(name string) string {
	if strings.ToUpper(name) == "SERVER_NAME" {
		return "localhost"
	}
	return dashed(name) + ".example"
}
