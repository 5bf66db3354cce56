package sandbox

import (
	"path"
	"slices"
	"strings"

	"badgateway/backends"
	"badgateway/harness/check/result"
	"badgateway/harness/nginx/conf"
	"badgateway/harness/pod"
)

// named says what a directive names.
type named int

const (
	isLog         named = iota // a file that nginx writes, in a directory that must be there
	isCache                    // a directory that nginx makes, in one that must be there
	isDirectory                // a directory that must be there
	isRoot                     // documents: a directory, empty unless the owner's tree has it
	isTrusted                  // certificates of authorities
	isRevocations              // a revocation list
	isDHParam
	isTicketKey
	isPasswords // of keys
	isAccounts  // of users
	isRules     // of a firewall: none let everything pass
	isOwn       // a file that only the owner can have
)

// naming are the directives that name a file or directory by their first
// argument. inPrefix: a relative one begins at nginx's prefix, not at the
// directory of nginx.conf.
var naming = map[string]struct {
	what     named
	inPrefix bool
}{
	"error_log": {isLog, true}, "access_log": {isLog, true}, "pid": {isLog, true}, "lock_file": {isLog, true},
	"client_body_temp_path": {isCache, true}, "proxy_temp_path": {isCache, true}, "fastcgi_temp_path": {isCache, true},
	"uwsgi_temp_path": {isCache, true}, "scgi_temp_path": {isCache, true}, "proxy_cache_path": {isCache, true},
	"fastcgi_cache_path": {isCache, true}, "uwsgi_cache_path": {isCache, true}, "scgi_cache_path": {isCache, true},
	"working_directory": {isDirectory, true}, "root": {isRoot, true}, "alias": {isRoot, true},
	"ssl_client_certificate": {isTrusted, false}, "ssl_trusted_certificate": {isTrusted, false},
	"proxy_ssl_trusted_certificate": {isTrusted, false}, "grpc_ssl_trusted_certificate": {isTrusted, false},
	"uwsgi_ssl_trusted_certificate": {isTrusted, false},
	"ssl_crl":                       {isRevocations, false}, "proxy_ssl_crl": {isRevocations, false},
	"grpc_ssl_crl": {isRevocations, false}, "uwsgi_ssl_crl": {isRevocations, false},
	"ssl_dhparam": {isDHParam, false}, "ssl_session_ticket_key": {isTicketKey, false},
	"ssl_password_file": {isPasswords, false}, "proxy_ssl_password_file": {isPasswords, false},
	"grpc_ssl_password_file": {isPasswords, false}, "uwsgi_ssl_password_file": {isPasswords, false},
	"auth_basic_user_file": {isAccounts, false},
	"geoip_country":        {isOwn, false}, "geoip_city": {isOwn, false}, "geoip_org": {isOwn, false}, "geoip2": {isOwn, false},
	"ssl_stapling_file": {isOwn, false}, "xslt_stylesheet": {isOwn, false}, "js_import": {isOwn, false},
	"perl_modules": {isOwn, false}, "modsecurity_rules_file": {isRules, false},
}

// planPaths makes the files and directories that the text names.
func (p *plan) planPaths() {
	for d, chain := range p.tree.All() {
		kind, known := naming[d.Name.Text]
		if !known || d.Entry || len(d.Args) == 0 {
			continue
		}
		for _, value := range p.pathValues(d, chain) {
			file := p.inConf(value)
			if kind.inPrefix {
				file = p.inPrefix(value)
			}
			p.planPath(kind.what, file, d)
		}
	}
}

// pathValues are the paths that a directive can name. A log in a file of a
// variable's name is opened by the request.
func (p *plan) pathValues(d *conf.Directive, chain []*conf.Directive) []string {
	value := d.Arg(0)
	switch {
	case d.Is("error_log", "access_log"): // error_log off, and access_log stderr, name files
		if value == map[string]string{"error_log": "stderr", "access_log": "off"}[d.Name.Text] ||
			strings.HasPrefix(value, "syslog:") || strings.HasPrefix(value, "memory:") {
			return nil
		}
	case d.Is("js_import"):
		return p.scripts(d)
	}
	if strings.Contains(value, "$") {
		if before, _, _ := strings.Cut(value, "$"); strings.HasSuffix(before, "/") && d.Is("access_log", "root", "alias") {
			return []string{before}
		}
	}
	return slices.DeleteFunc(slices.Clone(p.values(chain, value)), func(s string) bool { return s == "" })
}

