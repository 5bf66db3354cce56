package config

import (
	"strings"

	"badgateway/harness/nginx/conf"
)

// level is a place in nginx's configuration where a text can stand.
type level int

// The levels, the outermost first.
const (
	levelUnknown  level = iota
	levelMain           // a whole nginx.conf
	levelNoEvents       // a whole one without events
	levelStream
	levelHTTP
	levelServer
	levelLocation
)

// levels are the directives that tell where a text stands; others stand at
// several.
var levels = map[level][]string{
	levelMain: {"events", "http", "stream", "mail", "worker_processes", "user", "pid", "daemon", "master_process", "load_module",
		"worker_rlimit_nofile", "worker_rlimit_core", "pcre_jit", "thread_pool", "timer_resolution", "working_directory", "env",
		"lock_file", "worker_priority", "worker_cpu_affinity", "worker_shutdown_timeout", "ssl_engine", "rtmp"},
	levelHTTP: {"server", "upstream", "map", "geo", "split_clients", "limit_req_zone", "limit_conn_zone", "log_format",
		"proxy_cache_path", "fastcgi_cache_path", "uwsgi_cache_path", "scgi_cache_path", "server_names_hash_bucket_size",
		"server_names_hash_max_size", "variables_hash_bucket_size", "variables_hash_max_size", "map_hash_bucket_size",
		"map_hash_max_size", "geoip_country", "geoip_city", "geoip2", "lua_package_path", "lua_shared_dict",
		"init_by_lua_block", "init_worker_by_lua_block", "js_path", "perl_modules", "perl_set", "js_set"},
	levelServer: {"location", "listen", "server_name", "ssl_certificate", "ssl_certificate_key", "try_files", "return",
		"rewrite", "set", "if", "error_page"},
	levelLocation: {"proxy_pass", "fastcgi_pass", "uwsgi_pass", "scgi_pass", "grpc_pass", "memcached_pass", "alias", "internal",
		"limit_except", "empty_gif", "perl", "js_content", "content_by_lua_block"},
}

var levelOf = func() map[string]level {
	out := map[string]level{}
	for l, names := range levels {
		for _, name := range names {
			out[name] = l
		}
	}
	return out
}()

// findLevel says where the directives of a text stand. The outermost one that
// it needs wins, but for a proxy_pass and the like, which nginx takes in a
// location alone.
func findLevel(top []*conf.Directive) level {
	found := map[level]bool{}
	events, stream := false, false
	for _, d := range top {
		if d.Entry {
			continue
		}
		found[levelOf[d.Name.Text]] = true
		events = events || d.Is("events")
		stream = stream || isStreamServer(d)
	}
	switch {
	case found[levelMain] && !events:
		return levelNoEvents
	case found[levelMain]:
		return levelMain
	case stream:
		return levelStream
	case found[levelHTTP]:
		return levelHTTP
	case found[levelLocation]:
		return levelLocation
	case found[levelServer]:
		return levelServer
	}
	return levelUnknown
}

// isStreamServer knows a server of a stream block: it passes connections on, or
// answers them, outside of any location.
func isStreamServer(d *conf.Directive) bool {
	if !d.Is("server") {
		return false
	}
	pass := conf.First(conf.Children(d), "proxy_pass")
	return pass != nil && !strings.Contains(pass.Arg(0), "://") && conf.First(conf.Children(d), "location", "server_name") == nil
}

// onlyServers says that a text has nothing but servers.
func onlyServers(top []*conf.Directive) bool {
	for _, d := range top {
		if !d.Is("server") {
			return false
		}
	}
	return true
}
