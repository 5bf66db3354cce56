package sandbox

import (
	"context"
	"path"
	"slices"
	"strings"

	"badgateway/harness/check/result"
	"badgateway/harness/nginx/conf"
	"badgateway/harness/pod"
)

// foreign is a module that not every nginx has.
type foreign struct {
	prefix string // of its directives
	module string
	files  string // of the dynamic module, and what it needs before it
}

const (
	openresty = "lua-nginx-module (OpenResty)"
	lua       = "ndk_http_module.so ngx_http_lua_module.so"
	plus      = "NGINX Plus"
	misc      = "set-misc-nginx-module (OpenResty)"
	setMisc   = "ndk_http_module.so ngx_http_set_misc_module.so"
	purge     = "ngx_http_cache_purge_module.so"
	jwt       = "ngx-http-auth-jwt-module"
	jwtFile   = "ngx_http_auth_jwt_module.so"
)

// modules are the foreign ones.
var modules = []foreign{
	{"stream", "ngx_stream_module", "ngx_stream_module.so"},
	{"mail", "ngx_mail_module", "ngx_mail_module.so"},
	{"geoip_", "ngx_http_geoip_module", "ngx_http_geoip_module.so"},
	{"geoip2", "ngx_http_geoip2_module", "ngx_http_geoip2_module.so"},
	{"image_filter", "ngx_http_image_filter_module", "ngx_http_image_filter_module.so"},
	{"xslt_", "ngx_http_xslt_filter_module", "ngx_http_xslt_filter_module.so"},
	{"xml_", "ngx_http_xslt_filter_module", "ngx_http_xslt_filter_module.so"},
	{"perl", "ngx_http_perl_module", "ngx_http_perl_module.so"},
	{"js_", "njs (ngx_http_js_module)", "ngx_http_js_module.so"},
	{"more_", "headers-more-nginx-module", "ngx_http_headers_more_filter_module.so"},
	{"brotli", "ngx_brotli", "ngx_http_brotli_filter_module.so"},
	{"brotli_static", "ngx_brotli", "ngx_http_brotli_static_module.so"},
	{"echo", "echo-nginx-module", "ngx_http_echo_module.so"},
	{"subs_filter", "ngx_http_substitutions_filter_module", "ngx_http_subs_filter_module.so"},
	{"dav_ext", "nginx-dav-ext-module", "ngx_http_dav_ext_module.so"},
	{"fancyindex", "ngx-fancyindex", "ngx_http_fancyindex_module.so"},
	{"upload_progress", "nginx-upload-progress-module", "ngx_http_uploadprogress_module.so"},
	{"track_uploads", "nginx-upload-progress-module", "ngx_http_uploadprogress_module.so"},
	{"auth_pam", "ngx_http_auth_pam_module", "ngx_http_auth_pam_module.so"},
	{"fair", "nginx-upstream-fair", "ngx_http_upstream_fair_module.so"},
	{"push_stream_", "nginx-push-stream-module", "ngx_http_push_stream_module.so"},
	{"nchan_", "nchan", "ngx_nchan_module.so"},
	{"rtmp", "nginx-rtmp-module", "ngx_rtmp_module.so"},
	{"modsecurity", "ModSecurity-nginx", "ngx_http_modsecurity_module.so"},
	{"proxy_cache_purge", "ngx_cache_purge", purge}, {"fastcgi_cache_purge", "ngx_cache_purge", purge},
	{"uwsgi_cache_purge", "ngx_cache_purge", purge}, {"scgi_cache_purge", "ngx_cache_purge", purge},
	{"set_unescape_uri", misc, setMisc}, {"set_escape_uri", misc, setMisc}, {"set_if_empty", misc, setMisc}, {"set_quote_", misc, setMisc},
	{"set_hashed_upstream", misc, setMisc}, {"set_base32_", misc, setMisc}, {"set_encode_", misc, setMisc}, {"set_decode_", misc, setMisc},
	{"set_sha1", misc, setMisc}, {"set_md5", misc, setMisc}, {"set_hmac_", misc, setMisc}, {"set_random", misc, setMisc},
	{"set_secure_random_", misc, setMisc}, {"set_rotate", misc, setMisc}, {"set_local_today", misc, setMisc}, {"set_formatted_", misc, setMisc},
	{"auth_gss", "spnego-http-auth-nginx-module", "ngx_http_auth_spnego_module.so"},
	{"secure_link_hmac", "ngx_http_hmac_secure_link_module", "ngx_http_hmac_secure_link_module.so"},
	{"xss_", "xss-nginx-module (OpenResty)", "ngx_http_xss_filter_module.so"}, {"eval", "nginx-eval-module", "ngx_http_eval_module.so"},
	{"zstd", "zstd-nginx-module", "ngx_http_zstd_filter_module.so"}, {"zstd_static", "zstd-nginx-module", "ngx_http_zstd_static_module.so"},
	{"auth_jwt_enabled", jwt, jwtFile}, {"auth_jwt_key", jwt, jwtFile}, {"auth_jwt_loginurl", jwt, jwtFile}, {"auth_jwt_redirect", jwt, jwtFile},
	{"auth_jwt_algorithm", jwt, jwtFile}, {"auth_jwt_location", jwt, jwtFile}, {"auth_jwt_key_file", plus, ""}, {"auth_jwt_key_request", plus, ""},
	{"memc_", "memc-nginx-module (OpenResty)", "ngx_http_memc_module.so"},
	{"srcache_", "srcache-nginx-module (OpenResty)", "ngx_http_srcache_filter_module.so"},
	{"lua_", openresty, lua}, {"init_by_lua", openresty, lua}, {"init_worker_by_lua", openresty, lua},
	{"content_by_lua", openresty, lua}, {"access_by_lua", openresty, lua}, {"rewrite_by_lua", openresty, lua},
	{"set_by_lua", openresty, lua}, {"log_by_lua", openresty, lua}, {"header_filter_by_lua", openresty, lua},
	{"body_filter_by_lua", openresty, lua}, {"balancer_by_lua", openresty, lua}, {"ssl_certificate_by_lua", openresty, lua},
	{"redis", "redis2-nginx-module", ""}, {"chunkin", "chunkin-nginx-module, needless since nginx 1.3.9", ""},
	{"vhost_traffic_status", "nginx-module-vts", "ngx_http_vhost_traffic_status_module.so"}, {"pagespeed", "ngx_pagespeed", ""},
	{"upload_", "nginx-upload-module", ""}, {"auth_ldap", "nginx-auth-ldap", ""}, {"opentelemetry", "otel-webserver-module", ""},
	{"otel_", "ngx_otel_module", "ngx_otel_module.so"}, {"opentracing", "nginx-opentracing", ""}, {"passenger", "Phusion Passenger", ""}, {"shib_", "nginx-http-shibboleth", ""},
	{"check", "nginx_upstream_check_module (Tengine)", ""}, {"endpoints", "ESP, the proxy of Google Cloud Endpoints", ""},
	{"auth_jwt", plus, ""}, {"health_check", plus, ""}, {"match", plus, ""}, {"queue", plus, ""}, {"status_zone", plus, ""},
	{"zone_sync", plus, ""}, {"api", plus, ""}, {"keyval", plus, ""}, {"ntlm", plus, ""}, {"f4f", plus, ""}, {"hls", plus, ""},
}

