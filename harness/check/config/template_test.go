package config_test

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"badgateway/harness/check/config"
	"badgateway/harness/check/result"
)

// TestTemplates fills texts: with values given, with those of the text's own,
// and with made-up ones that fit where they stand.
// templates are texts with placeholders, and what they become.
var templates = map[string]struct {
	file, text string
	env        map[string]string
	want       string
	made       []string
}{
	"official image":  {"x.conf.template", "server { listen ${PORT}; return 200 $host$PORT; }", map[string]string{"PORT": "81"}, "server { listen 81; return 200 $host81; }", nil},
	"any name given":  {"x.conf.template", "server { return 200 ${name}$host; }", map[string]string{"name": "n"}, "server { return 200 n$host; }", nil},
	"nginx's own":     {"x.conf", "server { return 200 ${host}$name; }", map[string]string{"host": "n"}, "server { return 200 ${host}$name; }", nil},
	"own in capitals": {"x.conf", "server { set $ID 1; return 200 $ID${ID}; }", nil, "server { set $ID 1; return 200 $ID${ID}; }", nil},
	"own of a map":    {"x.conf", "map $uri $ID { default 1; } server { return 200 ${ID}; }", nil, "map $uri $ID { default 1; } server { return 200 ${ID}; }", nil},
	"own of a group":  {"x.conf", "server { location ~ (?<ID>.) { return 200 $ID; } }", nil, "server { location ~ (?<ID>.) { return 200 $ID; } }", nil},
	"a comment":       {"x.conf", "# ${NAME}\nserver { listen 80; }", nil, "# ${NAME}\nserver { listen 80; }", nil},
	"dollar":          {"x.conf", "server { return 200 ${DOLLAR}host; }", nil, "server { return 200 $host; }", []string{"DOLLAR"}},
	"ports": {"x.conf", "server { listen ${PORT}; listen [::]:${PORT}; listen ${SSL_PORT} ssl $FLAG; }", nil,
		"server { listen 8080; listen [::]:8080; listen 8444 ssl ; }", []string{"PORT", "SSL_PORT", "FLAG"}},
	"addresses": {"x.conf", "location / { proxy_pass http://${API_HOST}:${API_PORT}/x; } location /b { proxy_pass ${WEB_URL}; } location /c { fastcgi_pass $PHP_HOST; }", nil,
		"location / { proxy_pass http://api:8080/x; } location /b { proxy_pass http://web:8080; } location /c { fastcgi_pass php:9000; }", []string{"API_HOST", "API_PORT", "WEB_URL", "PHP_HOST"}},
	"more addresses": {"x.conf", "upstream u { server ${BACKEND} max_fails=$FAILS; } server { location / { uwsgi_pass unix://$SOCK; } location /x { proxy_pass $PROTO://a.$ZONE.b:1; } }", nil,
		"upstream u { server backend:8080 max_fails=1; } server { location / { uwsgi_pass unix:///run/sock.sock; } location /x { proxy_pass http://a.zone.b:1; } }",
		[]string{"BACKEND", "FAILS", "SOCK", "PROTO", "ZONE"}},
	"through a variable": {"x.conf", "location / { set $a ${A_HOST}; proxy_pass http://$a:80; } location /b { set $b ${B_HOST}; proxy_pass $b; }", nil,
		"location / { set $a a; proxy_pass http://$a:80; } location /b { set $b http://b:8080; proxy_pass $b; }", []string{"A_HOST", "B_HOST"}},
	"numbers": {"x.conf", "client_max_body_size ${MAX}; proxy_read_timeout ${WAIT}; proxy_send_timeout ${WAIT2}s; gzip ${ZIP}; server { listen 80; resolver $DNS valid=$DNS_VALID; }", nil,
		"client_max_body_size 10m; proxy_read_timeout 60s; proxy_send_timeout 60s; gzip on; server { listen 80; resolver 127.0.0.11 valid=30s; }",
		[]string{"MAX", "WAIT", "WAIT2", "ZIP", "DNS", "DNS_VALID"}},
	"buffers": {"x.conf", "fastcgi_buffers $BUFFERS; proxy_buffers $N 4k; server { listen 80; }", nil, "fastcgi_buffers 8 16k; proxy_buffers 8 4k; server { listen 80; }", []string{"BUFFERS", "N"}},
	"to FastCGI by a variable": {"x.conf", "location / { set $a ${A_HOST}; fastcgi_pass $a:9000; } location /b { set $b ${B_HOST}; fastcgi_pass $b; }", nil,
		"location / { set $a a; fastcgi_pass $a:9000; } location /b { set $b b:9000; fastcgi_pass $b; }", []string{"A_HOST", "B_HOST"}},
	"paths and names": {"x.conf", "server { server_name ${DOMAIN}; location ${BASE_PATH}/api { return 200; } location ${OTHER}files { return 200; } }", nil,
		"server { server_name domain.example; location /base-path/api { return 200; } location /other/files { return 200; } }", []string{"DOMAIN", "BASE_PATH", "OTHER"}},
	"whole lines":    {"x.conf", "server {\n  ${LISTEN}\n  listen 80;\n  $EXTRA\n}", nil, "server {\n  \n  listen 80;\n  \n}", []string{"LISTEN", "EXTRA"}},
	"own default":    {"x.conf", "server { listen ${PORT:-81}; }", nil, "server { listen 81; }", []string{"PORT"}},
	"mustaches":      {"x.conf", "server { listen {{port}}; server_name {{ env \"NAME\" }}; client_max_body_size {{ getenv \"MAX\" \"6M\" }}; root {{ .Values.docs | quote }}; }", map[string]string{"NAME": "n"}, "server { listen 8080; server_name n; client_max_body_size 6M; root /var/www/html; }", []string{"port", "MAX", "docs"}},
	"braces":         {"x.conf", "server { listen {PORT}; }", nil, "server { listen 8080; }", []string{"PORT"}},
	"braces in text": {"x.conf", "server { return 200 \"{PORT} {{x}}\"; }", nil, "server { return 200 \"{PORT} {{x}}\"; }", nil},
	"underscores":    {"x.conf", "server { listen __PORT__; }", nil, "server { listen 8080; }", []string{"PORT"}},
	"at signs": {"x.conf", "client_max_body_size @MAX_BODY@; log_format m '$@IP_VAR@ - $status a@B.C @x@'; server { listen 80; }", nil,
		"client_max_body_size 10m; log_format m '$remote_addr - $status a@B.C @x@'; server { listen 80; }", []string{"MAX_BODY", "IP_VAR"}},
	"dotted names": {"x.conf", "server {\n${web.on}listen ${web.https.port} ssl;\n${more.lines};\nlocation / { proxy_pass ${web.upstream}; proxy_read_timeout ${web.timeout}; return 200 ${host}.example; } }", nil,
		"server {\nlisten 8443 ssl;\n\nlocation / { proxy_pass http://web:8080; proxy_read_timeout 60s; return 200 ${host}.example; } }",
		[]string{"web.on", "web.https.port", "more.lines", "web.upstream", "web.timeout"}},
	"before the path": {"x.conf", "location / { proxy_pass $API_URI$request_uri; limit_except ${METHODS} { deny all; } }", nil,
		"location / { proxy_pass http://api:8080$request_uri; limit_except GET { deny all; } }", []string{"API_URI", "METHODS"}},
	"bare words":   {"x.conf", "proxy_cache_path /c keys_zone=z:INDEX_SIZE max_size=DISK_SIZE; server { return 200 A_WORD; }", nil, "proxy_cache_path /c keys_zone=z:10m max_size=100m; server { return 200 A_WORD; }", []string{"INDEX_SIZE", "DISK_SIZE"}},
	"loose braces": {"x.conf", "server {\n{w:extra:w}\nserver_name {domain}; location ~ \"a{2}$\" { proxy_pass http://a:{port}; } }", nil, "server {\n\nserver_name domain.example; location ~ \"a{2}$\" { proxy_pass http://a:8080; } }", []string{"extra", "domain", "port"}},
	"ports in words": {"x.conf", "upstream u { server A_HOST:A_PORT; server b:80; } server { listen HTTP_PORT; listen [::]:own_port; listen *:81; listen localhost; location / { proxy_pass http://c:C_PORT/x; } return 200 D:E_PORT; }", nil,
		"upstream u { server A_HOST:8080; server b:80; } server { listen 8081; listen [::]:8082; listen *:81; listen localhost; location / { proxy_pass http://c:8083/x; } return 200 D:E_PORT; }", []string{"A_PORT", "HTTP_PORT", "own_port", "C_PORT"}},
	"angles": {"x.conf", "server {\nserver_name <domain> ~^(?<sub>a)\\.<b>;\nlisten <IP>:<PORT>;\nlocation / {\nset $to <app>;\nset $p <port number>;\nset $how <http or https>;\nproxy_pass $how://$to:$p; }\nreturn 200 <h1>;\nroot '<x>'; }", nil,
		"server {\nserver_name domain.example ~^(?<sub>a)\\.b;\nlisten 0.0.0.0:8080;\nlocation / {\nset $to app;\nset $p 8081;\nset $how http;\nproxy_pass $how://$to:$p; }\nreturn 200 <h1>;\nroot '<x>'; }",
		[]string{"domain", "b", "IP", "PORT", "app", "port_number", "http_or_https"}},
	"bare line": {"x.conf", "server {\n  LOG_CONFIG ;\n  SSL_CONFIG\n  server_name\n  A_B\n  ;\n}", nil, "server {\n  \n  \n  server_name\n  A_B\n  ;\n}", []string{"LOG_CONFIG", "SSL_CONFIG"}},
}

