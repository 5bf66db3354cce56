package config_test

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"badgateway/harness/check/config"
	"badgateway/harness/check/result"
)

// TestForms tells what each text is, and what is put around it.
func TestForms(t *testing.T) {
	for name, c := range map[string]struct {
		text    string
		form    result.Form
		parents []string
	}{
		"whole":                 {"events {} http { server { listen 80; } }", result.Main, nil},
		"whole, with a module":  {"load_module modules/x.so; events {}", result.Main, nil},
		"whole, without events": {"http { server { listen 80; } }", result.Main, []string{"events"}},
		"stream alone":          {"events {} stream { server { listen 1; proxy_pass a:1; } }", result.Main, nil},
		"http level":            {"upstream app { server a:1; } server { listen 80; }", result.HTTP, []string{"events, http"}},
		"one map":               {"map $uri $x { default 1; }", result.HTTP, []string{"events, http"}},
		"neither here nor there": {"gzip on; proxy_set_header Host $host;", result.HTTP,
			[]string{"events, http"}},
		"servers":          {"server { listen 80; } server { listen 81; }", result.Server, []string{"events, http"}},
		"stream servers":   {"server { listen 1; proxy_pass app:1; }", result.StreamPart, []string{"events, stream"}},
		"stream upstreams": {"upstream app { server a:1; } server { listen 1; proxy_pass app; }", result.StreamPart, []string{"events, stream"}},
		"locations":        {"location / { proxy_pass http://app; }", result.Locations, []string{"events, http, server"}},
		"server level":     {"listen 81; location / { return 200; }", result.Locations, []string{"events, http, server"}},
		"in a location":    {"proxy_pass http://app; proxy_set_header Host $host;", result.Locations, []string{"events, http, server, location /"}},
	} {
		t.Run(name, func(t *testing.T) {
			enter(t, map[string]string{"x.conf": c.text})
			got, err := config.Read(t.Context(), "x.conf", config.Options{})
			require.NoError(t, err)
			require.Equal(t, c.form, got.Form)
			require.Equal(t, c.parents, supplied(got, result.SuppliedParent))
			main := podFile(t, got, "/etc/nginx/nginx.conf")
			if c.parents == nil {
				require.Equal(t, c.text, main)
				return
			}
			require.Equal(t, c.text, podFile(t, got, "/etc/nginx/fragment/x.conf"), "byte for byte")
			require.Contains(t, main, "include /etc/nginx/fragment/x.conf;")
			for _, block := range strings.Split(c.parents[0], ", ") {
				require.Contains(t, main, block+" {")
			}
		})
	}
}

// TestPlaces holds every directive's place against the owner's files, as they
// were named.
func TestPlaces(t *testing.T) {
	files := map[string]string{
		"gateway/nginx.conf":       "events {}\nhttp {\n  include conf.d/*.conf;\n  include ../common/limits.conf;\n}\n",
		"gateway/conf.d/shop.conf": "\r\nserver {\r\n  listen 81;\r\n}\r\n",
		"common/limits.conf":       "client_max_body_size 1m;\n",
	}
	for from, paths := range map[string][3]string{
		".":       {"gateway/nginx.conf", "gateway/conf.d/shop.conf", "common/limits.conf"},
		"gateway": {"nginx.conf", "conf.d/shop.conf", "../common/limits.conf"},
		"common":  {"../gateway/nginx.conf", "../gateway/conf.d/shop.conf", "../common/limits.conf"},
	} {
		t.Run(from, func(t *testing.T) {
			enter(t, files)
			t.Chdir(from)
			c, err := config.Read(t.Context(), paths[0], config.Options{})
			require.NoError(t, err)
			require.Equal(t, result.Place{File: paths[0], Line: 2, Text: "http {"}, c.Place(first(t, c, "http")))
			require.Equal(t, result.Place{File: paths[1], Line: 3, Text: "listen 81;"}, c.Place(first(t, c, "listen")))
			require.Equal(t, paths[2], c.Place(first(t, c, "client_max_body_size")).File)
		})
	}
}

func TestDump(t *testing.T) {
	dump := "nginx: the configuration file /opt/nginx/nginx.conf syntax is ok\n" +
		"# configuration file /opt/nginx/nginx.conf:\nevents {}\nhttp {\n include sites/*;\n include /srv/more.conf;\n include mime.types;\n}\n\n" +
		"# configuration file /opt/nginx/sites/shop:\nserver { listen 81; }\n\n" +
		"# configuration file /srv/more.conf:\nclient_max_body_size 1m;\n\n"
	for _, name := range []string{"dump.txt", "-"} {
		enter(t, map[string]string{"dump.txt": dump})
		c, err := config.Read(t.Context(), name, config.Options{Stdin: strings.NewReader(dump)})
		require.NoError(t, err)
		require.Equal(t, result.Dump, c.Form)
		require.Equal(t, result.Place{File: "/opt/nginx/sites/shop", Line: 1, Text: "listen 81;"}, c.Place(first(t, c, "listen")))
		require.Equal(t, "client_max_body_size 1m;\n", podFile(t, c, "/srv/more.conf"))
		require.Contains(t, podFile(t, c, "/etc/nginx/nginx.conf"), "include sites/*;")
		require.Equal(t, "server { listen 81; }\n", podFile(t, c, "/etc/nginx/sites/shop"), "relative to where pods have nginx.conf")
		require.Equal(t, []string{"/etc/nginx/mime.types"}, supplied(c, result.SuppliedInclude), "cut out of the dump")
	}
}

func TestStdin(t *testing.T) {
	enter(t, map[string]string{"conf.d/a.conf": "server { listen 81; }"})
	c, err := config.Read(t.Context(), "-", config.Options{Stdin: strings.NewReader("events {}\nhttp { include conf.d/*.conf; bad }")})
	require.Nil(t, c.Tree)
	require.EqualError(t, err, "-:2: unexpected \"}\"\n  -:2: is a \";\" missing where \"bad\" ends?")
	c, err = config.Read(t.Context(), "-", config.Options{Stdin: strings.NewReader("events {} http { include conf.d/*.conf; }")})
	require.NoError(t, err)
	require.Equal(t, "conf.d/a.conf", c.Place(first(t, c, "listen")).File)
}

func TestDirectory(t *testing.T) {
	enter(t, map[string]string{
		"whole/nginx.conf": "events {}", "whole/other.conf": "}",
		"conf.d/a.conf": "upstream a { server a:1; }", "conf.d/b.conf.template": "server { listen ${PORT}; }", "conf.d/README": "}",
		"sites-enabled/shop": "server { listen 81; }", "mixed/a.conf": "events {}", "mixed/b.conf": "server {}",
		"notes/README.md": "x",
	})
	read := func(name string) (*config.Config, error) { return config.Read(t.Context(), name, config.Options{}) }
	c, err := read("whole")
	require.NoError(t, err)
	require.Equal(t, "whole/nginx.conf", c.Path)
	c, err = read("conf.d")
	require.NoError(t, err)
	require.Equal(t, result.HTTP, c.Form)
	require.Equal(t, "conf.d/b.conf.template", c.Place(first(t, c, "listen")).File)
	require.Len(t, c.Tree.Files, 3)
	c, err = read("sites-enabled")
	require.NoError(t, err)
	require.Equal(t, "sites-enabled/shop", c.Path)
	_, err = read("mixed")
	require.ErrorContains(t, err, "mixed/a.conf is a whole one")
	_, err = read("notes")
	require.ErrorContains(t, err, "neither an nginx.conf nor any *.conf")
}
