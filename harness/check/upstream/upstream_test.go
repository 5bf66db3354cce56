package upstream_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"badgateway/harness/check/upstream"
	"badgateway/harness/nginx/conf"
)

func load(t *testing.T, text string) *conf.Tree {
	t.Helper()
	tree, err := conf.Load(conf.Files{"/etc/nginx/nginx.conf": []byte(text)}, "/etc/nginx/nginx.conf")
	require.NoError(t, err)
	return tree
}

// say writes a pass on one line: protocol, groups with their peers, marks.
func say(p upstream.Pass) string {
	var b strings.Builder
	b.WriteString(p.Protocol)
	for _, g := range p.Groups {
		fmt.Fprintf(&b, " %s[", g.Name)
		for i, peer := range g.Peers {
			if i > 0 {
				b.WriteByte(' ')
			}
			b.WriteString(peer.Address)
			if peer.Backup {
				b.WriteString("(backup)")
			}
			if peer.Down {
				b.WriteString("(down)")
			}
		}
		b.WriteByte(']')
	}
	if p.Runtime {
		b.WriteString(" runtime")
	}
	if p.Own {
		b.WriteString(" own")
	}
	if p.Unresolved != "" {
		b.WriteString(" ! " + p.Unresolved)
	}
	return b.String()
}

// around is what the texts of TestFind stand in.
const around = `http {
	upstream pool { server 10.0.0.1 weight=2; server a.example:8080 backup; server unix:/x down; keepalive 8; zone z 64k; }
	upstream again { zone z2 64k; server a.example resolve; }
	map $host $route { default one:1; b.example two; ~^(?<t>[a-z]+)\.tenant t-$t; }
	split_clients $remote_addr $dice { 50% v1; * v2; }
	geo $where { default far; 10.0.0.0/8 near; }
	server { `

// TestFind holds locations and servers with what they pass on to.
func TestFind(t *testing.T) {
	for text, want := range map[string]string{
		// addresses and default ports
		`location / { proxy_pass http://127.0.0.1:3000; }`:                            "http 127.0.0.1:3000[127.0.0.1:3000]",
		`location / { proxy_pass http://app/base/; }`:                                 "http app:80[app:80]",
		`location / { proxy_pass https://app; }`:                                      "https app:443[app:443]",
		`location / { proxy_pass HTTPS://[::1]/x; }`:                                  "https [::1]:443[[::1]:443]",
		`location / { grpc_pass app:50051; }`:                                         "grpc app:50051[app:50051]",
		`location / { grpc_pass grpcs://app; }`:                                       "grpcs app:443[app:443]",
		`location / { fastcgi_pass unix:/run/php.sock; }`:                             "fastcgi unix:/run/php.sock[unix:/run/php.sock]",
		`location / { uwsgi_pass suwsgi://app:1; }`:                                   "suwsgi app:1[app:1]",
		`location / { proxy_pass http://unix:/run/a.sock:/b; }`:                       "http unix:/run/a.sock[unix:/run/a.sock]",
		`location / { uwsgi_pass unix:///run/u.sock; }`:                               "uwsgi unix:///run/u.sock[unix:///run/u.sock]",
		`location / { memcached_pass app:11211; }`:                                    "memcached app:11211[app:11211] ! memcached is not spoken by the backends",
		`location / { if ($a) { proxy_pass http://in-if; } }`:                         "http in-if:80[in-if:80]",
		`location / { limit_except GET { proxy_pass http://l:1; } }`:                  "http l:1[l:1]",
		`location / { proxy_pass http://127.0.0.1:80; }`:                              "http 127.0.0.1:80[127.0.0.1:80] own",
		`location / { proxy_pass http://0.0.0.0; }`:                                   "http 0.0.0.0:80[0.0.0.0:80] own",
		`location / { proxy_pass http://localhost; }`:                                 "http localhost:80[localhost:80] own",
		`listen 8081; location / { proxy_pass http://127.0.0.1:80; }`:                 "http 127.0.0.1:80[127.0.0.1:80]",
		`listen 8000-8010; location / { scgi_pass 127.0.0.9:8005; }`:                  "scgi 127.0.0.9:8005[127.0.0.9:8005] own",
		`listen unix:/s; location / { proxy_pass http://unix:/s:/; }`:                 "http unix:/s[unix:/s] own",
		`listen 10.1.2.3:80; location / { proxy_pass http://10.1.2.3; }`:              "http 10.1.2.3:80[10.1.2.3:80] own",
		`listen [::]:81; location / { proxy_pass http://127.0.0.1:81; }`:              "http 127.0.0.1:81[127.0.0.1:81]",
		`listen [::]:81 ipv6only=off; location / { proxy_pass http://127.0.0.1:81; }`: "http 127.0.0.1:81[127.0.0.1:81] own",
		// upstream blocks
		`location / { proxy_pass http://pool; }`:    "http pool[10.0.0.1:80 a.example:8080(backup) unix:/x(down)]",
		`location / { proxy_pass https://POOL/x; }`: "https pool[10.0.0.1:80 a.example:8080(backup) unix:/x(down)]",
		`location / { grpc_pass pool; }`:            "grpc pool[10.0.0.1:80 a.example:8080(backup) unix:/x(down)]",
		`location / { proxy_pass http://again; }`:   "http again[a.example:80] runtime",
		// variables
		`set $b pool; location / { proxy_pass http://$b; }`:                            "http pool[10.0.0.1:80 a.example:8080(backup) unix:/x(down)]",
		`set $b app:8080; location / { proxy_pass http://$b$request_uri; }`:            "http app:8080[app:8080] runtime",
		`set $b app; location / { set $b own; proxy_pass http://${b}:1/x/$uri; }`:      "http own:1[own:1] runtime",
		`location / { set $b a1; if ($x) { set $b a2; } proxy_pass http://$b:1; }`:     "http a2:1[a2:1] a1:1[a1:1] runtime",
		`set $s https; set $h app; location / { proxy_pass $s://$h; }`:                 "https app:443[app:443] runtime",
		`location / { proxy_pass http://$route; }`:                                     "http one:1[one:1] two:80[two:80] t-a:80[t-a:80] runtime",
		`location / { proxy_pass http://$dice; }`:                                      "http v1:80[v1:80] v2:80[v2:80] runtime",
		`location / { proxy_pass http://$where; }`:                                     "http far:80[far:80] near:80[near:80] runtime",
		`location ~ ^/to/(?<svc>[a-z]+)/(\d+) { proxy_pass http://$svc.example:$2; }`:  "http a.example:1[a.example:1] runtime",
		`server_name ~^(.+)\.shop\.example$; location / { proxy_pass http://$1-app; }`: "http a-app:80[a-app:80] runtime",
		`server_name shop.example; location / { proxy_pass https://$host; }`:           "https shop.example:443[shop.example:443] runtime",
		`location / { proxy_pass http://$http_x_to; }`:                                 " ! the request alone decides what $http_x_to is",
		`location / { proxy_pass http://$nobody; }`:                                    " ! nothing in this configuration gives $nobody a value",
		`auth_request_set $u $upstream_http_x; location / { proxy_pass http://$u; }`:   " ! $u is what auth_request_set makes of it at run time",
		`set $a $b; set $b $a; location / { proxy_pass http://$a; }`:                   "",
		`location / { set $php unix:/run/p.sock; fastcgi_pass $php; }`:                 "fastcgi unix:/run/p.sock[unix:/run/p.sock]",
	} {
		tree := load(t, around+text+` } }`)
		passes := upstream.Find(tree)
		require.Len(t, passes, 1, text)
		if want != "" {
			require.Equal(t, want, say(passes[0]), text)
		}
	}
}

