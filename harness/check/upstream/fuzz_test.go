package upstream_test

import (
	"testing"

	"badgateway/harness/check/upstream"
	"badgateway/harness/nginx/conf"
)

// FuzzFind reads any text that has the form of a configuration: nothing in it
// may make the reader panic or go on for ever.
func FuzzFind(f *testing.F) {
	for _, text := range []string{
		`http { upstream a { server b:1 resolve; server unix:/x; } map $x $y { ~^(?<z>.+)$ $z; default $y; } server { listen [::]:1-9; server_name ~^(a|b)$ .c;
			location ~ (x)(?!y)++ { set $y "$1$z"; proxy_pass http://$y$request_uri; } } }`,
		`stream { server { listen 1 udp; proxy_pass $a; } } http { server { location / { fastcgi_pass :; grpc_pass [; uwsgi_pass ]:; scgi_pass a:b:c; } } }`,
		`http { split_clients $a $b { * $b; } geo $c { include x; default; } server { location = { if ($a ~) { proxy_pass ${; } } } }`,
		`http { map $a $b { default $b$b$b; x $c$c; } map $a $c { default $b$b; y $c$c$c; } server { location / { proxy_pass http://$b$c; } } }`,
		`http { server { location ~ (((a{9}){9}){9}) { proxy_pass http://$1; } } }`,
	} {
		f.Add(text)
	}
	f.Fuzz(func(_ *testing.T, text string) {
		tree, _ := conf.Load(conf.Files{"/etc/nginx/nginx.conf": []byte(text)}, "/etc/nginx/nginx.conf")
		for _, p := range upstream.Find(tree) {
			upstream.Path(p.Chain)
		}
		vars := upstream.NewVars(tree)
		for d, chain := range tree.All() {
			for i := range d.Args {
				vars.Values(chain, d.Arg(i))
			}
			if d.Is("server") {
				upstream.Names(d)
				upstream.ServerHost(d)
			}
		}
	})
}
