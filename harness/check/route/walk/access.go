package walk

import (
	"net/netip"
	"path"
	"slices"
	"strings"

	"badgateway/harness/check/route/draft"
	"badgateway/harness/check/route/pattern"
	"badgateway/harness/check/route/program"
	"badgateway/harness/nginx/conf"
)

// access is the access phase; false: the request went no further.
func (w *walker) access() bool {
	if w.internal && w.inSub() {
		return true // nginx checks no access for subrequests
	}
	any := w.scope.Inherited("satisfy").Arg(0) == "any"
	deny, addresses := w.scope.Denied(w.client())
	basic := w.unauthenticated()
	refused, status := w.authRequest()
	if any && (deny == nil && w.hasRules() || basic == nil && w.hasBasic() || refused != nil && status < 300) {
		return true
	}
	if any && basic != nil && w.basic != "" {
		w.forkWith(func(d *draft.Draft) { d.SetHeader("authorization", w.basic) })
	}
	switch {
	case deny != nil:
		w.forkClients(addresses)
		for i := range w.scope.Directive.Args {
			if method := w.scope.Directive.Arg(i); w.scope.Kind == program.IsLimit {
				w.forkWith(func(d *draft.Draft) { d.Method = method })
			}
		}
		w.fail(403, deny, "client address %s is denied", w.client())
		return false
	case basic != nil:
		if w.basic != "" {
			w.forkWith(func(d *draft.Draft) { d.SetHeader("authorization", w.basic) })
		}
		w.fail(401, basic, "needs a name and password")
		return false
	case refused != nil && status >= 300:
		w.fail(status, refused, "refused by auth_request")
		return false
	}
	return true
}

func (w *walker) inSub() bool { return w.via == "auth_request" || w.via == "mirror" }

// hasRules tells whether allow or deny hold here.
func (w *walker) hasRules() bool { return w.scope.Inherited("allow") != nil }

// client is $remote_addr, after the realip module (ngx_http_realip_module.c).
func (w *walker) client() netip.Addr {
	addr := w.draft.ClientAddr()
	if !w.trusts(addr) {
		return addr
	}
	sent := w.draft.HeaderValue(w.realHeader())
	if i := strings.LastIndexByte(sent, ','); i >= 0 {
		sent = sent[i+1:]
	}
	if told, err := netip.ParseAddr(strings.TrimSpace(sent)); err == nil {
		return told
	}
	return addr
}

// trusts tells whether the address may name another in a header.
func (w *walker) trusts(addr netip.Addr) bool {
	for _, d := range w.scope.InheritedAll("set_real_ip_from") {
		if network, ok := program.ParseNetwork(d.Arg(0)); ok && network.Contains(addr) {
			return true
		}
	}
	return false
}

func (w *walker) realHeader() string {
	name := w.scope.Inherited("real_ip_header").Arg(0)
	if name == "" {
		name = "X-Real-IP"
	}
	return strings.ReplaceAll(strings.ToLower(name), "-", "_")
}

// forkClients drafts requests from other addresses: told in a header where that
// is trusted, else called at such an address.
func (w *walker) forkClients(addresses []netip.Addr) {
	for _, addr := range addresses[:min(3, len(addresses))] {
		if w.trusts(w.draft.ClientAddr()) {
			w.forkWith(func(d *draft.Draft) { d.SetHeader(w.realHeader(), addr.String()) })
		}
		if l := w.draft.Entry.Listen; l.Unix == "" && l.Addr.IsUnspecified() && l.Addr.Is4() == addr.Is4() && program.Unicast(addr) {
			w.forkWith(func(d *draft.Draft) { d.Client = addr })
		}
		for _, e := range w.ways {
			if e.Listen.Addr.IsUnspecified() && e.Listen.Addr.Is6() && addr.Is6() && !w.draft.Entry.Listen.Addr.Is6() && program.Unicast(addr) {
				w.forkWith(func(d *draft.Draft) { d.Entry, d.Client = e, addr })
			}
		}
	}
}

// clientsFor are addresses that pass a test.
func clientsFor(t pattern.Test) []netip.Addr {
	var found []netip.Addr
	for _, v := range t.Values(pattern.HostAlphabet) {
		if addr, err := netip.ParseAddr(v); err == nil && program.Unicast(addr) {
			found = append(found, addr)
		}
	}
	for _, v := range []string{"127.0.0.1", "10.99.99.1"} {
		if t.Ok(v) {
			found = append(found, netip.MustParseAddr(v))
		}
	}
	return found
}

