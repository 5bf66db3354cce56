package config_test

import (
	"net"
	"os"
	"path/filepath"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"badgateway/harness/check/config"
	"badgateway/harness/check/result"
)

// TestIncludes finds included files: where each path leads, and what is in
// which order.
func TestIncludes(t *testing.T) {
	for name, c := range map[string]struct {
		include string
		files   map[string]string
		root    string
		from    string // the file that nginx reads; "" is none
	}{
		"relative":                  {"a.conf", map[string]string{"gw/a.conf": ""}, "", "gw/a.conf"},
		"absolute":                  {"/etc/nginx/sub/a.conf", map[string]string{"gw/sub/a.conf": ""}, "", "gw/sub/a.conf"},
		"another system's":          {"/usr/local/etc/nginx/a.conf", map[string]string{"gw/a.conf": ""}, "", "gw/a.conf"},
		"nearest ancestor":          {"/etc/nginx/sub/a.conf", map[string]string{"sub/a.conf": ""}, "", "sub/a.conf"},
		"nearer wins":               {"sub/a.conf", map[string]string{"sub/a.conf": "", "gw/sub/a.conf": ""}, "", "gw/sub/a.conf"},
		"root":                      {"sub/a.conf", map[string]string{"gw/sub/a.conf": "", "etc/sub/a.conf": ""}, "etc", "etc/sub/a.conf"},
		"pattern":                   {"sub/*.conf", map[string]string{"sub/a.conf": "", "sub/.b.conf": "", "sub/c": ""}, "", "sub/a.conf"},
		"pattern of two parts":      {"/etc/nginx/*/x/a?conf", map[string]string{"gw/sub/x/a.conf": "", "gw/sub/y/a.conf": ""}, "", "gw/sub/x/a.conf"},
		"pattern of nothing":        {"sub/*.conf", map[string]string{"sub/c": ""}, "", ""},
		"beside the root":           {"../common/a.conf", map[string]string{"common/a.conf": ""}, "", "common/a.conf"},
		"a whole file system":       {"/opt/app/a.conf", map[string]string{"rootfs/a": "", "opt/app/a.conf": ""}, "", "opt/app/a.conf"},
		"end of its path":           {"/opt/app/extra/a.conf", map[string]string{"extra/a.conf": ""}, "", "extra/a.conf"},
		"mounted elsewhere":         {"/etc/nginx/conf.d/a.conf", map[string]string{"gw/a.conf": ""}, "", "gw/a.conf"},
		"template beside":           {"/etc/nginx/conf.d/*.conf", map[string]string{"gw/conf.d/a.conf.template": ""}, "", "gw/conf.d/a.conf.template"},
		"official image":            {"/etc/nginx/conf.d/a.conf", map[string]string{"gw/templates/a.conf.template": ""}, "", "gw/templates/a.conf.template"},
		"official image, all":       {"conf.d/*.conf", map[string]string{"gw/templates/a.conf.template": ""}, "", "gw/templates/a.conf.template"},
		"official image, below":     {"/etc/nginx/conf.d/gateway/a.conf", map[string]string{"gw/templates/gateway/a.conf.template": ""}, "", "gw/templates/gateway/a.conf.template"},
		"official image, all below": {"conf.d/gateway/*.conf", map[string]string{"gw/templates/gateway/a.conf.template": ""}, "", "gw/templates/gateway/a.conf.template"},
		"own standard file":         {"mime.types", map[string]string{"mime.types": ""}, "", "mime.types"},
	} {
		t.Run(name, func(t *testing.T) {
			for file := range c.files {
				c.files[file] = "client_max_body_size 1m;"
			}
			c.files["gw/nginx.conf"] = "events {}\nhttp { include " + c.include + "; }"
			enter(t, c.files)
			got, err := config.Read(t.Context(), "gw/nginx.conf", config.Options{Root: c.root})
			require.NoError(t, err)
			if c.from == "" {
				require.Len(t, got.Tree.Files, 1)
				require.Equal(t, []result.Place{{File: "gw/nginx.conf", Line: 2, Text: "include " + c.include + ";"}}, got.Unmatched())
				return
			}
			require.Empty(t, got.Unmatched())
			require.Len(t, got.Tree.Files, 2)
			require.Equal(t, c.from, got.Place(first(t, got, "client_max_body_size")).File)
		})
	}
}

