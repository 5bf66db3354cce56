package route

import (
	"maps"
	"net/netip"
	"net/url"
	"slices"
	"strings"

	"badgateway/backends"
	"badgateway/harness/pod"
)

// AnswerHeader tells one backend to answer otherwise than usual, so that what
// stands behind error_page and X-Accel-Redirect is reached: "NAME=404". The
// request carries it, [Find] gives the backends the rules ([backends.Rule]).
const AnswerHeader = "Badgateway-Answer"

// draft is a request in the making. It is a value; edits copy it.
type draft struct {
	entry   entry
	path    string // decoded
	args    string // raw, behind the "?"
	method  string // empty: GET
	header  map[string]string
	cookies map[string]string
	cert    bool       // a client certificate is shown
	client  netip.Addr // the address that it comes from; zero: 127.0.0.1
	files   []string   // must be there in nginx's file system
	answers []answer   // backends that answer otherwise
	edits   int        // what was mended, in number
	origin  *scope     // the location whose path this is
}

// answer is what the backends of a pass do for this request alone.
type answer struct {
	from *scope
	// status is 404 or the like; badGateway is an answer that nginx cannot use.
	status int
	// accel is a location for X-Accel-Redirect.
	accel string
}

// badGateway is nginx's own 502, had by a header larger than any buffer.
const badGateway = 502

// with is a copy with one thing changed.
func (d draft) with(edit func(*draft)) draft {
	d.header, d.cookies = maps.Clone(d.header), maps.Clone(d.cookies)
	d.files, d.answers = slices.Clone(d.files), slices.Clone(d.answers)
	if d.header == nil {
		d.header = map[string]string{}
	}
	if d.cookies == nil {
		d.cookies = map[string]string{}
	}
	d.edits++
	edit(&d)
	return d
}

// key is the same for drafts that are the same request.
func (d draft) key() string {
	r := d.request("", nil)
	r.URL = d.entry.listen.Unix + r.URL
	var b strings.Builder
	b.WriteString(r.Method + " " + r.URL + " " + r.Address + " " + strings.Join(d.files, ","))
	for _, name := range slices.Sorted(maps.Keys(r.Header)) {
		b.WriteString("\n" + name + ": " + strings.Join(r.Header[name], ", "))
	}
	for _, a := range d.answers {
		b.WriteString("\n" + a.from.text + a.accel + strings.Repeat("!", a.status))
	}
	if d.cert {
		b.WriteString("\ncert")
	}
	return b.String()
}

// headerValue is what nginx sees of a header field, by its name in lower case
// with underscores.
func (d draft) headerValue(name string) string {
	if name == "cookie" {
		return d.cookieHeader()
	}
	return d.header[name]
}

func (d draft) cookieHeader() string {
	var pairs []string
	for _, name := range slices.Sorted(maps.Keys(d.cookies)) {
		pairs = append(pairs, name+"="+d.cookies[name])
	}
	return strings.Join(pairs, "; ")
}

// hostHeader is the Host field: the port is named where it is not the scheme's.
func (d draft) hostHeader() string {
	port := d.entry.listen.Port
	if d.entry.host == "" || port == "" || port == "80" && !d.entry.tls || port == "443" && d.entry.tls {
		return d.entry.host
	}
	return d.entry.host + ":" + port
}

func (d draft) scheme() string {
	if d.entry.tls {
		return "https"
	}
	return "http"
}

// requestURI is the path as it is sent.
func (d draft) requestURI() string {
	uri := (&url.URL{Path: d.path}).EscapedPath()
	if d.args != "" {
		uri += "?" + d.args
	}
	return uri
}