// TestFindBeforeVariables: what stands in front of variables of which nothing is
// known is the server where it is whole.
func TestFindBeforeVariables(t *testing.T) {
	for text, want := range map[string]string{
		`location / { proxy_pass http://pool$http_x_path; }`:       "http pool[10.0.0.1:80 a.example:8080(backup) unix:/x(down)]",
		`location / { proxy_pass https://a.example$http_x_path; }`: "https a.example:443[a.example:443] runtime",
		`location / { proxy_pass http://app:81$http_x_path; }`:     "http app:81[app:81] runtime",
		`location / { proxy_pass http://app-$http_x_to; }`:         " ! the request alone decides what $http_x_to is",
		`location / { proxy_pass http://app.$http_x_to; }`:         " ! the request alone decides what $http_x_to is",
		`location / { proxy_pass http://app:$http_x_to; }`:         " ! the request alone decides what $http_x_to is",
	} {
		passes := upstream.Find(load(t, around+text+` } }`))
		require.Len(t, passes, 1, text)
		require.Equal(t, want, say(passes[0]), text)
	}
}

// TestFindStream holds stream blocks, whose names are their own.
func TestFindStream(t *testing.T) {
	tree := load(t, `stream {
		upstream pool { server db:5432; server db2:5432 backup; }
		map $ssl_preread_server_name $to { a.example one:443; default two:443; }
		server { listen 5432; proxy_pass pool; }
		server { listen 443; ssl_preread on; proxy_pass $to; }
		server { listen 444; proxy_ssl on; proxy_pass 10.0.0.9:444; }
		server { listen 53 udp; proxy_pass 10.0.0.9:53; }
		server { listen 445; proxy_pass 127.0.0.1:5432; }
	} http { upstream pool { server web; } server { location / { proxy_pass http://pool; } } }`)
	var said []string
	for _, p := range upstream.Find(tree) {
		said = append(said, say(p))
	}
	require.Equal(t, []string{
		"tcp pool[db:5432 db2:5432(backup)]",
		"tcp one:443[one:443] two:443[two:443] runtime",
		"tls 10.0.0.9:444[10.0.0.9:444]",
		"udp 10.0.0.9:53[10.0.0.9:53] ! udp is not spoken by the backends",
		"tcp 127.0.0.1:5432[127.0.0.1:5432] own",
		"http pool[web:80]",
	}, said)
}

// TestSample holds expressions with a text that matches and its first capture.
func TestSample(t *testing.T) {
	for pattern, want := range map[string][2]string{
		`^/api/(.*)$`:                      {"/api/a", "a"},
		`\.(php|phtml)$`:                   {".php", "php"},
		`^/(?!admin)([a-z]{2,3})/?$`:       {"/aa", "aa"},
		`^(?<name>\w+)\.example\.com$`:     {"a.example.com", "a"},
		`^/a++(?>b)(c)`:                    {"/abc", "c"},
		`^/[^/]+/([0-9]+)`:                 {"/a/1", "1"},
		`(?i)^/IMG/(x)`:                    {"/img/x", "x"},
		`^/files(/.*)?$`:                   {"/files/a", "/a"},
		`^/(?:de|fr)/(v[12])\b`:            {"/de/v1", "v1"},
		`^(?P<h>(?:[a-z0-9-]+\.)?x\.org)$`: {"x.org", "x.org"},
	} {
		m, ok := upstream.Sample(pattern)
		require.True(t, ok, pattern)
		require.Equal(t, want, [2]string{m.Text, m.Groups["1"]}, pattern)
	}
	_, ok := upstream.Sample(`(`)
	require.False(t, ok)
}
