package sandbox_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"badgateway/harness/check/sandbox"
	"badgateway/harness/nginx"
	"badgateway/harness/pod"
)

// TestRuns puts a request through each kind of upstream that a configuration
// names, and through what it demands on the way: certificates on both sides,
// a login, names at start and at run time, a port that nginx has itself.
func TestRuns(t *testing.T) { eachDriver(t, runEverything) }

func runEverything(t *testing.T, d pod.Driver, b nginx.Build) {
	box, err := sandbox.Build(t.Context(), d, b, read(t, map[string]string{"nginx.conf": everything}))
	require.NoError(t, err)
	p := open(t, d, box)
	for path, want := range map[string]string{
		"/again": "localhost:3000", "/zero": "0.0.0.0:3001",
		"/http": "app:8080", "/port": "app:80", "/https": "secure:443", "/unix": "unix:/srv/app/run.sock", "/usr": "unix:/usr/local/app/run.sock", "/fastcgi": "php:9000",
		"/uwsgi": "127.0.0.1:3031", "/scgi": "10.20.30.40:4000", "/runtime": "later:8081", "/six": "[2001:db8::5]:80",
		"/grpcs": "rpc:50051", "/local": "localhost:3000", "/own": "app:8080",
	} {
		for range 2 { // every address of a name
			r, err := p.Request(t.Context(), pod.Request{URL: "https://shop.example" + path, Header: login})
			require.NoError(t, err)
			require.Equal(t, pod.OK, r.Outcome, "%s: %+v", path, r)
		}
		r, err := p.Request(t.Context(), pod.Request{URL: "https://shop.example" + path, Header: login})
		require.NoError(t, err)
		require.Equal(t, pod.OK, r.Outcome, "%s: %+v", path, r)
		_, attempts, err := p.Observed(t.Context())
		require.NoError(t, err)
		require.Equal(t, want, attempts[len(attempts)-1].Backend, path)
	}
	r, err := p.Request(t.Context(), pod.Request{URL: "https://shop.example/http"})
	require.NoError(t, err)
	require.Equal(t, 401, r.Status)
	require.Equal(t, []string{"/data/logs/error.log"}, box.ErrorLogs)
	lines, err := p.Read(t.Context(), box.ErrorLogs[0])
	require.NoError(t, err)
	require.NotContains(t, string(lines), "[error] connect")
}

// TestNameServer leaves the port that the check's name server has to it.
func TestNameServer(t *testing.T) {
	d, b := driver(t, "native")
	box, err := sandbox.Build(t.Context(), d, b, read(t, map[string]string{
		"nginx.conf": "events {} http { resolver 0.0.0.0; server { listen 80; location / { proxy_pass http://0.0.0.0:53; } } }"}))
	require.NoError(t, err)
	require.Equal(t, map[string]string{"0.0.0.0:53 http": "the check's name server answers at 0.0.0.0:53"}, box.Conflicts)
}

var login = map[string][]string{"Authorization": {"Basic YmFkZ2F0ZXdheTpiYWRnYXRld2F5"}}

const everything = `
user deploy staff;
error_log /data/logs/error.log warn;
pid /data/run/nginx.pid;
events {}
http {
    log_format own '$request';
    access_log /data/logs/access/all.log own;
    proxy_cache_path /data/cache/a levels=1:2 keys_zone=a:1m;
    client_body_temp_path /data/tmp/body 1 2;
    upstream secure { server secure:443; keepalive 4; }
    upstream unused { server nobody.example:1; }
    resolver 10.20.0.53 dns.example:5353 valid=5s;
    include /etc/nginx/sites-enabled/*;
    include snippets/*.conf;
    server { listen 80 default_server; server_name _; root /srv/www; location / { proxy_pass http://app:8080; } }
    server {
        listen 443 ssl;
        listen 192.168.7.7:8443 ssl;
        server_name shop.example *.shop.example ~^(?<sub>[a-z]+)\.old\.example$;
        ssl_certificate /etc/letsencrypt/live/shop/fullchain.pem;
        ssl_certificate_key /etc/letsencrypt/live/shop/privkey.pem;
        ssl_dhparam ssl/dh.pem;
        ssl_session_ticket_key ssl/ticket.key;
        ssl_client_certificate ssl/clients.pem;
        ssl_crl ssl/clients.crl;
        ssl_verify_client optional;
        auth_basic "shop";
        auth_basic_user_file htpasswd;
        proxy_ssl_trusted_certificate /etc/ssl/certs/ca-certificates.crt;
        proxy_ssl_verify on;
        proxy_ssl_server_name on;
        proxy_ssl_certificate ssl/out.pem;
        proxy_ssl_certificate_key ssl/out.key;
        location /http { proxy_pass http://app:8080; proxy_cache a; proxy_cache_bypass 1; }
        location /port { proxy_pass http://app; }
        location /https { proxy_pass https://secure; }
        location /unix { proxy_pass http://unix:/srv/app/run.sock; }
        location /usr { proxy_pass http://unix:/usr/local/app/run.sock; }
        location /fastcgi { include fastcgi_params; fastcgi_pass php:9000; }
        location /uwsgi { uwsgi_pass 127.0.0.1:3031; uwsgi_param REQUEST_METHOD $request_method; uwsgi_param REQUEST_URI $request_uri;
            uwsgi_param SERVER_PROTOCOL $server_protocol; uwsgi_param CONTENT_LENGTH $content_length; }
        location /scgi { scgi_pass 10.20.30.40:4000; scgi_param REQUEST_METHOD $request_method; scgi_param REQUEST_URI $request_uri;
            scgi_param SERVER_PROTOCOL $server_protocol; scgi_param CONTENT_LENGTH $content_length; }
        location /runtime { set $to later; proxy_pass http://$to:8081; }
        location /six { proxy_pass http://[2001:db8::5]; }
        location /grpcs { grpc_pass grpcs://rpc:50051; }
        location /local { proxy_pass http://localhost:3000; }
        location /zero { proxy_pass http://0.0.0.0:3001; }
        location /again { proxy_pass http://LOCALHOST:3000; proxy_next_upstream off; }
        location /own { proxy_pass http://127.0.0.1/; }
    }
}
`
