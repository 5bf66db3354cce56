package sandbox

import (
	"bytes"
	"crypto/tls"
	"fmt"
	"maps"
	"slices"
	"strings"

	"badgateway/backends"
	"badgateway/harness/check/result"
	"badgateway/harness/check/upstream"
	"badgateway/harness/nginx/conf"
	"badgateway/harness/pod"
)

// pairs are the directives that name a certificate, with those of its key.
var pairs = map[string]string{
	"ssl_certificate": "ssl_certificate_key", "proxy_ssl_certificate": "proxy_ssl_certificate_key",
	"grpc_ssl_certificate": "grpc_ssl_certificate_key", "uwsgi_ssl_certificate": "uwsgi_ssl_certificate_key",
}

// wallet joins files that must fit: certificates and the keys used with them.
type wallet struct {
	leader map[string]string // another file of the same group, or the file itself
	certs  map[string]*conf.Directive
	keys   map[string]*conf.Directive
	names  map[string][]string // of a certificate
}

// planCertificates issues every certificate and key that the text names and
// the owner's tree does not hold.
func (p *plan) planCertificates() {
	w := &wallet{leader: map[string]string{}, certs: map[string]*conf.Directive{}, keys: map[string]*conf.Directive{}, names: map[string][]string{}}
	for d, chain := range p.tree.All() {
		if keyName := pairs[d.Name.Text]; keyName != "" && !d.Entry {
			p.join(w, d, chain, keyName)
		}
	}
	groups := map[string][]string{}
	for _, path := range slices.Sorted(maps.Keys(w.leader)) {
		groups[w.lead(path)] = append(groups[w.lead(path)], path)
	}
	for _, leader := range slices.Sorted(maps.Keys(groups)) {
		p.issue(w, groups[leader])
	}
}

// join notes a certificate with its key, which stands in the same place of the
// list of keys that holds in this block (ngx_http_ssl_module.c:ngx_http_ssl_compile_certificates).
func (p *plan) join(w *wallet, d *conf.Directive, chain []*conf.Directive, keyName string) {
	index := 0
	if len(chain) > 0 {
		index = slices.Index(slices.Collect(conf.Find(conf.Children(chain[len(chain)-1]), d.Name.Text)), d)
	}
	keys := conf.InheritedAll(chain, keyName)
	if len(keys) == 0 { // a certificate of http with keys of the servers
		for _, server := range serversOf(p.tree, chain) {
			keys = slices.AppendSeq(keys, conf.Find(conf.Children(server), keyName))
		}
	}
	var key *conf.Directive
	if len(keys) > 0 {
		key = keys[min(index, len(keys)-1)]
	}
	names := certificateNames(p.tree, chain)
	certs := p.keyFiles(d, chain)
	for i, cert := range certs {
		w.names[cert] = append(w.names[cert], names...)
		w.add(cert, w.certs, d)
		if key == nil {
			continue
		}
		keyFiles := p.keyFiles(key, chain)
		for k, file := range keyFiles {
			w.add(file, w.keys, key)
			if len(keyFiles) != len(certs) || i == k {
				w.unite(cert, file)
			}
		}
	}
}

// keyFiles are the files that a directive of a certificate or key can name.
func (p *plan) keyFiles(d *conf.Directive, chain []*conf.Directive) []string {
	var files []string
	for _, value := range p.values(chain, d.Arg(0)) {
		switch scheme, _, _ := strings.Cut(value, ":"); scheme {
		case "data":
		case "engine", "store":
			p.refuse(d, "the key lies in a hardware token or key store",
				"name a file in "+d.Name.Text+" in a copy of the configuration; the check generates the file")
		default:
			if value != "" {
				files = append(files, p.inConf(value))
			}
		}
	}
	return files
}

// add notes a file with the first directive that names it.
func (w *wallet) add(file string, in map[string]*conf.Directive, by *conf.Directive) {
	if in[file] == nil {
		in[file] = by
	}
	if w.leader[file] == "" {
		w.leader[file] = file
	}
}

