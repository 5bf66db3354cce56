package route

import (
	"context"
	"encoding/base64"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"badgateway/backends"
	"badgateway/harness/check/result"
	"badgateway/harness/check/route/plan"
	"badgateway/harness/check/upstream"
	"badgateway/harness/nginx/conf"
	"badgateway/harness/pod"
)

// flowConf is a whole configuration around servers; at http level stands what
// comes before the first "---".
func flowConf(text string) string {
	http, servers, found := strings.Cut(text, "---\n")
	if !found {
		http, servers = "", text
	}
	for _, module := range []string{"fastcgi", "uwsgi", "scgi"} {
		var params strings.Builder
		for name, value := range map[string]string{"REQUEST_METHOD": "$request_method", "REQUEST_URI": "$request_uri", "SERVER_PROTOCOL": "$server_protocol", "CONTENT_LENGTH": "$content_length", "HTTP_HOST": "$http_host"} {
			fmt.Fprintf(&params, "%s_param %s %s; ", module, name, value)
		}
		servers = strings.ReplaceAll(servers, "@"+module+" ", params.String())
	}
	return "error_log /var/log/nginx/error.log notice;\npid /run/nginx.pid;\nworker_processes 1;\nevents { worker_connections 512; }\n" +
		"http {\naccess_log off;\nroot /nowhere;\n" + http + servers + "}\n"
}

var spoken = map[string]backends.Protocol{"http": backends.HTTP, "fastcgi": backends.FastCGI, "grpc": backends.H2, "uwsgi": backends.UWSGI, "scgi": backends.SCGI, "tcp": backends.HTTP}

// planOf finds the routes of a configuration whose upstreams are addresses.
func planOf(t *testing.T, text string, files ...pod.File) *plan.Plan {
	t.Helper()
	tr := tree(t, text)
	spec := &pod.Spec{Conf: text, Files: files}
	known := map[string]bool{}
	for _, pass := range upstream.Find(tr) {
		for _, g := range pass.Groups {
			for _, peer := range g.Peers {
				if !peer.Own && !known[peer.Address] {
					known[peer.Address] = true
					spec.Backends = append(spec.Backends, backends.Spec{Name: peer.Address, Listen: peer.Address, Protocol: spoken[peer.Protocol]})
				}
			}
		}
	}
	return plan.Find(t.Context(), plan.Input{
		Tree: tr, Spec: spec, Prefix: "/usr/share/nginx",
		Logs:  []string{"/var/log/nginx/error.log"},
		Basic: "Basic " + base64.StdEncoding.EncodeToString([]byte("badgateway:badgateway")),
		Place: func(d *conf.Directive) result.Place {
			return result.Place{File: "nginx.conf", Line: d.Pos().Line, Text: d.Text()}
		},
		Backend: func(e upstream.Endpoint) (string, string) {
			if known[e.Address] {
				return e.Address, ""
			}
			return "", "no backend at " + e.Address
		},
	})
}

// prove proves the routes of a configuration.
func prove(t *testing.T, text string, files ...pod.File) []result.Route {
	t.Helper()
	d, b := machine(t)
	p := planOf(t, text, files...)
	routes, err := Prove(t.Context(), p, d, b, nil)
	if err != nil && strings.Contains(err.Error(), "unknown directive") {
		t.Skip("this nginx lacks the module: ", err)
	}
	require.NoError(t, err)
	return routes
}

// flowFiles are the files that configurations name: accounts and certificates.
func flowFiles(t *testing.T) []pod.File {
	t.Helper()
	certificate, key, err := backends.Issue("gateway.example")
	require.NoError(t, err)
	ca, err := backends.CA()
	require.NoError(t, err)
	return []pod.File{
		{Path: "/etc/nginx/htpasswd", Data: []byte("badgateway:{PLAIN}badgateway\n")},
		{Path: "/etc/nginx/pair.pem", Data: append(certificate, key...)},
		{Path: "/etc/nginx/ca.pem", Data: ca},
	}
}

