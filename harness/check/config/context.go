package config

import (
	"errors"
	"fmt"
	"io/fs"
	"path"
	"regexp"
	"slices"
	"strings"

	"badgateway/harness/check/result"
	"badgateway/harness/lazyregexp"
	"badgateway/harness/nginx/conf"
	"badgateway/harness/pod"
)

// kind is what an absent parent defines by name.
type kind string

// The kinds.
const (
	kindFormat    kind = "log_format"
	kindVariable  kind = "variable"
	kindUpstream  kind = "upstream"
	kindLimitReq  kind = "limit_req_zone"
	kindLimitConn kind = "limit_conn_zone"
	kindCache     kind = "cache" // with the module in front: "proxy_cache"
)

// definition is a directive of the absent parent.
type definition struct {
	kind kind
	name string
}

// sizedZone is "zone=NAME:10m".
var sizedZone = lazyregexp.New(`^(?:keys_)?zone=([^:]+):`)

// defined are the definitions that a directive makes.
func defined(d *conf.Directive) (definition, bool) {
	zone := func() string {
		for i := range d.Args {
			if m := sizedZone.FindStringSubmatch(d.Arg(i)); m != nil {
				return m[1]
			}
		}
		return ""
	}
	name := d.Name.Text
	switch {
	case d.Entry || len(d.Args) == 0:
		return definition{}, false
	case name == "log_format", name == "upstream":
		return definition{kind(name), d.Arg(0)}, true
	case name == "limit_req_zone", name == "limit_conn_zone":
		return definition{kind(name), zone()}, true
	case strings.HasSuffix(name, "_cache_path"):
		return definition{kind(strings.TrimSuffix(name, "_path")), zone()}, true
	case d.Is("map", "geo", "split_clients"):
		return definition{kindVariable, strings.ToLower(strings.TrimPrefix(d.Arg(len(d.Args)-1), "$"))}, true
	case d.Is("set", "auth_request_set", "js_set", "perl_set"):
		return definition{kindVariable, strings.ToLower(strings.TrimPrefix(d.Arg(0), "$"))}, true
	}
	return definition{}, false
}

// needed are the definitions that a directive relies on. Unknown variables
// nginx names itself; see [Config.Repair].
func needed(d *conf.Directive) (definition, bool) {
	name := d.Name.Text
	switch {
	case d.Entry || len(d.Args) == 0:
	case name == "access_log" && len(d.Args) > 1:
		format := d.Arg(1)
		if format != "combined" && !strings.Contains(format, "=") && !strings.HasPrefix(format, "gzip") {
			return definition{kindFormat, format}, true
		}
	case name == "limit_req":
		for i := range d.Args {
			if zone, ok := strings.CutPrefix(d.Arg(i), "zone="); ok {
				return definition{kindLimitReq, zone}, true
			}
		}
	case name == "limit_conn":
		return definition{kindLimitConn, d.Arg(0)}, true
	case d.Is("proxy_cache", "fastcgi_cache", "uwsgi_cache", "scgi_cache"):
		if zone := d.Arg(0); zone != "off" && !strings.Contains(zone, "$") {
			return definition{kind(name), zone}, true
		}
	case strings.HasSuffix(name, "_pass"):
		_, address, ok := strings.Cut(d.Arg(0), "://")
		if !ok {
			address = d.Arg(0)
		}
		if host, _, _ := strings.Cut(address, "/"); host != "" && !strings.ContainsAny(host, ":$.") {
			return definition{kindUpstream, host}, true
		}
	}
	return definition{}, false
}

// supplyContext adds what the absent parent of a fragment defines and the text
// asks for.
func (c *Config) supplyContext() error {
	if c.whole() {
		return nil
	}
	has := map[definition]bool{}
	for d := range c.Tree.All() {
		if def, ok := defined(d); ok {
			has[def] = true
		}
	}
	for d := range c.Tree.All() {
		if def, ok := needed(d); ok && !has[def] {
			has[def] = true
			c.define(def, c.Place(d))
		}
		if upgrade := strings.Contains(d.Text(), "$connection_upgrade"); upgrade && !d.Entry && !has[upgradeVariable] {
			has[upgradeVariable] = true
			c.define(upgradeVariable, c.Place(d))
		}
	}
	c.supplyResolver()
	c.supplyParams()
	if err := c.rewrap(); err != nil {
		return err
	}
	return c.supplyGroups()
}

