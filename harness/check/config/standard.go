package config

import (
	"embed"
	"path"
	"strings"
)

// Files that come with nginx, Debian or certbot: the same facts in our own words.
//
//go:embed standard
var standardFiles embed.FS

// standardNames are paths that end so, and the file that stands for them.
var standardNames = []struct{ suffix, file, from string }{
	{"/mime.types", "mime.types", "nginx"},
	{"/fastcgi_params", "fastcgi_params", "nginx"},
	{"/fastcgi.conf", "fastcgi.conf", "nginx"},
	{"/uwsgi_params", "uwsgi_params", "nginx"},
	{"/scgi_params", "scgi_params", "nginx"},
	{"/proxy_params", "proxy_params", "Debian"},
	{"/koi-utf", "koi-utf", "nginx"},
	{"/koi-win", "koi-win", "nginx"},
	{"/win-utf", "win-utf", "nginx"},
	{"/snippets/fastcgi-php.conf", "fastcgi-php.conf", "Debian"},
	{"/snippets/snakeoil.conf", "snakeoil.conf", "Debian"},
	{"/snippets/ssl-params.conf", "ssl.conf", "common settings"},
	{"/snippets/ssl.conf", "ssl.conf", "common settings"},
	{"/options-ssl-nginx.conf", "options-ssl-nginx.conf", "certbot"},
}

// standard is the text of a file that everybody has the same of.
func standard(name string) (text, note string, ok bool) {
	if dir, base := path.Split(name); dir == "/usr/share/nginx/modules-available/" || dir == "/usr/share/nginx/modules/" {
		module, isModule := strings.CutPrefix(strings.TrimSuffix(base, ".conf"), "mod-")
		return "load_module modules/ngx_" + strings.ReplaceAll(module, "-", "_") + "_module.so;\n", "Debian's", isModule
	}
	for _, s := range standardNames {
		if strings.HasSuffix(name, s.suffix) {
			data, err := standardFiles.ReadFile("standard/" + s.file)
			return string(data), "as of " + s.from, err == nil
		}
	}
	return "", "", false
}
