package config

import (
	"fmt"
	"strings"

	"badgateway/harness/check/result"
	"badgateway/harness/lazyregexp"
)

// complaint is a message of nginx about what the absent parent of a fragment
// would define, and what helps. $1 is the message's first group.
type complaint struct {
	message *lazyregexp.Regexp
	kind    kind
	line    string
}

var complaints = []complaint{
	{message: lazyregexp.New(`^unknown "(\w+)" variable`), kind: kindVariable},
	{message: lazyregexp.New(`^unknown log format "([^"]+)"`), kind: kindFormat},
	{message: lazyregexp.New(`^"(?:proxy|fastcgi|uwsgi|scgi)_cache" zone "([^"]+)" is unknown`), kind: kindCache},
	{message: lazyregexp.New(`^no "ssl_certificate(?:_key)?" is defined`),
		line: "ssl_certificate /etc/nginx/fragment/parent.pem;\nssl_certificate_key /etc/nginx/fragment/parent.key;"},
	{message: lazyregexp.New(`^could not build (?:the )?(server_names|map|variables)_hash`), line: "${1}_hash_bucket_size 512;"},
	{message: lazyregexp.New(`^no resolver defined to resolve`), line: "resolver 127.0.0.11;"},
	{message: lazyregexp.New(`^no port in upstream "([^":/]+)"`), line: "upstream ${1} {\n    server ${1}:9000;\n}"},
}

// Repair supplies what nginx asks for in an [emerg] message and the absent
// parent of a fragment, or an absent include, would define. It tells whether it
// could; the tree is then a new one.
func (c *Config) Repair(message string, at result.Place) bool {
	for _, k := range complaints {
		m := k.message.FindStringSubmatchIndex(message)
		if m == nil {
			continue
		}
		if !c.answer(k, message, m, at) {
			return false
		}
		return c.rewrap() == nil && c.supplyGroups() == nil
	}
	return false
}

// answer adds what a complaint asks for; m are the groups of its message.
func (c *Config) answer(k complaint, message string, m []int, at result.Place) bool {
	if k.line == "" {
		def := definition{k.kind, message[m[2]:m[3]]}
		switch k.kind {
		case kindVariable:
			def.name = strings.ToLower(def.name)
			if file := c.vacancy("server"); file != "" && c.vacancy("http") == "" {
				return c.setVariable(file, def.name, at)
			}
		case kindCache:
			def.kind = kind(strings.Trim(strings.Fields(message)[0], `"`))
		}
		return c.define(def, at)
	}
	line := string(k.message.ExpandString(nil, k.line, message, m))
	name, _, _ := strings.Cut(line, "\n")
	added := strings.HasPrefix(name, "ssl_certificate ") && c.certify(line)
	if !added || !c.whole() {
		added = c.addParent(line) || added
	}
	if !added {
		return false
	}
	c.note(result.Supplied{Kind: result.SuppliedContext, Name: strings.TrimRight(name, " {;"), Note: "as its absent parent or include would define it", For: at})
	return true
}

// certify gives the includes of TLS settings that are not there a certificate.
// It tells whether that is new to any.
func (c *Config) certify(line string) (added bool) {
	for _, file := range c.src.tls {
		if text := string(c.src.files[file]); !strings.Contains(text, line) {
			c.src.files[file], added = []byte(text+line+"\n"), true
		}
	}
	return added
}

// setVariable defines a variable in an empty include of a server.
func (c *Config) setVariable(file, name string, at result.Place) bool {
	line := fmt.Sprintf("set $%s '';\n", name)
	if strings.Contains(string(c.src.files[file]), line) {
		return false
	}
	c.src.files[file] = append(c.src.files[file], line...)
	c.note(result.Supplied{Kind: result.SuppliedContext, Name: "variable " + name, Note: "made up, as the absent include would define it", For: at})
	return true
}

// own are the definitions of the owner's tree outside of the fragment.
func (c *Config) own() map[definition]found {
	if c.src.elsewhere == nil {
		c.src.elsewhere = c.src.definitions(c.stream())
	}
	return c.src.elsewhere
}

// found is a definition with its place.
type found struct {
	text string
	at   result.Place
}