// clientsOfGeo are addresses for which a geo block's value passes.
func clientsOfGeo(all []program.Row, t pattern.Test) []netip.Addr {
	var found []netip.Addr
	add := func(addr netip.Addr) {
		if program.Unicast(addr) && t.Ok(program.Geo(all, addr.String())) && !slices.Contains(found, addr) {
			found = append(found, addr)
		}
	}
	for _, r := range all {
		first, _, _ := strings.Cut(r.Key, "-")
		if network, ok := program.ParseNetwork(first); ok {
			add(program.HostIn(network))
		}
	}
	add(netip.MustParseAddr("10.99.99.1"))
	return found
}

func (w *walker) hasBasic() bool {
	realm := w.scope.Inherited("auth_basic")
	return realm != nil && realm.Arg(0) != "off"
}

// unauthenticated is the auth_basic that wants credentials.
func (w *walker) unauthenticated() *conf.Directive {
	if !w.hasBasic() || w.draft.Header["authorization"] != "" && w.draft.Header["authorization"] == w.basic {
		return nil
	}
	return w.scope.Inherited("auth_basic")
}

// authRequest asks the location of auth_request, if there is one; the status is
// what the client gets if it is not 2xx (ngx_http_auth_request_module.c).
func (w *walker) authRequest() (*conf.Directive, int) {
	d := w.scope.Inherited("auth_request")
	if d == nil || d.Arg(0) == "off" {
		return nil, 0
	}
	before := len(w.Arrivals)
	status := w.ask(w.eval(d.Arg(0)), "auth_request")
	w.forkRefusals(w.Arrivals[before:])
	if status >= 300 && status != 401 && status != 403 {
		status = 500
	}
	return d, status
}

// forkRefusals drafts requests that the auth_request's upstream refuses, where
// an error page of this location leads on.
func (w *walker) forkRefusals(asked []Arrival) {
	for _, d := range w.errorPages() {
		page, ok := readErrorPage(d)
		if !ok || !w.leadsOn(page.to) {
			continue
		}
		for _, status := range page.statuses {
			if len(asked) > 0 && (status == 401 || status == 403) {
				from := asked[0].scope.Location()
				w.forkWith(func(d *draft.Draft) { d.Answers = append(d.Answers, draft.Answer{From: from, Status: status}) })
			}
		}
	}
}

// files is try_files; false: the request goes on elsewhere, or ended
// (ngx_http_try_files_module.c).
func (w *walker) files() bool {
	d := w.scope.First("try_files")
	if d == nil || len(d.Args) < 2 {
		return true
	}
	last := d.Args[len(d.Args)-1].Text
	tries := d.Args[:len(d.Args)-1]
	for _, a := range tries {
		name := w.eval(a.Text)
		if w.exists(w.filename(name), strings.HasSuffix(a.Text, "/")) {
			w.uri = name
			return true
		}
	}
	if first := w.filename(w.eval(tries[0].Text)); w.scope.Pass != nil && strings.HasPrefix(first, "/") && !strings.HasSuffix(first, "/") {
		w.forkWith(func(d *draft.Draft) { d.Files = append(d.Files, first) })
	}
	if code, ok := strings.CutPrefix(last, "="); ok {
		status := 0
		for _, c := range code {
			status = status*10 + int(c-'0')
		}
		w.fail(status, d, "answered %d: no file at %s", status, w.filename(w.eval(tries[0].Text)))
		return false
	}
	w.redirect(w.eval(last), "try_files")
	return false
}

// exists tells whether a file, or a directory, is there as far as is known.
func (w *walker) exists(name string, directory bool) bool {
	if directory {
		return path.Clean(name) == path.Clean(w.root())
	}
	return slices.Contains(w.draft.Files, name)
}

// root is the directory of the documents; relative to nginx's prefix.
func (w *walker) root() string {
	root := w.eval(w.scope.Inherited("root").Arg(0))
	if root == "" {
		root = "html"
	}
	if !strings.HasPrefix(root, "/") {
		root = path.Join(w.program.Prefix, root)
	}
	return strings.TrimSuffix(root, "/")
}

// filename is the file of a path (ngx_http_core_module.c:ngx_http_map_uri_to_path).
func (w *walker) filename(uri string) string {
	alias := w.scope.Location().First("alias")
	if alias == nil || w.scope.Location().Kind == program.IsServer {
		return w.root() + uri
	}
	to := w.eval(alias.Arg(0))
	if w.scope.Location().Re != nil {
		return to
	}
	return to + strings.TrimPrefix(uri, w.scope.Location().Text)
}
