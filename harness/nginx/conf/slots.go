package conf

import (
	"slices"
	"time"
)

// timeSlot is an argument that nginx reads as a time.
type timeSlot struct {
	directives  []string
	keys        []string // of key=value arguments; none: the argument at the index
	index       int      // from 0, -1 is the last
	granularity time.Duration
	source      string // of nginx unless it says otherwise
	// notWait says why nothing in nginx waits for it; [Durations] leaves it out.
	notWait string
}

// Families of directives: the modules that pass requests on.
var (
	upstreamModules = []string{"proxy", "fastcgi", "uwsgi", "scgi", "grpc", "memcached", "tunnel"}
	cacheModules    = []string{"proxy", "fastcgi", "uwsgi", "scgi"}
	sslModules      = []string{"proxy", "grpc", "uwsgi"}
)

// timeSlots were read in the source of nginx 1.31: every use of
// ngx_conf_set_msec_slot, ngx_conf_set_sec_slot and ngx_parse_time.
var timeSlots = []timeSlot{
	{directives: []string{"timer_resolution", "worker_shutdown_timeout"}, granularity: time.Millisecond,
		source: "core/nginx.c: ngx_conf_set_msec_slot"},
	{directives: []string{"accept_mutex_delay"}, granularity: time.Millisecond, source: "event/ngx_event.c: ngx_conf_set_msec_slot"},
	{directives: []string{"client_header_timeout", "client_body_timeout", "send_timeout", "keepalive_time", "keepalive_min_timeout",
		"auth_delay", "lingering_time", "lingering_timeout", "resolver_timeout"}, granularity: time.Millisecond,
		source: "http/ngx_http_core_module.c: ngx_conf_set_msec_slot"},
	{directives: []string{"keepalive_timeout"}, granularity: time.Millisecond, source: "http/ngx_http_core_module.c: ngx_http_core_keepalive"},
	{directives: []string{"keepalive_timeout"}, index: 1, granularity: time.Second, source: "http/ngx_http_core_module.c: ngx_http_core_keepalive"},
	{directives: []string{"open_file_cache_valid"}, granularity: time.Second, source: "http/ngx_http_core_module.c: ngx_conf_set_sec_slot"},
	{directives: []string{"open_file_cache"}, keys: []string{"inactive"}, granularity: time.Second,
		source: "http/ngx_http_core_module.c: ngx_http_core_open_file_cache"},
	{directives: []string{"open_log_file_cache"}, keys: []string{"inactive", "valid"}, granularity: time.Second,
		source: "http/modules/ngx_http_log_module.c: ngx_http_log_open_file_cache; stream/ngx_stream_log_module.c"},
	{directives: []string{"access_log"}, keys: []string{"flush"}, granularity: time.Millisecond,
		source: "http/modules/ngx_http_log_module.c: ngx_http_log_set_log; stream/ngx_stream_log_module.c"},
	{directives: []string{"listen"}, keys: []string{"so_keepalive"}, granularity: time.Second,
		source: "http/ngx_http_core_module.c: ngx_http_core_listen; stream and mail alike"},
	{directives: []string{"resolver"}, keys: []string{"valid"}, granularity: time.Second, source: "core/ngx_resolver.c: ngx_resolver_create"},
	{directives: []string{"server"}, keys: []string{"fail_timeout"}, granularity: time.Second,
		source: "http/ngx_http_upstream.c: ngx_http_upstream_server; stream/ngx_stream_upstream.c"},
	{directives: []string{"server"}, keys: []string{"slow_start"}, granularity: time.Second, source: "documentation of ngx_http_upstream_module, commercial"},
	{directives: []string{"sticky"}, keys: []string{"timeout"}, granularity: time.Millisecond,
		source: "http/modules/ngx_http_upstream_sticky_module.c: ngx_http_upstream_sticky_learn"},
	{directives: family(upstreamModules, "connect_timeout", "send_timeout", "read_timeout", "next_upstream_timeout"), granularity: time.Millisecond,
		source: "http/modules/ngx_http_*_module.c: ngx_conf_set_msec_slot"},
	{directives: family(cacheModules, "cache_lock_timeout", "cache_lock_age"), granularity: time.Millisecond,
		source: "http/modules/ngx_http_*_module.c: ngx_conf_set_msec_slot"},
	{directives: family(cacheModules, "cache_valid"), index: -1, granularity: time.Second,
		source: "http/ngx_http_file_cache.c: ngx_http_file_cache_valid_set_slot"},
	{directives: family(cacheModules, "cache_path"), keys: []string{"inactive"}, granularity: time.Second,
		source: "http/ngx_http_file_cache.c: ngx_http_file_cache_set_slot"},
	{directives: family(cacheModules, "cache_path"), keys: []string{"loader_sleep", "loader_threshold", "manager_sleep", "manager_threshold"},
		granularity: time.Millisecond, source: "http/ngx_http_file_cache.c: ngx_http_file_cache_set_slot"},
	{directives: slices.Concat([]string{"ssl_certificate_cache"}, family(sslModules, "ssl_certificate_cache")), keys: []string{"inactive", "valid"},
		granularity: time.Second, source: "http/modules/ngx_http_ssl_module.c: ngx_http_ssl_certificate_cache; proxy, grpc, uwsgi and stream alike"},
	{directives: []string{"ssl_session_timeout"}, granularity: time.Second,
		source: "http/modules/ngx_http_ssl_module.c: ngx_conf_set_sec_slot; stream and mail alike"},
	{directives: []string{"proxy_timeout", "proxy_protocol_timeout", "preread_timeout", "ssl_handshake_timeout"}, granularity: time.Millisecond,
		source: "stream/ngx_stream_{proxy,core,ssl}_module.c: ngx_conf_set_msec_slot; proxy_timeout also in mail"},
	{directives: []string{"timeout", "auth_http_timeout", "smtp_greeting_delay"}, granularity: time.Millisecond,
		source: "mail/ngx_mail_{core,auth_http,smtp}_module.c: ngx_conf_set_msec_slot"},
	{directives: []string{"http2_recv_timeout", "http2_idle_timeout"}, granularity: time.Millisecond,
		source: "http/v2/ngx_http_v2_module.c up to 1.19.6: ngx_conf_set_msec_slot"},
	{directives: []string{"js_fetch_timeout"}, granularity: time.Millisecond, source: "njs: nginx/ngx_http_js_module.c: ngx_conf_set_msec_slot"},
	{directives: family([]string{"lua_socket"}, "connect_timeout", "send_timeout", "read_timeout", "keepalive_timeout"), granularity: time.Millisecond,
		source: "lua-nginx-module: src/ngx_http_lua_module.c: ngx_conf_set_msec_slot"},
	{directives: []string{"expires"}, index: -1, granularity: time.Second, notWait: "the age of an answer, told to clients",
		source: "http/modules/ngx_http_headers_filter_module.c: ngx_http_parse_expires"},
	{directives: []string{"userid_expires"}, granularity: time.Second, notWait: "the age of a cookie, told to clients",
		source: "http/modules/ngx_http_userid_filter_module.c: ngx_http_userid_expires"},
	{directives: []string{"sticky"}, keys: []string{"expires"}, granularity: time.Second, notWait: "the age of a cookie, told to clients",
		source: "http/modules/ngx_http_upstream_sticky_module.c: ngx_http_upstream_sticky_cookie"},
}

// family are the directives of several modules: prefix_name.
func family(prefixes []string, names ...string) []string {
	var all []string
	for _, p := range prefixes {
		for _, n := range names {
			all = append(all, p+"_"+n)
		}
	}
	return all
}

// slotsOf are the slots by the directive's name.
var slotsOf = func() map[string][]timeSlot {
	byName := map[string][]timeSlot{}
	for _, s := range timeSlots {
		for _, name := range s.directives {
			byName[name] = append(byName[name], s)
		}
	}
	return byName
}()