// unite joins two files, which are noted.
func (w *wallet) unite(a, b string) { w.leader[w.lead(b)] = w.lead(a) }

// lead is the file that stands for all that are joined with it.
func (w *wallet) lead(file string) string {
	for w.leader[file] != file {
		w.leader[file] = w.leader[w.leader[file]]
		file = w.leader[file]
	}
	return file
}

// serversOf is the server of a chain, or all of the tree's that it is around.
func serversOf(t *conf.Tree, chain []*conf.Directive) []*conf.Directive {
	for _, block := range slices.Backward(chain) {
		if block.Is("server") {
			return []*conf.Directive{block}
		}
	}
	var all []*conf.Directive
	for d, around := range t.All() {
		if d.Is("server") && d.HasBlock && len(chain) > 0 && slices.Contains(around, chain[len(chain)-1]) {
			all = append(all, d)
		}
	}
	return all
}

// certificateNames are the subject alternative names for the servers of a chain.
func certificateNames(t *conf.Tree, chain []*conf.Directive) []string {
	var names []string
	for _, server := range serversOf(t, chain) {
		for d := range conf.Find(conf.Children(server), "server_name") {
			for i := range d.Args {
				if name := d.Arg(i); strings.HasPrefix(name, "*.") {
					names = append(names, name)
				} else if strings.HasPrefix(name, ".") {
					names = append(names, "*"+name)
				}
			}
		}
		names = append(names, upstream.Names(server)...)
	}
	return names
}

// issue makes what a group of files lacks. A certificate without its key, and
// one that does not fit, is made anew with it.
func (p *plan) issue(w *wallet, files []string) {
	var names []string
	for _, file := range files {
		names = append(names, w.names[file]...)
	}
	slices.Sort(names)
	names = slices.DeleteFunc(slices.Compact(names), func(name string) bool { return !validTLSName(name) })
	if len(names) == 0 {
		names = []string{upstream.FallbackHost}
	}
	if p.own(w, files) {
		return
	}
	cert, key, err := backends.Issue(names...)
	if err != nil {
		p.fail(fmt.Errorf("make certificate: %w", err))
		return
	}
	for _, file := range files {
		var data []byte
		note := "issued by the check"
		if p.has(file) {
			note = "in place of the one in your tree, which comes without what belongs to it"
		}
		kind, by := result.SuppliedKey, w.keys[file]
		if w.certs[file] != nil {
			kind, by = result.SuppliedCertificate, w.certs[file]
			data = append(data, cert...)
			note += ", names " + strings.Join(names, " ")
		}
		if w.keys[file] != nil {
			data = append(data, key...)
		}
		p.put(pod.File{Path: file, Data: data})
		p.supply(kind, file, note, by)
	}
}

// own takes a group from the owner's tree when it holds every file and they fit.
func (p *plan) own(w *wallet, files []string) bool {
	var certs, keys [][]byte
	for _, file := range files {
		data, err := p.text.Lookup(file)
		if err != nil {
			return false
		}
		if w.certs[file] != nil {
			certs = append(certs, data)
		}
		if w.keys[file] != nil {
			keys = append(keys, data)
		}
	}
	for i := range max(len(certs), len(keys)) {
		if len(certs) == 0 || len(keys) == 0 {
			return false
		}
		if _, err := tls.X509KeyPair(certs[min(i, len(certs)-1)], keys[min(i, len(keys)-1)]); err != nil {
			return false
		}
	}
	for _, file := range files {
		data, _ := p.text.Lookup(file)
		p.put(pod.File{Path: file, Data: data})
	}
	return true
}

// trusted is what stands in a file of trusted certificates: the owner's own,
// and the authority of the check's.
func (p *plan) trusted(own []byte) ([]byte, error) {
	ca, err := backends.CA()
	if err != nil {
		return nil, fmt.Errorf("make certificate authority: %w", err)
	}
	if bytes.HasPrefix(bytes.TrimSpace(own), []byte("-----BEGIN")) {
		return slices.Concat(bytes.TrimSpace(own), []byte("\n"), ca), nil
	}
	return ca, nil
}