func TestStandardIncludes(t *testing.T) {
	for _, include := range []string{"mime.types", "/usr/local/openresty/nginx/conf/mime.types", "fastcgi_params", "fastcgi.conf", "uwsgi_params", "scgi_params",
		"proxy_params", "koi-utf", "koi-win", "win-utf", "snippets/snakeoil.conf", "/etc/letsencrypt/options-ssl-nginx.conf"} {
		enter(t, map[string]string{"nginx.conf": "events {} http { include " + include + "; }"})
		c, err := config.Read(t.Context(), "nginx.conf", config.Options{})
		require.NoError(t, err, include)
		require.Len(t, supplied(c, result.SuppliedInclude), 1)
		require.Equal(t, result.Place{File: "nginx.conf", Line: 1, Text: "include " + include + ";"}, c.Supplied[0].For)
		require.Greater(t, len(directives(c)), 3)
	}
}

// TestMissing tells where an include was looked for, and how to go on.
func TestMissing(t *testing.T) {
	enter(t, map[string]string{"gw/nginx.conf": "events {}\nhttp {\n  include /etc/nginx/sub/a.conf;\n}", "gw/b.conf": "\ninclude gone.conf;",
		"gw/c.conf": "events {}\nhttp { include b.conf; }"})
	_, err := config.Read(t.Context(), "gw/nginx.conf", config.Options{})
	require.EqualError(t, err, "gw/nginx.conf:3: include /etc/nginx/sub/a.conf: no such file\n"+
		"  looked for gw/sub/a.conf, sub/a.conf\n"+
		"  name the directory that stands for /etc/nginx with --root DIR, check the output of nginx -T instead, or go without it: --empty-includes")
	_, err = config.Read(t.Context(), "gw/c.conf", config.Options{})
	require.ErrorContains(t, err, "gw/b.conf:2: include /etc/nginx/gone.conf: no such file\n  included from gw/c.conf:2\n")
}

func TestNoRoot(t *testing.T) {
	enter(t, map[string]string{"nginx.conf": "events {}"})
	_, err := config.Read(t.Context(), "nginx.conf", config.Options{Root: "gone"})
	require.EqualError(t, err, "nginx.conf: open the directory that stands for /etc/nginx, gone: no such file or directory")
}

func TestEmptyIncludes(t *testing.T) {
	enter(t, map[string]string{"nginx.conf": "events {}\nhttp { include gone.conf; include /srv/gone; include a.conf; }"})
	require.NoError(t, os.Symlink("/etc/passwd", "a.conf"))
	_, err := config.Read(t.Context(), "nginx.conf", config.Options{EmptyIncludes: true})
	require.ErrorContains(t, err, "outside of", "what must not be read is not there for another reason")
	require.NoError(t, os.Remove("a.conf"))
	c, err := config.Read(t.Context(), "nginx.conf", config.Options{EmptyIncludes: true})
	require.NoError(t, err)
	require.Equal(t, []string{"/etc/nginx/gone.conf", "/srv/gone", "/etc/nginx/a.conf"}, supplied(c, result.SuppliedAbsent))
	require.Empty(t, podFile(t, c, "/srv/gone"))
	at := result.Place{File: "nginx.conf", Line: 2}
	require.True(t, c.Repair(`unknown log format "main"`, at), "the absent file may have defined it")
	require.Contains(t, podFile(t, c, "/etc/nginx/gone.conf"), "log_format main ")
	require.False(t, c.Repair(`unknown log format "main"`, at))
}

func TestEmptyIncludeOfServer(t *testing.T) {
	enter(t, map[string]string{"nginx.conf": "events {} http { server { include gone; return 200 $x; } }"})
	c, err := config.Read(t.Context(), "nginx.conf", config.Options{EmptyIncludes: true})
	require.NoError(t, err)
	require.True(t, c.Repair(`unknown "x" variable`, result.Place{}))
	require.Equal(t, "set $x '';\n", podFile(t, c, "/etc/nginx/gone"))
	require.False(t, c.Repair(`unknown "x" variable`, result.Place{}))
	require.False(t, c.Repair(`unknown log format "x"`, result.Place{}))
}

