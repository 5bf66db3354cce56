package nginx

import (
	"path"
	"strings"
)

// Presence is how a module is part of a build.
type Presence string

// The ways.
const (
	Absent  Presence = "absent"
	Static  Presence = "static"
	Dynamic Presence = "dynamic" // a file; the configuration must load_module it
)

// defaultModules are the modules compiled in unless configured away, with the
// version that introduced them (auto/options); "" is before 1.14.
var defaultModules = map[string]string{
	"http_charset_module": "", "http_gzip_module": "", "http_ssi_module": "", "http_userid_module": "",
	"http_access_module": "", "http_auth_basic_module": "", "http_mirror_module": "", "http_autoindex_module": "",
	"http_geo_module": "", "http_map_module": "", "http_split_clients_module": "", "http_referer_module": "",
	"http_rewrite_module": "", "http_proxy_module": "", "http_fastcgi_module": "", "http_uwsgi_module": "",
	"http_scgi_module": "", "http_grpc_module": "", "http_tunnel_module": "1.31.0", "http_memcached_module": "",
	"http_limit_conn_module": "", "http_limit_req_module": "", "http_empty_gif_module": "", "http_browser_module": "",
	"http_upstream_hash_module": "", "http_upstream_ip_hash_module": "", "http_upstream_least_conn_module": "",
	"http_upstream_random_module": "1.15.1", "http_upstream_keepalive_module": "", "http_upstream_zone_module": "",
	"http_upstream_sticky_module": "1.29.6", "http_upstream_least_time_module": "1.31.0",
	"mail_pop3_module": "", "mail_imap_module": "", "mail_smtp_module": "",
	"stream_limit_conn_module": "", "stream_access_module": "", "stream_geo_module": "", "stream_map_module": "",
	"stream_split_clients_module": "", "stream_return_module": "", "stream_set_module": "1.19.3",
	"stream_pass_module": "1.25.5", "stream_upstream_hash_module": "", "stream_upstream_least_conn_module": "",
	"stream_upstream_random_module": "1.15.1", "stream_upstream_zone_module": "", "stream_upstream_least_time_module": "1.31.0",
}

// Has says whether a module is compiled, statically or as a file, by the name
// that configure uses: "http_ssl_module", "stream", "http_proxy_module".
func (a About) Has(module string) bool { return a.Module(module) != Absent }

// Module says how a module is part of the build.
func (a About) Module(module string) Presence {
	family := a.family(module)
	if family == Absent || module == "http" {
		return family
	}
	if _, without := a.Argument("without-" + module); without {
		return Absent
	}
	if how, with := a.Argument("with-" + module); with {
		if how == "dynamic" || family == Dynamic {
			return Dynamic
		}
		return Static
	}
	since, standard := defaultModules[module]
	if !standard {
		return Absent
	}
	if inside, err := a.Nginx.Within(since, ""); err != nil || !inside && !a.Nginx.IsZero() {
		return Absent
	}
	return family
}

// family is the presence of what a module belongs to: http is there unless
// configured away, stream and mail when configured.
func (a About) family(module string) Presence {
	for _, name := range []string{"stream", "mail"} {
		if module == name || !strings.HasPrefix(module, name+"_") {
			continue
		}
		how, with := a.Argument("with-" + name)
		switch {
		case !with:
			return Absent
		case how == "dynamic":
			return Dynamic
		}
	}
	if _, without := a.Argument("without-http"); without && (module == "http" || strings.HasPrefix(module, "http_")) {
		return Absent
	}
	return Static
}

// Added are the third-party modules, by the last part of the directories they
// were compiled from: "headers-more-nginx-module-0.33".
func (a About) Added() []string {
	var names []string
	for _, argument := range a.Arguments {
		for _, option := range []string{"--add-module=", "--add-dynamic-module="} {
			if directory, found := strings.CutPrefix(argument, option); found {
				names = append(names, path.Base(directory))
			}
		}
	}
	return names
}
