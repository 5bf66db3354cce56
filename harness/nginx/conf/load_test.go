package conf_test

import (
	"io/fs"
	"slices"
	"testing"

	"github.com/stretchr/testify/require"

	"badgateway/harness/nginx/conf"
)

func load(t *testing.T, files map[string]string) (*conf.Tree, error) {
	t.Helper()
	src := conf.Files{}
	for name, text := range files {
		src[name] = []byte(text)
	}
	return conf.Load(src, "/etc/nginx/nginx.conf")
}

func TestIncludes(t *testing.T) {
	tree, err := load(t, map[string]string{
		"/etc/nginx/nginx.conf":          "user a; http { include mime.types; include conf.d/*.conf; include none/*; proxy_read_timeout 5s; }",
		"/etc/nginx/mime.types":          "types { include more; }",
		"/etc/nginx/more":                "text/html html;",
		"/etc/nginx/conf.d/a.conf":       "proxy_set_header A 1; server { location / { include snippet; } }",
		"/etc/nginx/conf.d/b.conf":       "server { include snippet; location /b { proxy_read_timeout 1s; proxy_set_header B 2; proxy_set_header C 3; } }",
		"/etc/nginx/conf.d/.hidden.conf": "}",
		"/etc/nginx/snippet":             "proxy_pass http://a;",
	})
	require.NoError(t, err)
	require.Len(t, tree.Files, 6)
	var got []string
	for d, parents := range tree.All() {
		chain := ""
		for _, p := range parents {
			chain += p.Name.Text + "/"
		}
		got = append(got, chain+d.Name.Text)
		if d.Is("proxy_pass") {
			require.Equal(t, "/etc/nginx/snippet", d.Pos().File)
			require.Equal(t, "5s", conf.Inherited(parents, "proxy_read_timeout").Arg(0))
			require.Nil(t, conf.Inherited(parents, "proxy_send_timeout"))
		}
		if d.Is("location") && d.Arg(0) == "/b" {
			chain := append(slices.Clone(parents), d)
			require.Equal(t, "1s", conf.Inherited(chain, "proxy_read_timeout").Arg(0))
			require.Len(t, conf.InheritedAll(chain, "proxy_set_header"), 2)
			require.Equal(t, "A", conf.Inherited(parents, "proxy_set_header").Arg(0))
		}
	}
	require.Equal(t, []string{"user", "http", "http/types", "http/types/text/html", "http/proxy_set_header", "http/server", "http/server/location",
		"http/server/location/proxy_pass", "http/server", "http/server/proxy_pass", "http/server/location", "http/server/location/proxy_read_timeout",
		"http/server/location/proxy_set_header", "http/server/location/proxy_set_header", "http/proxy_read_timeout"}, got)
	require.Equal(t, "http", conf.First(tree.Top(), "http").Name.Text)
	require.Len(t, slices.Collect(conf.Find(conf.Children(conf.First(tree.Top(), "http")), "server")), 2)
}

func TestIncludeErrors(t *testing.T) {
	for want, files := range map[string]map[string]string{
		`include loop: /etc/nginx/a -> /etc/nginx/b -> /etc/nginx/a in /etc/nginx/b:2, included from /etc/nginx/a:1, included from /etc/nginx/nginx.conf:1`: {
			"/etc/nginx/nginx.conf": "include a;", "/etc/nginx/a": "include /etc/nginx/b;", "/etc/nginx/b": "\ninclude a;"},
		`include loop: /etc/nginx/nginx.conf -> /etc/nginx/nginx.conf in /etc/nginx/nginx.conf:1`: {
			"/etc/nginx/nginx.conf": "include *.conf;"},
		`unexpected "}" in /etc/nginx/a:1, included from /etc/nginx/nginx.conf:2`: {
			"/etc/nginx/nginx.conf": "http {\ninclude a;", "/etc/nginx/a": "}"},
		`unexpected end of file, expecting "}" in /etc/nginx/a:1, included from /etc/nginx/nginx.conf:1`: {
			"/etc/nginx/nginx.conf": "include a; }", "/etc/nginx/a": "http {"},
		`open() "/etc/nginx/none" failed (2: No such file or directory) in /etc/nginx/nginx.conf:1`: {
			"/etc/nginx/nginx.conf": "user a; include none;"},
	} {
		tree, err := load(t, files)
		require.EqualError(t, err, want)
		require.NotNil(t, tree)
	}
	_, err := load(t, map[string]string{"/etc/nginx/nginx.conf": "user a; include none;"})
	require.ErrorIs(t, err, fs.ErrNotExist)
	var e *conf.Error
	require.ErrorAs(t, err, &e)
	require.Equal(t, "/etc/nginx/none", e.Path)
}