func TestTemplates(t *testing.T) {
	for name, c := range templates {
		t.Run(name, func(t *testing.T) {
			enter(t, map[string]string{c.file: c.text})
			got, err := config.Read(t.Context(), c.file, config.Options{Env: c.env})
			require.NoError(t, err)
			require.Equal(t, c.want, podFile(t, got, "/etc/nginx/fragment/x.conf"))
			require.Equal(t, c.made, supplied(got, result.SuppliedValue))
		})
	}
}

// TestTemplateLines holds places against values of several lines.
func TestTemplateLines(t *testing.T) {
	enter(t, map[string]string{"x.conf.template": "${HEAD}\nserver { listen ${PORT};\n${BODY}\nserver_name a; }\n"})
	c, err := config.Read(t.Context(), "x.conf.template", config.Options{
		Env: map[string]string{"HEAD": "gzip on;\ngzip_vary on;\n", "PORT": "81", "BODY": "index x;\nroot /x;"}})
	require.NoError(t, err)
	for name, line := range map[string]int{"gzip": 1, "gzip_vary": 1, "server": 2, "listen": 2, "index": 3, "root": 3, "server_name": 4} {
		require.Equal(t, line, c.Place(first(t, c, name)).Line, name)
	}
}

// TestTemplateInInclude gives a name one value in all files, and none to what a
// later file defines as nginx's own.
func TestTemplateInInclude(t *testing.T) {
	enter(t, map[string]string{
		"nginx.conf": "events {}\nhttp { server { listen ${PORT}; return 200 ${OWN}; include ${EXTRA}; } include b.conf; }",
		"b.conf":     "map $uri $OWN { default 1; }\nserver { listen ${PORT}; server_name b; }",
	})
	c, err := config.Read(t.Context(), "nginx.conf", config.Options{})
	require.NoError(t, err)
	require.Equal(t, []string{"PORT", "EXTRA"}, supplied(c, result.SuppliedValue))
	require.Contains(t, podFile(t, c, "/etc/nginx/nginx.conf"), "listen 8080; return 200 ${OWN}; include extra.conf;")
	require.Contains(t, podFile(t, c, "/etc/nginx/b.conf"), "listen 8080;")
	require.Equal(t, []string{"/etc/nginx/extra.conf"}, supplied(c, result.SuppliedInclude), "a made-up name is an empty file")
	for _, s := range c.Supplied {
		if s.Name == "PORT" {
			require.Equal(t, result.Place{File: "nginx.conf", Line: 2}, s.For)
			require.True(t, strings.HasPrefix(s.Note, `"8080", made up`), s.Note)
		}
	}
}
