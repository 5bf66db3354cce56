package config

import "regexp"

// byKey are values of key=value arguments.
var byKey = map[string]string{
	"burst": "20", "valid": "30s", "inactive": "10m", "max_size": "100m", "min_free": "1m", "max_fails": "1",
	"fail_timeout": "10s", "weight": "1", "max_conns": "100", "ipv6": "off", "timeout": "60s", "expires": "1h",
	"backlog": "511", "use_temp_path": "off", "max": "1000", "server": "127.0.0.1:514", "level": "5",
}

// directiveValues are values that fit an argument of a directive. anywhere: also
// as a part of it.
var directiveValues = []struct {
	directive *regexp.Regexp
	index     int // -1: any
	value     string
	anywhere  bool
}{
	{regexp.MustCompile(`^resolver$`), -1, "127.0.0.11", false},
	{regexp.MustCompile(`_timeout$|^(?:expires|keepalive_time|proxy_cache_valid|fastcgi_cache_valid|send_lowat)$`), -1, "60s", false},
	{regexp.MustCompile(`^client_max_body_size$`), -1, "10m", false},
	{regexp.MustCompile(`^slice$`), -1, "1m", false},
	{regexp.MustCompile(`_cache_path$|_zone$`), -1, "10m", true}, // the size behind a zone's name
	{regexp.MustCompile(`_buffers$`), 0, "8", false},
	{regexp.MustCompile(`_buffers$|buffer_size$|buffers_size$|_temp_file_write_size$`), -1, "16k", false},
	{regexp.MustCompile(`_hash_bucket_size$`), -1, "128", false},
	{regexp.MustCompile(`_hash_max_size$`), -1, "2048", false},
	{regexp.MustCompile(`^(?:gzip|gzip_static|gzip_vary|sendfile|tcp_nopush|tcp_nodelay|aio|http2|server_tokens|autoindex|` +
		`port_in_redirect|absolute_redirect|server_name_in_redirect|real_ip_recursive|ssl_prefer_server_ciphers|ssl_session_tickets|` +
		`\w+_buffering|\w+_intercept_errors|proxy_ssl_server_name|multi_accept|merge_slashes|etag|underscores_in_headers)$`), 0, "on", false},
	{regexp.MustCompile(`^(?:ssl_verify_client|ssl_stapling|ssl_stapling_verify|\w+_ssl_verify|auth_basic|ssl|modsecurity)$`), 0, "off", false},
	{regexp.MustCompile(`_verify_depth$`), 0, "2", false},
	{regexp.MustCompile(`^worker_processes$`), 0, "1", false},
	{regexp.MustCompile(`^worker_connections$`), 0, "1024", false},
	{regexp.MustCompile(`^worker_rlimit_nofile$`), 0, "1024", false},
	{regexp.MustCompile(`^keepalive$`), 0, "16", false},
	{regexp.MustCompile(`^keepalive_requests$|^gzip_min_length$`), 0, "1000", false},
	{regexp.MustCompile(`^gzip_comp_level$`), 0, "5", false},
	{regexp.MustCompile(`^gzip_proxied$`), 0, "any", false},
	{regexp.MustCompile(`^(?:gzip_types|default_type)$`), -1, "text/plain", false},
	{regexp.MustCompile(`^limit_conn$`), 1, "100", false},
	{regexp.MustCompile(`^limit_except$`), 0, "GET", false},
	{regexp.MustCompile(`^limit_rate`), 0, "1m", false},
	{regexp.MustCompile(`^error_log$`), 0, "/var/log/nginx/error.log", false},
	{regexp.MustCompile(`^error_log$`), 1, "warn", false},
	{regexp.MustCompile(`^access_log$`), 0, "/var/log/nginx/access.log", false},
	{regexp.MustCompile(`^access_log$`), 1, "combined", false},
	{regexp.MustCompile(`^(?:root|alias)$`), 0, "/var/www/html", true},
	{regexp.MustCompile(`^allow$`), 0, "all", false},
	{regexp.MustCompile(`^(?:deny|set_real_ip_from)$`), 0, "192.0.2.0/24", false},
	{regexp.MustCompile(`^real_ip_header$`), 0, "X-Forwarded-For", false},
	{regexp.MustCompile(`ssl_protocols$`), -1, "TLSv1.2 TLSv1.3", false},
	{regexp.MustCompile(`ssl_ciphers$`), -1, "HIGH:!aNULL:!MD5", false},
	{regexp.MustCompile(`ssl_certificate$|ssl_trusted_certificate$|ssl_client_certificate$`), 0, "/etc/nginx/certs/server.pem", false},
	{regexp.MustCompile(`ssl_certificate_key$`), 0, "/etc/nginx/certs/server.key", false},
	{regexp.MustCompile(`ssl_dhparam$`), 0, "/etc/nginx/certs/dhparam.pem", false},
	{regexp.MustCompile(`^auth_basic_user_file$`), 0, "/etc/nginx/htpasswd", false},
	{regexp.MustCompile(`^user$`), 0, "nginx", false},
	{regexp.MustCompile(`^index$`), -1, "index.html", false},
	{regexp.MustCompile(`^fastcgi_index$`), 0, "index.php", false},
	{regexp.MustCompile(`^charset$`), 0, "utf-8", false},
	{regexp.MustCompile(`^return$`), 0, "404", false},
}

// nameValues are values that fit a name.
var nameValues = []struct {
	name  *regexp.Regexp
	value func(v *values, name string) string
}{
	{regexp.MustCompile(`PORT(?:_?(?:NUMBER|NUM|NO))?$`), (*values).port},
	{regexp.MustCompile(`TIMEOUT|TTL|EXPIRE|INTERVAL|MAX_AGE|_VALID$`), constant("60s")},
	{regexp.MustCompile(`SIZE`), constant("10m")},
	{regexp.MustCompile(`RESOLVER|NAMESERVER|^DNS|_DNS$`), constant("127.0.0.11")},
	{regexp.MustCompile(`PROTO(?:COL)?$|SCHEME$`), constant("http")},
	{regexp.MustCompile(`_IP$|^IP_|IP_ADDRESS`), constant("127.0.0.1")},
	{regexp.MustCompile(`CIDR|NETWORK|SUBNET`), constant("10.0.0.0/8")},
	{regexp.MustCompile(`_PATH$|PREFIX|BASE_URL$|URL_PATH|LOCATION$`), func(_ *values, name string) string { return "/" + dashed(name) }},
	{regexp.MustCompile(`DOMAIN|SERVER_?NAME|VIRTUAL_HOST|SITE_NAME|PUBLIC_HOST|WEBSERVER_HOST`), func(_ *values, name string) string { return domainOf(name) }},
	{regexp.MustCompile(`URL$|URI$`), func(_ *values, name string) string { return "http://" + hostOf(name) + ":8080" }},
	{regexp.MustCompile(`HOST|UPSTREAM|BACKEND|SERVICE|ADDR|ENDPOINT`), func(_ *values, name string) string { return hostOf(name) }},
	{regexp.MustCompile(`LOG_?LEVEL`), constant("warn")},
	{regexp.MustCompile(`ENABLED?$|SWITCH$|^USE_`), constant("on")},
	{regexp.MustCompile(`SERVER_CONF|_BLOCK$|_CONFIG$|_EXTRA`), constant("")},
	{regexp.MustCompile(`COUNT|LIMIT|MAX|NUM|CONNECTIONS|RATE`), constant("100")},
}

func constant(text string) func(*values, string) string {
	return func(*values, string) string { return text }
}