func TestEmptyRules(t *testing.T) {
	enter(t, map[string]string{"x.conf": "server { modsecurity_rules_file own.conf; modsecurity_rules_file /srv/gone.conf; }", "own.conf": "SecRuleEngine On"})
	c, err := config.Read(t.Context(), "x.conf", config.Options{EmptyIncludes: true})
	require.NoError(t, err)
	require.Equal(t, []string{"/srv/gone.conf"}, supplied(c, result.SuppliedAbsent))
	require.Empty(t, podFile(t, c, "/srv/gone.conf"))
}

// TestOutside tries to read files of the host.
func TestOutside(t *testing.T) {
	host := t.TempDir()
	secret := filepath.Join(host, "secret.conf")
	require.NoError(t, os.WriteFile(secret, []byte("secret;"), 0o600))
	for name, c := range map[string]struct {
		include, link string
		says          string
	}{
		"absolute path":          {secret, "", "no such file"},
		"path of the host":       {"/etc/passwd", "", "no such file"},
		"below /etc/nginx":       {"../../../../../../../../../.." + secret, "", "no such file"},
		"pattern":                {filepath.Join(host, "*.conf"), "", ""},
		"pattern of parents":     {"../../../../../../../../../.." + host + "/*.conf", "", ""},
		"absolute link":          {"a.conf", secret, "the symbolic link a.conf leads to " + secret + ", outside of"},
		"link of the host's etc": {"a.conf", "/etc/passwd", "leads to /etc/passwd, outside of"},
		"relative link":          {"a.conf", "../../../../../../../../.." + secret, "outside of"},
		"linked directory":       {"dir/secret.conf", host, "outside of"},
		"pattern of a link":      {"a*.conf", secret, "outside of"},
		"pattern in a link":      {"dir/*.conf", host, ""},
	} {
		t.Run(name, func(t *testing.T) {
			enter(t, map[string]string{"nginx.conf": "events {} http { include " + c.include + "; }"})
			if c.link != "" {
				link := "a.conf"
				if c.link == host {
					link = "dir"
				}
				require.NoError(t, os.Symlink(c.link, link))
			}
			got, err := config.Read(t.Context(), "nginx.conf", config.Options{})
			if c.says == "" {
				require.NoError(t, err)
				require.NotContains(t, directives(got), "secret;")
				return
			}
			require.ErrorContains(t, err, c.says)
			require.ErrorContains(t, err, "nginx.conf:1: ")
		})
	}
}

// TestLinks follows links as they stand in /etc/nginx, and inside of the tree.
func TestLinks(t *testing.T) {
	for name, target := range map[string]string{"relative": "../sites-available/shop", "absolute": "/etc/nginx/sites-available/shop"} {
		t.Run(name, func(t *testing.T) {
			enter(t, map[string]string{"nginx.conf": "events {} http { include sites-enabled/*; include modules-enabled/*.conf; }",
				"sites-available/shop": "server { listen 81; }", "sites-available/off": "}"})
			require.NoError(t, os.Mkdir("sites-enabled", 0o755))
			require.NoError(t, os.Symlink(target, "sites-enabled/shop"))
			require.NoError(t, os.Mkdir("modules-enabled", 0o755))
			require.NoError(t, os.Symlink("/usr/share/nginx/modules-available/mod-http-geoip2.conf", "modules-enabled/50-mod-http-geoip2.conf"))
			c, err := config.Read(t.Context(), "nginx.conf", config.Options{})
			require.NoError(t, err)
			require.Equal(t, "sites-enabled/shop", c.Place(first(t, c, "listen")).File)
			require.Equal(t, "load_module modules/ngx_http_geoip2_module.so;", first(t, c, "load_module").Text())
		})
	}
	enter(t, map[string]string{"nginx.conf": "events {} http { include a; include d/d/d/*; }"})
	require.NoError(t, os.Symlink("b", "a"))
	require.NoError(t, os.Symlink("a", "b"))
	require.NoError(t, os.Symlink(".", "d"))
	_, err := config.Read(t.Context(), "nginx.conf", config.Options{})
	require.ErrorContains(t, err, "too many symbolic links")
}

