package conf_test

import (
	"bytes"
	"errors"
	"testing"

	"github.com/stretchr/testify/require"

	"badgateway/harness/nginx/conf"
)

// FuzzParse holds the reader to what must be true of every text: tokens are the
// text at their places, in order, and a tree is all there is up to the error.
func FuzzParse(f *testing.F) {
	for _, text := range []string{
		"http { server { listen 80; location ~ \"x{2}\" { proxy_pass http://$a${b}; } } }",
		"a \"b\\\"c\" 'd' # e\r\n;", "if ($a ~ \"^x{2}$\") {}", "\xEF\xBB\xBFa;", "a\x00b\xff;", "map $a $b { default 1; include x; \"~^a\" 'b'; }",
		"content_by_lua_block { x = \"}\" -- }\n y = [==[ } ]==] '\\'' { } }", "}", "a {", "${", "\"a\")b;", "include a b;",
		"proxy_read_timeout 1h30m; listen 80 so_keepalive=1:2:3; resolver a valid=5s;",
	} {
		f.Add([]byte(text))
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		read, err := conf.Parse("/x", data)
		if err == nil {
			slicesBack(t, data, read)
		} else {
			var e *conf.Error
			require.True(t, errors.As(err, &e))
			require.LessOrEqual(t, e.Pos.Offset, len(data))
			require.Equal(t, 1+bytes.Count(data[:e.Pos.Offset], []byte("\n")), e.Pos.Line)
			require.Equal(t, e.Pos.Offset-bytes.LastIndexByte(data[:e.Pos.Offset], '\n'), e.Pos.Column)
		}
		require.True(t, bytes.Equal(data, conf.Rewrite(data, nil)))
		var edits []conf.Edit
		for _, d := range conf.Durations(&conf.Tree{Directives: read}) {
			require.Equal(t, d.Text, string(data[d.Start:d.End]))
			edits = append(edits, d.Edit(d.Value))
		}
		again, changed := conf.Parse("/x", conf.Rewrite(data, edits))
		if err == nil {
			require.NoError(t, changed)
			require.Len(t, again, len(read))
		}
	})
}

// FuzzLoad includes files that were made up, in each other and in themselves.
func FuzzLoad(f *testing.F) {
	f.Add([]byte("include b;"), []byte("include *.conf; a;"))
	f.Add([]byte("http { include [a-b]; }"), []byte("server { include /e/[; }"))
	f.Add([]byte("include b; include b;"), []byte("a {}"))
	f.Fuzz(func(t *testing.T, a, b []byte) {
		tree, err := conf.Load(conf.Files{"/e/a.conf": a, "/e/b": b, "/e/c.conf": b}, "/e/a.conf")
		require.NotEmpty(t, tree.Files)
		for d, parents := range tree.All() {
			require.Contains(t, tree.Files, d.Pos().File)
			require.Less(t, len(parents), 600)
		}
		if err == nil {
			return
		}
		var e *conf.Error
		require.True(t, errors.As(err, &e))
		require.Contains(t, tree.Files, e.Pos.File)
		require.NotEmpty(t, e.Msg)
	})
}

// FuzzSplitDump demands that a dump is its files and markers, byte for byte.
func FuzzSplitDump(f *testing.F) {
	f.Add([]byte("nginx: x\n# configuration file /a:\nb;\n\n# configuration file /c:\n"))
	f.Add([]byte("# configuration file /a:\r\nb;\r\n\r\n# configuration file /a:\n\n"))
	f.Add([]byte("nginx: # configuration file /0:\n# configuration file /0:\n# configuration file /1:\n"))
	f.Add([]byte("a;\n# configuration file /a:\n"))
	f.Fuzz(func(t *testing.T, data []byte) {
		files, ok := conf.SplitDump(data)
		if !ok {
			require.Empty(t, files)
			return
		}
		rest := data
		for _, file := range files {
			rest = append([]byte("\n"), rest...)
			marker := []byte("\n# configuration file " + file.Path + ":")
			at := bytes.Index(rest, marker)
			require.GreaterOrEqual(t, at, 0)
			rest = rest[at+len(marker):]
			rest = bytes.TrimPrefix(bytes.TrimPrefix(rest, []byte("\r")), []byte("\n"))
			require.True(t, bytes.HasPrefix(rest, file.Data))
			rest = rest[len(file.Data):]
		}
		require.Contains(t, []string{"", "\n"}, string(rest))
		conf.Expand(data, map[string]string{"A": "b"})
	})
}