// TestFlows proves a route behind each way that a request can take in nginx.
// Every pass of a case has to be reached, but those that unreached names.
func TestFlows(t *testing.T) {
	for _, c := range flows {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			routes := prove(t, flowConf(c.conf), flowFiles(t)...)
			require.NotEmpty(t, routes)
			var via []string
			for _, r := range routes {
				if reason, ok := c.unreached[r.Location]; ok {
					require.False(t, r.Reached, "%s: %+v", r.ID, r.Request)
					require.Contains(t, r.Reason, reason, r.ID)
					continue
				}
				require.True(t, r.Reached, "%s: %s\n%+v", r.ID, r.Reason, r.Request)
				if r.Via != "" && !slices.Contains(via, r.Via) {
					via = append(via, r.Via)
				}
			}
			slices.Sort(via)
			require.Equal(t, c.via, strings.Join(via, ", "))
			if c.check != nil {
				c.check(t, routes)
			}
		})
	}
}

// flow is a case of TestFlows.
type flow struct {
	name, conf string
	via        string            // the ways of all its routes
	unreached  map[string]string // location -> part of the reason
	check      func(t *testing.T, routes []result.Route)
}

var flows = []flow{
	{name: "prefix", conf: `server { listen 80; location / { proxy_pass http://127.0.0.1:3000; } location /api/ { proxy_pass http://127.0.0.1:3000/; } location = /x { proxy_pass http://127.0.0.1:3000; } }`},
	{name: "regex before prefix", conf: `server { listen 80; location / { proxy_pass http://127.0.0.1:3000; } location ~ ^/[a-f]+$ { return 403; } location ~ \.php$ { proxy_pass http://127.0.0.1:3000; } location ~ ^/(?!x).*\.php { proxy_pass http://127.0.0.1:3000; } }`},
	{name: "shadowed", conf: `server { listen 80; location ~ ^/ { return 204; } location /api { proxy_pass http://127.0.0.1:3000; } }`,
		unreached: map[string]string{"/api": "shadowed by ~ ^/ at nginx.conf:8"}},
	{name: "nested", conf: `server { listen 80; location /a { location ~ \.x$ { proxy_pass http://127.0.0.1:3000; } location /a/b { proxy_pass http://127.0.0.1:3001; } return 404; } }`},
	{name: "other server", conf: `server { listen 80 default_server; return 404; } server { listen 80; server_name ~^(www\.)?(?<d>.+)\.test$ *.star.example; location / { proxy_pass http://127.0.0.1:3000; } }`},
	{name: "same name twice", conf: `server { listen 80; server_name a.test; location / { return 204; } } server { listen 80; server_name a.test; location / { proxy_pass http://127.0.0.1:3000; } }`,
		unreached: map[string]string{"/": "the server at nginx.conf:8"}},
	{name: "each server's own log line", conf: `server { listen 80; server_name a.test; location / { auth_basic x; auth_basic_user_file /nowhere/one; proxy_pass http://127.0.0.1:3000; } } server { listen 80; server_name b.test; location / { auth_basic x; auth_basic_user_file /nowhere/two; proxy_pass http://127.0.0.1:3000; } }`,
		unreached: map[string]string{"/": "open() "}, check: func(t *testing.T, routes []result.Route) {
			for i, name := range []string{"/nowhere/one", "/nowhere/two"} {
				require.Contains(t, routes[i].Reason, name)
			}
		}},
	{name: "specific address", conf: `server { listen 127.0.0.1:80; return 404; } server { listen 80; listen [::]:80; location / { proxy_pass http://127.0.0.1:3000; } }`},
	{name: "named by try_files", conf: `server { listen 80; location / { try_files $uri $uri/ @app; } location @app { proxy_pass http://127.0.0.1:3000; } }`, via: "try_files"},
	{name: "front controller", conf: `server { listen 80; root /srv/www; location / { try_files $uri /index.php?$args; } location ~ \.php$ { internal; fastcgi_pass 127.0.0.1:9000; @fastcgi } }`, via: "try_files"},
	{name: "file must be there", conf: `server { listen 80; root /srv/www; location ~ \.php$ { try_files $uri =404; @fastcgi fastcgi_pass 127.0.0.1:9000; } }`},
	{name: "alias", conf: `server { listen 80; location /files/ { alias /srv/files/; try_files $uri =404; proxy_pass http://127.0.0.1:3000; } }`},
	{name: "rewrite", conf: `server { listen 80; rewrite ^/old/(.*)$ /new/$1 last; location /new/ { internal; proxy_pass http://127.0.0.1:3001; } location /s { rewrite ^/s(.*)$ /hidden$1 last; } location /hidden { internal; proxy_pass http://127.0.0.1:3000; } location /b { rewrite ^ /c break; proxy_pass http://127.0.0.1:3000; } }`,
		via: "rewrite"},
	{name: "error_page of nginx", conf: `server { listen 80; location / { error_page 404 = @fallback; } location @fallback { proxy_pass http://127.0.0.1:3000; } }`, via: "error_page 404"},
	{name: "error_page of upstream", conf: `server { listen 80; location / { proxy_intercept_errors on; error_page 404 = @fallback; proxy_pass http://127.0.0.1:3000; } location @fallback { proxy_pass http://127.0.0.1:3001; } }`, via: "error_page 404"},
	{name: "error_page 502", conf: `server { listen 80; location / { error_page 502 504 = @fallback; proxy_pass http://127.0.0.1:3000; } location @fallback { proxy_pass http://127.0.0.1:3001; } }`, via: "error_page 502"},
	{name: "status as a jump", conf: `server { listen 80; error_page 418 = @socket; location / { if ($http_upgrade = websocket) { return 418; } proxy_pass http://127.0.0.1:3000; } location @socket { proxy_pass http://127.0.0.1:3001; } }`, via: "error_page 418"},
	{name: "auth_request", conf: `server { listen 80; error_page 401 = @login; location / { auth_request /auth; proxy_pass http://127.0.0.1:3000; } location = /auth { internal; proxy_pass http://127.0.0.1:3001; } location @login { proxy_pass http://127.0.0.1:3002; } }`,
		via: "auth_request, error_page 401"},
	{name: "mirror", conf: `server { listen 80; location / { mirror /copy; proxy_pass http://127.0.0.1:3000; } location = /copy { internal; proxy_pass http://127.0.0.1:3001; } }`, via: "mirror"},
	{name: "X-Accel-Redirect", conf: `server { listen 80; location / { proxy_pass http://127.0.0.1:3000; } location /protected/ { internal; proxy_pass http://127.0.0.1:3001; } }`, via: "X-Accel-Redirect"},
	{name: "if with a pass", conf: `server { listen 80; location / { if ($request_method = POST) { proxy_pass http://127.0.0.1:3001; } if ($cookie_beta ~* "^(yes|on)$") { proxy_pass http://127.0.0.1:3002; } proxy_pass http://127.0.0.1:3000; } }`},
	{name: "if turns away", conf: `server { listen 80; if ($http_user_agent ~* (badgateway|^$)) { return 403; } if ($arg_key != "secret") { return 401; } if ($request_method !~ ^(PUT|POST)$) { return 405; } location / { if ($http_x_tenant = "") { return 400; } proxy_pass http://127.0.0.1:3000; } }`,
		check: func(t *testing.T, routes []result.Route) {
			require.Equal(t, []string{"POST"}, routes[0].Methods)
		}},
	{name: "map", conf: "map $http_x_stage $stage { default 0; ~^canary 1; }\nmap $stage:$cookie_a $go { default \"\"; 1:yes on; }\n---\nserver { listen 80; location / { if ($go) { proxy_pass http://127.0.0.1:3001; } proxy_pass http://127.0.0.1:3000; } }"},
	{name: "flags", conf: `server { listen 80; location / { set $t ""; if ($http_a = b) { set $t A; } if ($http_c) { set $t "${t}C"; } if ($t = AC) { proxy_pass http://127.0.0.1:3001; } proxy_pass http://127.0.0.1:3000; } }`},
	{name: "compared with a variable", conf: `server { listen 80 default_server; server_name canonical.example www.example; set $want $http_x_want; if ($host != $server_name) { return 301 http://$server_name$request_uri; } if ($http_x_got != $want) { return 403; } if ($http_x_got = "") { return 403; } location / { proxy_pass http://127.0.0.1:3000; } }`,
		check: func(t *testing.T, routes []result.Route) {
			require.Contains(t, routes[0].Request.URL, "canonical.example")
		}},
	{name: "Host without its port", conf: `server { listen 8080; server_name inside.example outside.example; set $cdn ""; if ($server_port = 8080) { set $cdn on; } if ($http_host != "outside.example") { set $cdn "${cdn},direct"; } if ($cdn = "on,direct") { return 403; } location / { proxy_pass http://127.0.0.1:3000; } }`,
		check: func(t *testing.T, routes []result.Route) {
			require.Equal(t, "http://outside.example/", routes[0].Request.URL)
		}},
	{name: "redirect to TLS", conf: `server { listen 80; listen 443 ssl; ssl_certificate /etc/nginx/pair.pem; ssl_certificate_key /etc/nginx/pair.pem; if ($scheme = http) { return 301 https://$host$request_uri; } location / { proxy_pass http://127.0.0.1:3000; } } server { listen 80; server_name b.test; return 301 https://$host; location /b { proxy_pass http://127.0.0.1:3000; } }`,
		unreached: map[string]string{"/b": "answered 301 by return at nginx.conf:8"},
		check: func(t *testing.T, routes []result.Route) {
			require.True(t, strings.HasPrefix(routes[0].Request.URL, "https:"))
		}},
	{name: "client certificate", conf: `server { listen 443 ssl http2; ssl_certificate /etc/nginx/pair.pem; ssl_certificate_key /etc/nginx/pair.pem; ssl_client_certificate /etc/nginx/ca.pem; ssl_verify_client optional; if ($ssl_client_verify != SUCCESS) { return 403; } location / { grpc_pass grpc://127.0.0.1:3000; } } server { listen 444 ssl; ssl_certificate /etc/nginx/pair.pem; ssl_certificate_key /etc/nginx/pair.pem; ssl_client_certificate /etc/nginx/ca.pem; ssl_verify_client on; location / { proxy_pass http://127.0.0.1:3001; } }`},
	{name: "allow", conf: `server { listen 80; location /a { allow 10.1.0.0/16; deny all; proxy_pass http://127.0.0.1:3000; } location /b { deny 127.0.0.1; proxy_pass http://127.0.0.1:3000; } location /c { set_real_ip_from 127.0.0.1; allow 8.8.8.8; deny all; proxy_pass http://127.0.0.1:3000; } location /n { deny all; proxy_pass http://127.0.0.1:3000; } }`,
		unreached: map[string]string{"/b": "client address 127.0.0.1 is denied by deny at nginx.conf:8", "/n": "client address 127.0.0.1 is denied by deny at nginx.conf:8"}},
	{name: "auth_basic", conf: `server { listen 80; auth_basic realm; auth_basic_user_file /etc/nginx/htpasswd; location / { proxy_pass http://127.0.0.1:3000; } location /any { satisfy any; deny all; proxy_pass http://127.0.0.1:3000; } }`},
	{name: "nested regex", conf: `server { listen 80; location /pp/ { location ~ \.php$ { proxy_pass http://127.0.0.1:3002; } } location ^~ /only/ { location ~ ^/only/(.*)\.cgi$ { proxy_pass http://127.0.0.1:3001; } } location / { proxy_pass http://127.0.0.1:3000; } }`},
	{name: "no path", conf: `server { listen 80; location app { proxy_pass http://127.0.0.1:3000; } location / { proxy_pass http://127.0.0.1:3001; } }`,
		unreached: map[string]string{"app": "no path matches it: the location's name does not begin with /"}},
	{name: "limit_except with a pass", conf: `server { listen 80; location / { root /srv; limit_except GET { proxy_pass http://127.0.0.1:3000; } } location /all { limit_except GET POST { proxy_pass http://127.0.0.1:3001; } } }`},
	{name: "map without a default", conf: `map $host $to { a.example 127.0.0.1:3000; b.example 127.0.0.1:3001; } server { listen 80; server_name _; location / { proxy_pass http://$to; } location /uri { proxy_pass http://$by_uri; } } map $uri $by_uri { ~^/uri/x 127.0.0.1:3002; }`},
	{name: "limit_except", conf: `server { listen 80; location / { limit_except POST PUT { deny all; } proxy_pass http://127.0.0.1:3000; } }`},
	{name: "referer", conf: `server { listen 80; location / { valid_referers server_names *.ok.example ~friend; if ($invalid_referer) { return 403; } proxy_pass http://127.0.0.1:3000; } }`},
	{name: "secure_link", conf: `server { listen 80; location /dl/ { secure_link $arg_md5,$arg_expires; secure_link_md5 "$secure_link_expires$uri secret"; if ($secure_link = "") { return 403; } if ($secure_link = "0") { return 410; } proxy_pass http://127.0.0.1:3000; } }`},
	{name: "geo", conf: "geo $inside { default 0; 10.2.0.0/16 1; }\n---\nserver { listen 80; location / { if ($inside = 0) { return 403; } proxy_pass http://127.0.0.1:3000; } }"},
	{name: "proxy_protocol and unix", conf: `server { listen 8080 proxy_protocol; location / { proxy_pass http://127.0.0.1:3000; } } server { listen unix:/run/front.sock; location / { proxy_pass http://127.0.0.1:3000; } }`},
	{name: "websocket and methods", conf: `server { listen 80; location / { proxy_pass http://127.0.0.1:3000; } location /ws { proxy_http_version 1.1; proxy_set_header Upgrade $http_upgrade; proxy_set_header Connection upgrade; proxy_pass http://127.0.0.1:3001; } }`,
		check: func(t *testing.T, routes []result.Route) {
			require.False(t, routes[0].WebSocket)
			require.True(t, routes[1].WebSocket)
			require.Equal(t, []string{"GET", "POST"}, routes[0].Methods)
			require.NotEmpty(t, routes[0].Seen.Get("Host"))
		}},
	{name: "limiter", conf: "limit_req_zone $binary_remote_addr zone=z:1m rate=1r/m;\n---\nserver { listen 80; location /a { limit_req zone=z; proxy_pass http://127.0.0.1:3000; } location /b { limit_req zone=z; proxy_pass http://127.0.0.1:3000; } }"},
	{name: "cache", conf: "proxy_cache_path /tmp/cache keys_zone=c:1m;\n---\nserver { listen 80; proxy_cache c; proxy_cache_valid any 1h; location / { proxy_pass http://127.0.0.1:3000; } location /headless/ { proxy_pass_request_headers off; proxy_pass http://127.0.0.1:3000/; } }",
		check: func(t *testing.T, routes []result.Route) {
			require.Equal(t, []string{"GET", "POST"}, routes[0].Methods)
			require.Empty(t, routes[1].Seen.Get("User-Agent"))
		}},
	{name: "other protocols", conf: `server { listen 80; location /u { @uwsgi uwsgi_pass 127.0.0.1:3000; } location /s { @scgi scgi_pass 127.0.0.1:3001; } } server { listen 81 http2; location / { grpc_pass 127.0.0.1:3002; } location /h { proxy_pass http://127.0.0.1:3003; } } server { listen 82; location / { grpc_pass 127.0.0.1:3002; } }`,
		check: func(t *testing.T, routes []result.Route) {
			require.Equal(t, []string{"POST"}, routes[2].Methods)
			require.Equal(t, []string{"GET", "POST"}, routes[3].Methods)
		}},
	{name: "only IPv6", conf: `server { listen [::]:8443; location / { allow 2001:db8::/32; deny all; proxy_pass http://127.0.0.1:3000; } location /one { proxy_pass http://127.0.0.1:3000; } }`},
	{name: "own listener", conf: `server { listen 80; location / { proxy_pass http://127.0.0.1:81; } } server { listen 81; location / { proxy_pass http://127.0.0.1:3000; } }`,
		check: func(t *testing.T, routes []result.Route) { require.True(t, routes[0].Own) }},
	{name: "own listener without an upstream", conf: `server { listen 80; location / { proxy_pass http://127.0.0.1:81/x; } location /loop { return 403; proxy_pass http://127.0.0.1:81; } } server { listen 81; location / { return 200 here; } }`,
		unreached: map[string]string{"/loop": "answered 403 by return at nginx.conf:8"},
		check: func(t *testing.T, routes []result.Route) {
			require.Empty(t, routes[0].Seen)
		}},
	{name: "nobody sends there", conf: `server { listen 80; location = /auth { internal; proxy_pass http://127.0.0.1:3000; } location @gone { proxy_pass http://127.0.0.1:3000; } location @kept { proxy_pass http://127.0.0.1:3000; } location / { error_page 418 = @kept; return 200 x; } }`,
		unreached: map[string]string{"= /auth": "internal, and nothing in this configuration sends a request there", "@gone": "nothing in this configuration sends a request to @gone", "@kept": "no request was found"}},
	{name: "what the log says", conf: `server { listen 80; location / { fastcgi_pass 127.0.0.1:3000; } }`,
		unreached: map[string]string{"/": "answered 502: upstream prematurely closed connection while reading response header from upstream (no fastcgi_param holds here: include fastcgi_params)"}},
	{name: "circle", conf: `server { listen 80; location /a { rewrite ^ /a last; proxy_pass http://127.0.0.1:3000; } }`, unreached: map[string]string{"/a": ""}},
}

