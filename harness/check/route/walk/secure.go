package walk

import (
	"crypto/md5"
	"encoding/base64"
	"net/url"
	"slices"
	"strings"

	"badgateway/harness/check/route/draft"
	"badgateway/harness/check/route/pattern"
	"badgateway/harness/check/route/program"
)

// farFuture is when a signed link ends: the year 2100, in seconds.
const farFuture = "4102444800"

// secure are the variables of ngx_http_secure_link_module.c.
func (w *walker) secure(name string) string {
	link := w.scope.Inherited("secure_link")
	if link == nil || name != "secure_link" && name != "secure_link_expires" {
		return ""
	}
	hash, expires, _ := strings.Cut(w.eval(link.Arg(0)), ",")
	switch {
	case name == "secure_link_expires":
		return expires
	case hash == "" || hash != w.linkHash():
		return ""
	}
	return "1"
}

// linkHash is what secure_link_md5 makes of the request.
func (w *walker) linkHash() string {
	sum := md5.Sum([]byte(w.eval(w.scope.Inherited("secure_link_md5").Arg(0))))
	return base64.RawURLEncoding.EncodeToString(sum[:])
}

// secureLink signs the request: the end first, because the hash is over it.
func (m *mender) secureLink() {
	link := m.scope.Inherited("secure_link")
	if link == nil {
		return
	}
	hash, expires, _ := strings.Cut(link.Arg(0), ",")
	arg := func(text string) (string, bool) {
		return strings.CutPrefix(strings.NewReplacer("{", "", "}", "").Replace(text), "$arg_")
	}
	if m.eval(expires) != farFuture && expires != "" {
		if name, ok := arg(expires); ok {
			m.edit(func(d *draft.Draft) { d.Args = draft.SetArgument(d.Args, name, farFuture) })
		} else {
			m.text(expires, pattern.Test{Equals: farFuture}, maxNesting)
		}
		return
	}
	if name, ok := arg(hash); ok {
		m.edit(func(d *draft.Draft) { d.Args = draft.SetArgument(d.Args, name, m.linkHash()) })
	} else {
		m.text(hash, pattern.Test{Equals: m.linkHash()}, maxNesting)
	}
}

// referers are the parameters of valid_referers that hold here.
func (w *walker) referers() []string {
	var all []string
	for _, d := range w.scope.InheritedAll("valid_referers") {
		for i := range d.Args {
			all = append(all, d.Arg(i))
		}
	}
	return all
}

// invalidReferer is $invalid_referer (ngx_http_referer_module.c:ngx_http_referer_variable).
func (w *walker) invalidReferer() string {
	valid := w.referers()
	sent := w.draft.Header["referer"]
	if len(valid) == 0 || sent == "" && slices.Contains(valid, "none") {
		return ""
	}
	host := ""
	if u, err := url.Parse(sent); err == nil && (u.Scheme == "http" || u.Scheme == "https") {
		host = u.Hostname()
	} else if sent != "" && slices.Contains(valid, "blocked") {
		return ""
	}
	for _, v := range valid {
		name, _, _ := strings.Cut(v, "/")
		switch expr, isRegex := strings.CutPrefix(v, "~"); {
		case isRegex && host != "" && pattern.Compile(expr, true).Matches(strings.TrimPrefix(strings.TrimPrefix(sent, "https://"), "http://")):
			return ""
		case v != "server_names" && !isRegex && host != "" && (program.ServerName{Text: strings.ToLower(name)}).Rank(host) > 0:
			return ""
		case v == "server_names" && host != "" && slices.ContainsFunc(w.server.Names, func(n program.ServerName) bool { return n.Rank(host) > 0 }):
			return ""
		}
	}
	return "1"
}

// referers mends $invalid_referer.
func (m *mender) referers(t pattern.Test) {
	candidates := []string{"", "https://elsewhere.invalid/", "http://" + m.draft.Entry.Host + "/"}
	for _, v := range m.walker.referers() {
		name := strings.NewReplacer("*.", "bg.", ".*", ".example").Replace(v)
		if expr, ok := strings.CutPrefix(v, "~"); ok {
			found := pattern.Samples(pattern.Compile(expr, true), pattern.HostAlphabet)
			name = strings.Join(found[:min(1, len(found))], "")
		}
		candidates = append(candidates, "http://"+strings.TrimPrefix(name, ".")+"/")
	}
	for _, referer := range candidates {
		other := *m.walker
		other.draft = m.draft.With(func(d *draft.Draft) { d.SetHeader("referer", referer) })
		if t.Ok(other.invalidReferer()) {
			m.edit(func(d *draft.Draft) { d.SetHeader("referer", referer) })
		}
	}
}
