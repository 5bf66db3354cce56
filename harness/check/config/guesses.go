package config

import "badgateway/harness/lazyregexp"

// byKey are values of key=value arguments.
var byKey = map[string]string{
	"burst": "20", "valid": "30s", "inactive": "10m", "max_size": "100m", "min_free": "1m", "max_fails": "1",
	"fail_timeout": "10s", "weight": "1", "max_conns": "100", "ipv6": "off", "timeout": "60s", "expires": "1h",
	"backlog": "511", "use_temp_path": "off", "max": "1000", "server": "127.0.0.1:514", "level": "5",
}

// directiveValues are values that fit an argument of a directive. anywhere: also
// as a part of it.
var directiveValues = []struct {
	directive *lazyregexp.Regexp
	index     int // -1: any
	value     string
	anywhere  bool
}{
	{lazyregexp.New(`^resolver$`), -1, "127.0.0.11", false},
	{lazyregexp.New(`_timeout$|^(?:expires|keepalive_time|proxy_cache_valid|fastcgi_cache_valid|send_lowat)$`), -1, "60s", false},
	{lazyregexp.New(`^client_max_body_size$`), -1, "10m", false},
	{lazyregexp.New(`^slice$`), -1, "1m", false},
	{lazyregexp.New(`_cache_path$|_zone$`), -1, "10m", true}, // the size behind a zone's name
	{lazyregexp.New(`_buffers$`), 0, "8", false},
	{lazyregexp.New(`_buffers$|buffer_size$|buffers_size$|_temp_file_write_size$`), -1, "16k", false},
	{lazyregexp.New(`_hash_bucket_size$`), -1, "128", false},
	{lazyregexp.New(`_hash_max_size$`), -1, "2048", false},
	{lazyregexp.New(`^(?:gzip|gzip_static|gzip_vary|sendfile|tcp_nopush|tcp_nodelay|aio|http2|server_tokens|autoindex|` +
		`port_in_redirect|absolute_redirect|server_name_in_redirect|real_ip_recursive|ssl_prefer_server_ciphers|ssl_session_tickets|` +
		`\w+_buffering|\w+_intercept_errors|proxy_ssl_server_name|multi_accept|merge_slashes|etag|underscores_in_headers)$`), 0, "on", false},
	{lazyregexp.New(`^(?:ssl_verify_client|ssl_stapling|ssl_stapling_verify|\w+_ssl_verify|auth_basic|ssl|modsecurity)$`), 0, "off", false},
	{lazyregexp.New(`_verify_depth$`), 0, "2", false},
	{lazyregexp.New(`^worker_processes$`), 0, "1", false},
	{lazyregexp.New(`^worker_connections$`), 0, "1024", false},
	{lazyregexp.New(`^worker_rlimit_nofile$`), 0, "1024", false},
	{lazyregexp.New(`^keepalive$`), 0, "16", false},
	{lazyregexp.New(`^keepalive_requests$|^gzip_min_length$`), 0, "1000", false},
	{lazyregexp.New(`^gzip_comp_level$`), 0, "5", false},
	{lazyregexp.New(`^gzip_proxied$`), 0, "any", false},
	{lazyregexp.New(`^(?:gzip_types|default_type)$`), -1, "text/plain", false},
	{lazyregexp.New(`^limit_conn$`), 1, "100", false},
	{lazyregexp.New(`^limit_except$`), 0, "GET", false},
	{lazyregexp.New(`^limit_rate`), 0, "1m", false},
	{lazyregexp.New(`^error_log$`), 0, "/var/log/nginx/error.log", false},
	{lazyregexp.New(`^error_log$`), 1, "warn", false},
	{lazyregexp.New(`^access_log$`), 0, "/var/log/nginx/access.log", false},
	{lazyregexp.New(`^access_log$`), 1, "combined", false},
	{lazyregexp.New(`^(?:root|alias)$`), 0, "/var/www/html", true},
	{lazyregexp.New(`^allow$`), 0, "all", false},
	{lazyregexp.New(`^(?:deny|set_real_ip_from)$`), 0, "192.0.2.0/24", false},
	{lazyregexp.New(`^real_ip_header$`), 0, "X-Forwarded-For", false},
	{lazyregexp.New(`ssl_protocols$`), -1, "TLSv1.2 TLSv1.3", false},
	{lazyregexp.New(`ssl_ciphers$`), -1, "HIGH:!aNULL:!MD5", false},
	{lazyregexp.New(`ssl_certificate$|ssl_trusted_certificate$|ssl_client_certificate$`), 0, "/etc/nginx/certs/server.pem", false},
	{lazyregexp.New(`ssl_certificate_key$`), 0, "/etc/nginx/certs/server.key", false},
	{lazyregexp.New(`ssl_dhparam$`), 0, "/etc/nginx/certs/dhparam.pem", false},
	{lazyregexp.New(`^auth_basic_user_file$`), 0, "/etc/nginx/htpasswd", false},
	{lazyregexp.New(`^user$`), 0, "nginx", false},
	{lazyregexp.New(`^index$`), -1, "index.html", false},
	{lazyregexp.New(`^fastcgi_index$`), 0, "index.php", false},
	{lazyregexp.New(`^charset$`), 0, "utf-8", false},
	{lazyregexp.New(`^return$`), 0, "404", false},
}

// nameValues are values that fit a name.
var nameValues = []struct {
	name  *lazyregexp.Regexp
	value func(v *values, name string) string
}{
	{lazyregexp.New(`PORT(?:_?(?:NUMBER|NUM|NO))?$`), (*values).port},
	{lazyregexp.New(`TIMEOUT|TTL|EXPIRE|INTERVAL|MAX_AGE|_VALID$`), constant("60s")},
	{lazyregexp.New(`SIZE`), constant("10m")},
	{lazyregexp.New(`RESOLVER|NAMESERVER|^DNS|_DNS$`), constant("127.0.0.11")},
	{lazyregexp.New(`PROTO(?:COL)?$|SCHEME$`), constant("http")},
	{lazyregexp.New(`_IP$|^IP_|IP_ADDRESS`), constant("127.0.0.1")},
	{lazyregexp.New(`CIDR|NETWORK|SUBNET`), constant("10.0.0.0/8")},
	{lazyregexp.New(`_PATH$|PREFIX|BASE_URL$|URL_PATH|LOCATION$`), func(_ *values, name string) string { return "/" + dashed(name) }},
	{lazyregexp.New(`DOMAIN|SERVER_?NAME|VIRTUAL_HOST|SITE_NAME|PUBLIC_HOST|WEBSERVER_HOST`), func(_ *values, name string) string { return domainOf(name) }},
	{lazyregexp.New(`URL$|URI$`), func(_ *values, name string) string { return "http://" + hostOf(name) + ":8080" }},
	{lazyregexp.New(`HOST|UPSTREAM|BACKEND|SERVICE|ADDR|ENDPOINT`), func(_ *values, name string) string { return hostOf(name) }},
	{lazyregexp.New(`LOG_?LEVEL`), constant("warn")},
	{lazyregexp.New(`ENABLED?$|SWITCH$|^USE_`), constant("on")},
	{lazyregexp.New(`SERVER_CONF|_BLOCK$|_CONFIG$|_EXTRA`), constant("")},
	{lazyregexp.New(`COUNT|LIMIT|MAX|NUM|CONNECTIONS|RATE`), constant("100")},
}

func constant(text string) func(*values, string) string {
	return func(*values, string) string { return text }
}