// supplyRules makes the rule files that are not there empty: modsecurity reads
// them as nginx does includes.
func (c *Config) supplyRules() {
	for d := range c.Tree.All() {
		if !c.src.empty || !d.Is("modsecurity_rules_file") || strings.Contains(d.Arg(0), "://") {
			continue
		}
		file := clean(absoluteTo(path.Dir(c.Main), d.Arg(0)))
		if _, err := c.Lookup(file); errors.Is(err, fs.ErrNotExist) {
			c.Supply(result.Supplied{Kind: result.SuppliedAbsent, Name: file, Note: "empty", For: c.Place(d)}, pod.File{Path: file})
		}
	}
}

// supplyGroups adds the upstreams of the owner's tree that variables lead to.
func (c *Config) supplyGroups() error {
	own := c.own()
	has := map[string]bool{}
	for d := range c.Tree.All() {
		if d.Is("upstream") {
			has[d.Arg(0)] = true
		}
	}
	added := false
	for d := range c.Tree.All() {
		if !d.Entry && !d.Is("set") || len(d.Args) == 0 {
			continue
		}
		value := d.Arg(len(d.Args) - 1)
		if _, after, ok := strings.Cut(value, "://"); ok {
			value = after
		}
		def := definition{kindUpstream, value}
		if _, ok := own[def]; ok && !has[value] {
			has[value] = true
			added = c.define(def, c.Place(d)) || added
		}
	}
	if !added {
		return nil
	}
	return c.rewrap()
}

var upgradeVariable = definition{kindVariable, "connection_upgrade"}

// define adds a definition to the absent parent: the one of the owner's tree, or
// one made up. It tells whether it could.
func (c *Config) define(def definition, at result.Place) bool {
	note := "made up, as its absent parent would define it"
	lines := []string{}
	if own, ok := c.own()[def]; ok {
		lines = append(lines, own.text)
		note = fmt.Sprintf("your %s:%d", own.at.File, own.at.Line)
	} else {
		lines = c.madeDefinition(def)
	}
	if len(lines) == 0 || !c.addParent(lines...) {
		return false
	}
	c.note(result.Supplied{Kind: result.SuppliedContext, Name: string(def.kind) + " " + def.name, Note: note, For: at})
	return true
}

// addParent adds directives to the http or stream block around the text, or to
// an empty include in the http block. It tells whether anything is new.
func (c *Config) addParent(lines ...string) bool {
	before := ""
	file := c.vacancy("http")
	if file != "" {
		before = string(c.src.files[file])
	} else if c.whole() {
		return false
	}
	added := false
	for _, line := range lines {
		if file == "" && !slices.Contains(c.wrap.outer, line) {
			c.wrap.outer, added = append(c.wrap.outer, line), true
		}
		if file != "" && !strings.Contains(before, line+"\n") {
			before, added = before+line+"\n", true
		}
	}
	if file != "" {
		c.src.files[file] = []byte(before)
	}
	return added
}

// vacancy is an include in a block of a whole configuration that is not there
// and was taken for empty, or "".
func (c *Config) vacancy(block string) string {
	if !c.whole() || len(c.src.vacant) == 0 {
		return ""
	}
	var in func(list []*conf.Directive, inside bool) string
	in = func(list []*conf.Directive, inside bool) string {
		for _, d := range list {
			file := clean(absoluteTo(path.Dir(c.Main), d.Arg(0)))
			if d.Included && inside && c.src.vacant[file] {
				return file
			}
			if d.Included || d.Is("http", "server") {
				if file := in(d.Block, d.Is(block) || d.Included && inside); file != "" {
					return file
				}
			}
		}
		return ""
	}
	return in(c.Tree.Directives, false)
}