// planPath makes one file or directory.
func (p *plan) planPath(what named, file string, by *conf.Directive) {
	own, err := p.text.Lookup(file)
	has := err == nil
	note := "generated"
	var data []byte
	switch what {
	case isLog, isCache:
		p.planOutput(what, file, by)
		return
	case isDirectory, isRoot:
		if !has {
			if !(by.Is("alias") && path.Ext(file) != "") {
				p.directory(file, by)
			}
			return
		}
	case isTrusted:
		note = "the check's certificate authority"
		if has {
			note = "your file, and the check's certificate authority behind it"
		}
		if data, err = p.trusted(own); err != nil {
			p.fail(err)
			return
		}
		has = false
	case isRevocations:
		data, err = backends.Revocations()
		if err != nil {
			p.fail(err)
			return
		}
		note, has = "an empty list of the check's certificate authority", false
	case isAccounts:
		data, note, has = accounts(own), "user "+User+", password "+Password, false
	case isDHParam:
		data, note = []byte(dhParam), "group ffdhe2048 (RFC 7919)"
	case isTicketKey:
		data = make([]byte, 80) // ngx_event_openssl.c: 48 or 80 bytes
	case isPasswords:
		data = []byte(Password + "\n")
	case isRules:
		note = "without any rule"
	case isOwn:
		if !has {
			return // nginx says that it is missing
		}
	}
	if has {
		p.put(pod.File{Path: file, Data: own})
		if by.Is("js_import") {
			p.putImports(file, own, map[string]bool{file: true})
		}
		return
	}
	p.put(pod.File{Path: file, Data: data})
	p.supply(result.SuppliedFile, file, note, by)
}

// planOutput lets nginx write a file or a directory. What lies among the
// programs, below its prefix often, is made in advance: nothing can be made
// there later.
func (p *plan) planOutput(what named, file string, by *conf.Directive) {
	if !strings.HasPrefix(file, "/usr/") {
		p.outputDirectory(path.Dir(file), by)
		return
	}
	p.put(pod.File{Path: file, Dir: what == isCache, Mode: 0o777})
	p.supply(result.SuppliedFile, file, "for nginx to write", by)
}

// accounts adds a user with whom the check's requests log in
// (ngx_crypt.c: {PLAIN}).
func accounts(own []byte) []byte {
	if len(own) > 0 && own[len(own)-1] != '\n' {
		own = append(slices.Clone(own), '\n')
	}
	return append(slices.Clone(own), User+":{PLAIN}"+Password+"\n"...)
}

// dhParam are the parameters of ffdhe2048 (RFC 7919, appendix A.1): `openssl
// genpkey -genparam -algorithm DH -pkeyopt group:ffdhe2048`.
const dhParam = `-----BEGIN DH PARAMETERS-----
MIIBCAKCAQEA//////////+t+FRYortKmq/cViAnPTzx2LnFg84tNpWp4TZBFGQz
+8yTnc4kmz75fS/jY2MMddj2gbICrsRhetPfHtXV/WVhJDP1H18GbtCFY2VVPe0a
87VXE15/V8k1mE8McODmi3fipona8+/och3xWKE2rec1MKzKT0g6eXq8CrGCsyT7
YdEIqUuyyOP7uWrat2DX9GgdT0Kj3jlN9K5W7edjcrsZCwenyO4KbXCeAvzhzffi
7MA0BM0oNC9hkXL+nOmFg/+OTxIy7vKBg8P+OxtMb61zO7X8vC7CIAXFjvGDfRaD
ssbzSibBsu/6iGtCOGEoXJf//////////wIBAg==
-----END DH PARAMETERS-----
`
