package draft

import (
	"maps"
	"net/netip"
	"net/url"
	"slices"
	"strings"

	"badgateway/harness/check/route/program"
	"badgateway/harness/pod"
)

// Draft is a request in the making. It is a value; edits copy it.
type Draft struct {
	Entry   program.Entry
	Path    string // decoded
	Args    string // raw, behind the "?"
	Method  string // empty: GET
	Header  map[string]string
	Cookies map[string]string
	NoPort  bool           // the Host field names no port
	Cert    bool           // a client certificate is shown
	Client  netip.Addr     // the address that it comes from; zero: 127.0.0.1
	Files   []string       // must be there in nginx's file system
	Answers []Answer       // backends that answer otherwise
	Edits   int            // what was mended, in number
	Origin  *program.Scope // the location whose path this is
}

// With is a copy with one thing changed.
func (d Draft) With(edit func(*Draft)) Draft {
	d.Header, d.Cookies = maps.Clone(d.Header), maps.Clone(d.Cookies)
	d.Files, d.Answers = slices.Clone(d.Files), slices.Clone(d.Answers)
	if d.Header == nil {
		d.Header = map[string]string{}
	}
	if d.Cookies == nil {
		d.Cookies = map[string]string{}
	}
	d.Edits++
	edit(&d)
	return d
}

// Key is the same for drafts that are the same request.
func (d Draft) Key() string {
	r := d.Request("", nil)
	r.URL = d.Entry.Listen.Unix + r.URL
	var b strings.Builder
	b.WriteString(r.Method + " " + r.URL + " " + r.Address + " " + strings.Join(d.Files, ","))
	for _, name := range slices.Sorted(maps.Keys(r.Header)) {
		b.WriteString("\n" + name + ": " + strings.Join(r.Header[name], ", "))
	}
	for _, a := range d.Answers {
		b.WriteString("\n" + a.From.Text + a.Accel + strings.Repeat("!", a.Status))
	}
	if d.Cert {
		b.WriteString("\ncert")
	}
	return b.String()
}

// HeaderValue is what nginx sees of a header field, by its name in lower case
// with underscores.
func (d Draft) HeaderValue(name string) string {
	if name == "cookie" {
		return d.cookieHeader()
	}
	return d.Header[name]
}

func (d Draft) cookieHeader() string {
	var pairs []string
	for _, name := range slices.Sorted(maps.Keys(d.Cookies)) {
		pairs = append(pairs, name+"="+d.Cookies[name])
	}
	return strings.Join(pairs, "; ")
}

// HostHeader is the Host field: the port is named where it is not the scheme's.
func (d Draft) HostHeader() string {
	port := d.Entry.Listen.Port
	if d.Entry.Host == "" || d.NoPort || port == "" || port == "80" && !d.Entry.TLS || port == "443" && d.Entry.TLS {
		return d.Entry.Host
	}
	return d.Entry.Host + ":" + port
}

func (d Draft) Scheme() string {
	if d.Entry.TLS {
		return "https"
	}
	return "http"
}

// RequestURI is the path as it is sent.
func (d Draft) RequestURI() string {
	uri := (&url.URL{Path: d.Path}).EscapedPath()
	if d.Args != "" {
		uri += "?" + d.Args
	}
	return uri
}

// Request is what the lab sends. protocol is the route's; names gives the
// backends of a pass.
func (d Draft) Request(protocol string, names func(*program.Scope) []string) pod.Request {
	l := d.Entry.Listen
	r := pod.Request{
		Method: d.Method, URL: d.Scheme() + "://" + d.authority() + d.RequestURI(),
		ClientCertificate: d.Cert, ProxyProtocol: l.ProxyProtocol, Address: d.address(),
	}
	header := map[string][]string{}
	for name, value := range d.Header {
		header[wireName(name)] = []string{value}
	}
	if cookies := d.cookieHeader(); cookies != "" {
		header["Cookie"] = []string{cookies}
	}
	if d.Entry.Host == "" {
		r.Proto = pod.HTTP10 // HTTP/1.1 demands a Host
	}
	if d.Entry.H2 && !d.Entry.TLS {
		r.Proto = pod.HTTP2 // before nginx 1.25.1 such a listener speaks nothing else
	}
	if protocol == "grpc" || protocol == "grpcs" {
		header["Content-Type"], header["Te"] = []string{"application/grpc"}, []string{"trailers"}
		r.Method = "POST"
		if d.Entry.H2 {
			r.Proto = pod.HTTP2
		}
	}
	for _, a := range d.Answers {
		for _, name := range sortedNames(a.From, names) {
			header[AnswerHeader] = append(header[AnswerHeader], name+"="+a.word())
		}
	}
	if len(header) > 0 {
		r.Header = header
	}
	return r
}

func sortedNames(from *program.Scope, names func(*program.Scope) []string) []string {
	if names == nil {
		return nil
	}
	return names(from)
}

// authority is the host and port of the URL; a request without a host goes to
// an address.
func (d Draft) authority() string {
	host := d.HostHeader()
	if host == "" {
		host = "127.0.0.1:" + d.Entry.Listen.Port
	}
	return host
}

// address is where the lab connects.
func (d Draft) address() string {
	l := d.Entry.Listen
	if l.Unix != "" {
		return "unix:" + l.Unix
	}
	addr := l.Addr
	switch {
	case l.Name != "" && d.Entry.At.IsValid():
		addr = d.Entry.At
	case l.Name != "" || !addr.IsValid():
		addr = netip.AddrFrom4([4]byte{127, 0, 0, 1})
	case addr.IsUnspecified() && d.Client.IsValid():
		addr = d.Client // on the loopback device both ends have the address called
	case addr.IsUnspecified() && d.Entry.At.IsValid():
		addr = d.Entry.At
	case addr.IsUnspecified() && addr.Is6():
		addr = netip.IPv6Loopback()
	case addr.IsUnspecified():
		addr = netip.AddrFrom4([4]byte{127, 0, 0, 1})
	}
	port, _ := netip.ParseAddrPort("0.0.0.0:" + l.Port)
	return netip.AddrPortFrom(addr, port.Port()).String()
}

// ClientAddr is $remote_addr.
func (d Draft) ClientAddr() netip.Addr {
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

// SetHeader gives a field, by nginx's name for it, a value; "" takes it away.
func (d *Draft) SetHeader(name, value string) {
	if value == "" {
		delete(d.Header, name)
		return
	}
	d.Header[name] = value
}

func (d Draft) HeaderOrHost(name string) string {
	if name == "host" {
		return d.HostHeader()
	}
	return d.HeaderValue(name)
}