func (c *Config) stream() bool { return c.wrap != nil && c.wrap.level == levelStream }

// madeDefinition makes one up. That of a limit lets everything pass.
func (c *Config) madeDefinition(def definition) []string {
	quoted := func(format string) []string { return []string{fmt.Sprintf(format, def.name)} }
	switch {
	case def.kind == kindFormat && c.stream():
		return quoted(`log_format %s '$remote_addr $protocol $status $bytes_sent $bytes_received $session_time';`)
	case def.kind == kindFormat:
		return quoted(`log_format %s '$remote_addr - $remote_user [$time_local] "$request" $status $body_bytes_sent "$http_referer" "$http_user_agent"';`)
	case def.kind == kindLimitReq:
		return quoted(`limit_req_zone $binary_remote_addr zone=%s:1m rate=10000r/s;`)
	case def.kind == kindLimitConn:
		return quoted(`limit_conn_zone $binary_remote_addr zone=%s:1m;`)
	case strings.HasSuffix(string(def.kind), "_cache"):
		return []string{fmt.Sprintf(`%s_path %s keys_zone=%s:1m;`, def.kind, path.Join("/var/cache/nginx", def.name), def.name)}
	case def == upgradeVariable:
		return []string{"map $http_upgrade $connection_upgrade {\n    default upgrade;\n    '' close;\n}"}
	case def.kind == kindVariable:
		return c.madeVariable(def.name)
	}
	return nil // of an upstream's name a host is made
}

// madeVariable gives a variable a value: an upstream where requests are passed
// on to it, else an empty text.
func (c *Config) madeVariable(name string) []string {
	source := "$remote_addr" // any that http and stream have
	reference := regexp.MustCompile(`(?i)^(?:(\w+)://)?\$\{?` + regexp.QuoteMeta(name) + `\b\}?`)
	for d := range c.Tree.All() {
		if d.Entry || !strings.HasSuffix(d.Name.Text, "_pass") {
			continue
		}
		m := reference.FindStringSubmatch(d.Arg(0))
		if m == nil {
			continue
		}
		group := "parent_" + name
		value := group
		if m[1] == "" && d.Is("proxy_pass") && !c.stream() {
			value = "http://" + group
		}
		return []string{fmt.Sprintf("upstream %s {\n    server %s:8080;\n}", group, dashed(name)),
			fmt.Sprintf("map %s $%s {\n    default %s;\n}", source, name, value)}
	}
	return []string{fmt.Sprintf("map %s $%s {\n    default '';\n}", source, name)}
}

// supplyResolver adds a resolver where names are resolved at run time and none
// is named.
func (c *Config) supplyResolver() {
	var asks *conf.Directive
	for d := range c.Tree.All() {
		if d.Is("resolver") {
			return
		}
		resolve := d.Is("server") && slices.ContainsFunc(d.Args, func(a conf.Arg) bool { return a.Text == "resolve" })
		if asks == nil && !d.Entry && (resolve || strings.HasSuffix(d.Name.Text, "_pass") && strings.Contains(d.Arg(0), "$")) {
			asks = d
		}
	}
	if asks != nil {
		c.addParent("resolver 127.0.0.11;")
		c.note(result.Supplied{Kind: result.SuppliedContext, Name: "resolver 127.0.0.11", Note: "names are resolved at run time", For: c.Place(asks)})
	}
}

// supplyParams adds the parameters of an application where a pass has none: they
// stand in the http block of the absent parent, and without REQUEST_METHOD
// PHP-FPM does not answer.
func (c *Config) supplyParams() {
	for d, chain := range c.Tree.All() {
		module, isPass := strings.CutSuffix(d.Name.Text, "_pass")
		if d.Entry || !isPass || module != "fastcgi" && module != "uwsgi" && module != "scgi" || conf.Inherited(chain, module+"_param") != nil {
			continue
		}
		if c.addParent("include " + module + "_params;") {
			c.note(result.Supplied{Kind: result.SuppliedContext, Name: module + "_params", Note: "no " + module + "_param holds here", For: c.Place(d)})
		}
	}
}