func TestDump(t *testing.T) {
	files, ok := conf.SplitDump([]byte("nginx: the configuration file /etc/nginx/nginx.conf syntax is ok\nnginx: configuration file /etc/nginx/nginx.conf test is successful\n" +
		"# configuration file /etc/nginx/nginx.conf:\nhttp {\n include a;}\n\n# configuration file /etc/nginx/a:\nserver {}\n\n"))
	require.True(t, ok)
	require.Equal(t, []conf.File{{Path: "/etc/nginx/nginx.conf", Data: []byte("http {\n include a;}\n")}, {Path: "/etc/nginx/a", Data: []byte("server {}\n")}}, files)
	_, ok = conf.SplitDump([]byte("/docker-entrypoint.sh: Looking for shell scripts in /docker-entrypoint.d/\n10-listen-on-ipv6-by-default.sh: info: Getting the checksum\r\n" +
		"2026/11/21 10:00:00 [warn] 1#1: x\n\n# configuration file /etc/nginx/nginx.conf:\n"))
	require.True(t, ok)
	for _, text := range []string{"", "user a;\n", "user a;\n# configuration file /etc/nginx/a:\n", "# configuration file of mine:\n"} {
		_, ok := conf.SplitDump([]byte(text))
		require.False(t, ok, text)
	}
}

func TestExpand(t *testing.T) {
	out, missing := conf.Expand([]byte("listen ${PORT}; x $PORT $PORTS ${host} $host ${NONE} ${PORT ${NONE}"), map[string]string{"PORT": "80$host"})
	require.Equal(t, "listen 80$host; x 80$host $PORTS ${host} $host ${NONE} ${PORT ${NONE}", string(out))
	require.Equal(t, []string{"NONE"}, missing)
}

func TestMatch(t *testing.T) {
	for pattern, names := range map[string][2]string{
		"/a/*.conf": {"/a/b.conf", "/a/.b.conf"},
		"/a/*":      {"/a/b", "/a/b/c"},
		"/a/[!x]":   {"/a/b", "/a/x"},
		"/a/[b":     {"/a/[b", "/a/b"},
		"/a/?.conf": {"/a/b.conf", "/a/bb.conf"},
		"/*/b/c*":   {"/a/b/cd", "/a/b/d"},
		"/a/.*":     {"/a/.b", "/a/b"},
		"/a//b*":    {"/a/b", "/a/c"},
	} {
		require.True(t, conf.Match(pattern, names[0]), pattern)
		require.False(t, conf.Match(pattern, names[1]), pattern)
	}
}

func TestRewrite(t *testing.T) {
	data := []byte("abcdef")
	require.Equal(t, "abcdef", string(conf.Rewrite(data, nil)))
	require.Equal(t, "aXYdefZ", string(conf.Rewrite(data, []conf.Edit{{6, 6, "Z"}, {1, 2, "X"}, {2, 3, "Y"}, {1, 2, "X"}})))
	require.Panics(t, func() { conf.Rewrite(data, []conf.Edit{{1, 3, "X"}, {2, 4, "Y"}}) })
	require.Panics(t, func() { conf.Rewrite(data, []conf.Edit{{1, 9, "X"}}) })
}