// TestNoText names files that hold no text, as the input and as an include.
func TestNoText(t *testing.T) {
	make := map[string]func(t *testing.T, name string){
		"a directory":                  func(t *testing.T, name string) { require.NoError(t, os.Mkdir(name, 0o755)) },
		"a named pipe":                 func(t *testing.T, name string) { require.NoError(t, syscall.Mkfifo(name, 0o600)) },
		"a socket":                     listenAt,
		"no such file":                 func(*testing.T, string) {},
		"permission denied":            func(t *testing.T, name string) { forbid(t, name) },
		"more than 64 MB":              func(t *testing.T, name string) { sparse(t, name) },
		"the text is UTF-16":           func(t *testing.T, name string) { put(t, name, "\xff\xfea\x00") },
		"the file is empty":            func(t *testing.T, name string) { put(t, name, " \n") },
		`unexpected end of file`:       func(t *testing.T, name string) { put(t, name, "\x00\x01\xff{\x80") },
		"UTF-8 byte order mark":        func(t *testing.T, name string) { put(t, name, "\xef\xbb\xbfevents {}") },
		"a template of Go, Helm":       func(t *testing.T, name string) { put(t, name, "{{ range .x }} events { {{ end }}") },
		"a template of ERB":            func(t *testing.T, name string) { put(t, name, "<% if x { %> } }") },
		"a template of Jinja":          func(t *testing.T, name string) { put(t, name, "{% if x %} } {% endif %}") },
		"no directive in the text":     func(t *testing.T, name string) { put(t, name, "# nothing\n") },
		"nested deeper than 256":       func(t *testing.T, name string) { put(t, name, deep(300)) },
		`include loop: /etc/nginx/x.c`: func(t *testing.T, name string) { put(t, name, "include x.conf;") },
	}
	inInclude := map[string]string{"no such file": "no such file", "the text is UTF-16": "", "the file is empty": "", "no directive in the text": ""}
	for says, put := range make {
		t.Run(says, func(t *testing.T) {
			enter(t, map[string]string{"nginx.conf": "events {} http { include x.conf; }"})
			put(t, "x.conf")
			before := time.Now()
			_, err := config.Read(t.Context(), "nginx.conf", config.Options{})
			if want, differs := inInclude[says]; !differs {
				require.ErrorContains(t, err, says)
			} else if want != "" {
				require.ErrorContains(t, err, want)
			}
			_, err = config.Read(t.Context(), "x.conf", config.Options{})
			var refused *config.InputError
			require.ErrorAs(t, err, &refused)
			switch says {
			case "a named pipe": // may be one of a shell; without a writer it is empty
				require.ErrorContains(t, err, "x.conf: the file is empty")
			case "a directory":
				require.ErrorContains(t, err, "x.conf: a directory with neither")
			case "no such file":
				require.EqualError(t, err, "x.conf: no such file or directory")
			case "include loop: /etc/nginx/x.c":
				require.ErrorContains(t, err, "include loop")
			default:
				require.ErrorContains(t, err, says)
			}
			require.Less(t, time.Since(before), 10*time.Second)
		})
	}
}

func put(t *testing.T, name, text string) {
	require.NoError(t, os.WriteFile(name, []byte(text), 0o600))
}

func listenAt(t *testing.T, name string) {
	l, err := net.Listen("unix", name)
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, l.Close()) })
}

func forbid(t *testing.T, name string) {
	if os.Getuid() == 0 {
		t.Skip("root may read everything")
	}
	require.NoError(t, os.WriteFile(name, []byte("events {}"), 0))
}

func sparse(t *testing.T, name string) {
	require.NoError(t, os.WriteFile(name, nil, 0o600))
	require.NoError(t, os.Truncate(name, 1<<40))
}

func deep(n int) string {
	var open, closed []byte
	for range n {
		open, closed = append(open, "a { "...), append(closed, '}')
	}
	return string(open) + string(closed)
}