// moduleOf is the module that has a directive: that with the longest prefix.
func moduleOf(directive string) (foreign, bool) {
	var best foreign
	for _, m := range modules {
		if strings.HasPrefix(directive, m.prefix) && len(m.prefix) > len(best.prefix) {
			best = m
		}
	}
	return best, best.prefix != ""
}

// loadModule loads the module of an unknown directive, where this nginx has it
// as a file: other builds, the official image's among them, have it built in.
func loadModule(ctx context.Context, r *repairs, m []string, at result.Place) func(*plan) {
	f, known := moduleOf(m[1])
	if !known || f.files == "" {
		return nil
	}
	files := strings.Fields(f.files)
	if inStream := conf.First(r.config.Tree.Top(), "stream") != nil; inStream && f.prefix == "js_" {
		files = append(files, "ngx_stream_module.so", "ngx_stream_js_module.so")
	}
	return r.load(ctx, files, at)
}

// loadBase loads the module whose symbols another one takes for granted: an
// nginx that has it built in needs no load_module for it.
func loadBase(ctx context.Context, r *repairs, m []string, at result.Place) func(*plan) {
	base := map[string]string{"ngx_stream": "ngx_stream_module.so", "ndk": "ndk_http_module.so"}[m[1]]
	return r.load(ctx, []string{base}, at)
}

// load lets the command line load modules, when this nginx has them all.
func (r *repairs) load(ctx context.Context, names []string, at result.Place) func(*plan) {
	files := make([]string, len(names))
	for i, name := range names {
		files[i] = path.Join(r.about.ModulesPath(), name)
		if r.module(ctx, files[i]) == nil {
			return nil
		}
	}
	return func(p *plan) {
		for _, file := range files {
			if !slices.Contains(p.modules, file) && !p.loads(path.Base(file)) {
				p.modules = append(p.modules, file)
				p.supplyAt(result.SuppliedModule, path.Base(file), "loaded by the command line: this nginx has it as a file", at)
			}
		}
	}
}

// loads says whether the configuration loads a module itself.
func (p *plan) loads(name string) bool {
	for d := range conf.Find(p.tree.Top(), "load_module") {
		if path.Base(d.Arg(0)) == name {
			return true
		}
	}
	return false
}

// putModule puts a module where load_module looks for it, when this nginx keeps
// it in another directory.
func putModule(ctx context.Context, r *repairs, m []string, at result.Place) func(*plan) {
	data := r.module(ctx, path.Join(r.about.ModulesPath(), path.Base(m[1])))
	if data == nil {
		return nil
	}
	return func(p *plan) {
		p.put(pod.File{Path: m[1], Data: data})
		p.supplyAt(result.SuppliedModule, m[1], "this nginx's own, of "+r.about.ModulesPath(), at)
	}
}

// module reads a file of this nginx's modules; nil when there is none.
func (r *repairs) module(ctx context.Context, file string) []byte {
	data, known := r.files[file]
	if known {
		return data
	}
	p, err := pod.New(ctx, r.driver, pod.Spec{Name: "modules", Nginx: r.build}, pod.DefaultTimeouts)
	defer p.Close()
	if err == nil {
		data, _ = p.Read(ctx, file) // what cannot be read is not there
	}
	r.files[file] = data
	return data
}