// TestStreams: a connection to a stream server meets its upstream.
func TestStreams(t *testing.T) {
	_, b := machine(t)
	text := `
load_module modules/ngx_stream_module.so;
error_log /var/log/nginx/error.log notice;
pid /run/nginx.pid;
events {}
stream {
    map $ssl_preread_server_name $to { a.example 127.0.0.1:3001; default 127.0.0.1:3002; }
    server { listen 3306; proxy_pass 127.0.0.1:3000; }
    server { listen 443; ssl_preread on; proxy_pass $to; }
    server { listen 53 udp; proxy_pass 127.0.0.1:3003; }
    server { listen 444; ssl_preread on; allow 10.1.0.0/16; deny all; proxy_pass 127.0.0.1:3000; }
    server { listen 3307; deny all; proxy_pass 127.0.0.1:3000; }
}
`
	p := planOf(t, text)
	d, _ := machine(t)
	routes, err := Prove(t.Context(), p, d, b, nil)
	if err != nil && strings.Contains(err.Error(), "ngx_stream_module.so") {
		t.Skip("this nginx has no stream module: ", err)
	}
	require.NoError(t, err)
	require.Len(t, routes, 5)
	require.True(t, routes[0].Reached, routes[0].Reason)
	require.True(t, routes[1].Reached, routes[1].Reason)
	require.False(t, routes[2].Reached)
	require.True(t, routes[0].Stream)
	require.True(t, routes[3].Reached, routes[3].Reason)
	require.Equal(t, "10.1.0.1:444", routes[3].Request.Address)
	require.Equal(t, "client address 127.0.0.1 is denied by deny at nginx.conf:12", routes[4].Reason)
}

// TestInterrupted: what is known when proving is broken off is told of every route.
func TestInterrupted(t *testing.T) {
	d, b := machine(t)
	var conf strings.Builder
	conf.WriteString("server { listen 80;\n")
	for i := range 600 {
		fmt.Fprintf(&conf, "location /l%d/ { proxy_pass http://127.0.0.1:3000; }\n", i)
	}
	conf.WriteString("}\n")
	p := planOf(t, flowConf(conf.String()))
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	routes, err := Prove(ctx, p, d, b, func(int, int) { cancel() })
	require.Error(t, err)
	require.Len(t, routes, 600)
	require.Equal(t, "it arrives, but that was not confirmed: interrupted", routes[0].Reason)
	require.Equal(t, "not tried: interrupted", routes[599].Reason)
}
