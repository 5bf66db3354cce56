package conf_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"badgateway/harness/growth"
	"badgateway/harness/nginx/conf"
)

// locations is a configuration with n locations, as generators write them.
func locations(n, padding int) []byte {
	var b strings.Builder
	b.WriteString("events {}\nhttp {\n  proxy_read_timeout 60s;\n  server {\n    listen 80;\n")
	for i := range n {
		fmt.Fprintf(&b, "    location /service-%d/ {\n      proxy_pass http://10.0.%d.%d:8080;\n      proxy_read_timeout %ds;\n      proxy_set_header X-Padding \"%s\";\n    }\n",
			i, i/250%250, i%250, 1+i%60, strings.Repeat("x", padding))
	}
	b.WriteString("  }\n}\n")
	return []byte(b.String())
}

// hostile are texts of n of what is hard to read, with what is said of very many.
var hostile = map[string]struct {
	text func(n int) string
	most int // of them
	want string
}{
	"ten thousand locations": {func(n int) string { return string(locations(n, 350)) }, 10_000, ""},
	"open blocks":            {repeated("a {"), 1_000_000, "nested deeper than 256"},
	"closing braces":         {repeated("}"), 5 << 20, `unexpected "}"`},
	"open quotes":            {repeated(`"`), 5 << 20, `unexpected """`},
	"one token":              {repeated("a"), 5 << 20, "too long parameter"},
	"one comment":            {behind("#", "a"), 5 << 20, "too long parameter"},
	"backslashes":            {repeated(`\`), 5 << 20, "too long parameter"},
	"many arguments":         {repeated("a "), 5 << 20, "more than 2097152 names"},
	"many directives":        {repeated("a;"), 5 << 19, "more than 2097152 names"},
	"spaces":                 {repeated(" "), 5 << 20, ""},
	"NUL":                    {repeated("\x00"), 5 << 20, "too long parameter"},
	"too many bytes":         {repeated(" "), 65 << 20, "more than 64 MB"},
	"lua: quotes":            {behind("a_by_lua_block {", `\"'`), 5 << 19, "unexpected end of file"},
	"lua: escaped quotes":    {behind("a_by_lua_block {", `"\`), 5<<19 + 1, "unexpected end of file"},
	"lua: long brackets":     {behind("a_by_lua_block {", "[=x"), 5 << 19, "unexpected end of file"},
	"lua: open brackets":     {behind("a_by_lua_block {", "["), 5 << 20, "missing the closing long bracket"},
	"lua: comments":          {behind("a_by_lua_block {", "--\n"), 5 << 19, "unexpected end of file"},
	"lua: braces":            {behind("a_by_lua_block {", "{"), 5 << 20, "unexpected end of file"},
}

func repeated(s string) func(int) string { return behind("", s) }

func behind(begin, s string) func(int) string {
	return func(n int) string { return begin + strings.Repeat(s, n) }
}

// TestHostile demands an answer whatever the text, in time in proportion to it.
func TestHostile(t *testing.T) {
	for name, c := range hostile {
		t.Run(name, func(t *testing.T) {
			_, err := conf.Parse("/x", []byte(c.text(c.most)))
			if c.want == "" {
				require.NoError(t, err)
			} else {
				require.ErrorContains(t, err, c.want)
			}
			growth.Linear(t, c.most/256, c.most/16, func(n int) { _, _ = conf.Parse("/x", []byte(c.text(n))) })
		})
	}
}

// TestHostileIncludes multiplies a text by including it from within includes.
func TestHostileIncludes(t *testing.T) {
	for want, text := range map[string]string{
		"more than 20000 files":   "",
		"more than 64 MB":         strings.Repeat(" ", 1<<20),
		"more than 2097152 names": strings.Repeat("a b;", 1<<16),
	} {
		files := map[string]string{"/etc/nginx/nginx.conf": strings.Repeat("include 1;", 10), "/etc/nginx/9": text}
		for i := 1; i < 9; i++ {
			files[fmt.Sprintf("/etc/nginx/%d", i)] = strings.Repeat(fmt.Sprintf("include %d;", i+1), 10)
		}
		_, err := load(t, files)
		require.ErrorContains(t, err, want)
	}
	deep := map[string]string{"/etc/nginx/nginx.conf": "include 0;"}
	for i := range 1000 {
		deep[fmt.Sprintf("/etc/nginx/%d", i)] = fmt.Sprintf("include %d;", i+1)
	}
	_, err := load(t, deep)
	require.ErrorContains(t, err, "nested deeper than 256")
}

func BenchmarkParse(b *testing.B) {
	data := locations(10_000, 380)
	b.SetBytes(int64(len(data)))
	for b.Loop() {
		tree, err := conf.Load(conf.Files{"/n.conf": data}, "/n.conf")
		require.NoError(b, err)
		require.Len(b, conf.Durations(tree), 10_001)
	}
}
