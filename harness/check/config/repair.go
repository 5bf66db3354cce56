package config

import (
	"regexp"
	"strings"

	"badgateway/harness/check/result"
)

// complaint is a message of nginx about what the absent parent of a fragment
// would define, and what helps. $1 is the message's first group.
type complaint struct {
	message *regexp.Regexp
	kind    kind
	line    string
}

var complaints = []complaint{
	{message: regexp.MustCompile(`^unknown "(\w+)" variable`), kind: kindVariable},
	{message: regexp.MustCompile(`^unknown log format "([^"]+)"`), kind: kindFormat},
	{message: regexp.MustCompile(`^"(?:proxy|fastcgi|uwsgi|scgi)_cache" zone "([^"]+)" is unknown`), kind: kindCache},
	{message: regexp.MustCompile(`^no "ssl_certificate(?:_key)?" is defined`),
		line: "ssl_certificate /etc/nginx/fragment/parent.pem;\nssl_certificate_key /etc/nginx/fragment/parent.key;"},
	{message: regexp.MustCompile(`^could not build (?:the )?(server_names|map|variables)_hash`), line: "$1_hash_bucket_size 512;"},
	{message: regexp.MustCompile(`^no resolver defined to resolve`), line: "resolver 127.0.0.11;"},
}

// Repair supplies what the absent parent of a fragment would define, as an
// [emerg] message of nginx asks for it. It tells whether it could; the tree is
// then a new one. A whole configuration has no absent parent.
func (c *Config) Repair(message string, at result.Place) bool {
	if c.wrap == nil || c.wrap.level == levelNoEvents {
		return false
	}
	for _, k := range complaints {
		m := k.message.FindStringSubmatch(message)
		if m == nil {
			continue
		}
		before := len(c.wrap.outer)
		if k.line != "" {
			line := k.message.ReplaceAllString(m[0], k.line)
			c.addParent(strings.Split(line, "\n")...)
			c.note(result.Supplied{Kind: result.SuppliedContext, Name: strings.TrimSuffix(strings.Split(line, "\n")[0], ";"),
				Note: "as its absent parent would define it", For: at})
		} else {
			def := definition{k.kind, strings.ToLower(m[1])}
			if k.kind != kindVariable {
				def.name = m[1]
			}
			if k.kind == kindCache {
				def.kind = kind(strings.Trim(strings.Fields(message)[0], `"`))
			}
			c.define(def, at)
		}
		if len(c.wrap.outer) == before {
			return false
		}
		return c.rewrap() == nil
	}
	return false
}

// ownDefinition finds a definition in the owner's tree: in its nginx.conf with
// all it includes, and in the files beside the fragment.
func (c *Config) ownDefinition(def definition) (text string, from result.Place, ok bool) {
	if c.src.elsewhere == nil {
		c.src.elsewhere = c.src.definitions(c.wrap.level == levelStream)
	}
	found, ok := c.src.elsewhere[def]
	return found.text, found.at, ok
}

// found is a definition with its place.
type found struct {
	text string
	at   result.Place
}