// request is what the lab sends. protocol is the route's; names gives the
// backends of a pass.
func (d draft) request(protocol string, names func(*scope) []string) pod.Request {
	l := d.entry.listen
	r := pod.Request{
		Method: d.method, URL: d.scheme() + "://" + d.authority() + d.requestURI(),
		ClientCertificate: d.cert, ProxyProtocol: l.ProxyProtocol, Address: d.address(),
	}
	header := map[string][]string{}
	for name, value := range d.header {
		header[wireName(name)] = []string{value}
	}
	if cookies := d.cookieHeader(); cookies != "" {
		header["Cookie"] = []string{cookies}
	}
	if d.entry.host == "" {
		r.Proto = pod.HTTP10 // HTTP/1.1 demands a Host
	}
	if d.entry.h2 && !d.entry.tls {
		r.Proto = pod.HTTP2 // before nginx 1.25.1 such a listener speaks nothing else
	}
	if protocol == "grpc" || protocol == "grpcs" {
		header["Content-Type"], header["Te"] = []string{"application/grpc"}, []string{"trailers"}
		r.Method = "POST"
		if d.entry.h2 {
			r.Proto = pod.HTTP2
		}
	}
	for _, a := range d.answers {
		for _, name := range sortedNames(a.from, names) {
			header[AnswerHeader] = append(header[AnswerHeader], name+"="+a.word())
		}
	}
	if len(header) > 0 {
		r.Header = header
	}
	return r
}

func sortedNames(from *scope, names func(*scope) []string) []string {
	if names == nil {
		return nil
	}
	return names(from)
}

// authority is the host and port of the URL; a request without a host goes to
// an address.
func (d draft) authority() string {
	host := d.hostHeader()
	if host == "" {
		host = "127.0.0.1:" + d.entry.listen.Port
	}
	return host
}

// address is where the lab connects.
func (d draft) address() string {
	l := d.entry.listen
	if l.Unix != "" {
		return "unix:" + l.Unix
	}
	addr := l.Addr
	switch {
	case l.Name != "" && d.entry.at.IsValid():
		addr = d.entry.at
	case l.Name != "" || !addr.IsValid():
		addr = netip.AddrFrom4([4]byte{127, 0, 0, 1})
	case addr.IsUnspecified() && d.client.IsValid():
		addr = d.client // on the loopback device both ends have the address called
	case addr.IsUnspecified() && d.entry.at.IsValid():
		addr = d.entry.at
	case addr.IsUnspecified() && addr.Is6():
		addr = netip.IPv6Loopback()
	case addr.IsUnspecified():
		addr = netip.AddrFrom4([4]byte{127, 0, 0, 1})
	}
	port, _ := netip.ParseAddrPort("0.0.0.0:" + l.Port)
	return netip.AddrPortFrom(addr, port.Port()).String()
}

// clientAddr is $remote_addr.
func (d draft) clientAddr() netip.Addr {
	at, err := netip.ParseAddrPort(d.address())
	if err != nil {
		return netip.Addr{} // a unix socket
	}
	if at.Addr().Is4() && at.Addr().IsLoopback() {
		return netip.AddrFrom4([4]byte{127, 0, 0, 1}) // whichever of 127.0.0.0/8 is called
	}
	return at.Addr()
}

// wireName makes a field's name of nginx's variable: x_real_ip.
func wireName(name string) string {
	words := strings.Split(name, "_")
	for i, w := range words {
		if w != "" {
			words[i] = strings.ToUpper(w[:1]) + w[1:]
		}
	}
	return strings.Join(words, "-")
}

// word is the value of [AnswerHeader] behind the backend's name.
func (a answer) word() string {
	if a.accel != "" {
		return "accel:" + a.accel
	}
	return statusWord(a.status)
}

// rule is what a backend needs to give the answer.
func (a answer) rule(backend string) backends.Rule {
	r := backends.Rule{Field: AnswerHeader, Value: "^" + quote(backend+"="+a.word()) + "$"}
	switch {
	case a.accel != "":
		r.Header, r.Once = map[string][]string{"X-Accel-Redirect": {a.accel}}, true
	case a.status == badGateway:
		r.Header = map[string][]string{"Badgateway-Padding": {strings.Repeat("x", 1<<20)}}
	default:
		r.Status = a.status
	}
	return r
}

// setHeader gives a field, by nginx's name for it, a value; "" takes it away.
func (d *draft) setHeader(name, value string) {
	if value == "" {
		delete(d.header, name)
		return
	}
	d.header[name] = value
}
