package conf_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

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

// TestHostile demands an answer, in time, whatever the text.
func TestHostile(t *testing.T) {
	long := strings.Repeat
	for name, c := range map[string]struct{ text, want string }{
		"ten thousand locations": {string(locations(10_000, 350)), ""},
		"open blocks":            {long("a {", 1_000_000), "nested deeper than 256"},
		"closing braces":         {long("}", 5<<20), `unexpected "}"`},
		"open quotes":            {long(`"`, 5<<20), `unexpected """`},
		"one token":              {long("a", 5<<20), "too long parameter"},
		"one comment":            {"#" + long("a", 5<<20), "too long parameter"},
		"backslashes":            {long(`\`, 5<<20), "too long parameter"},
		"many arguments":         {long("a ", 5<<20), "more than 2097152 names"},
		"many directives":        {long("a;", 5<<19), "more than 2097152 names"},
		"spaces":                 {long(" ", 5<<20), ""},
		"NUL":                    {long("\x00", 5<<20), "too long parameter"},
		"too many bytes":         {long(" ", 65<<20), "more than 64 MB"},
		"lua: quotes":            {"a_by_lua_block {" + long(`\"'`, 5<<19), "unexpected end of file"},
		"lua: escaped quotes":    {"a_by_lua_block {" + long(`"\`, 5<<19) + `"`, "unexpected end of file"},
		"lua: long brackets":     {"a_by_lua_block {" + long("[=x", 5<<19), "unexpected end of file"},
		"lua: open brackets":     {"a_by_lua_block {" + long("[", 5<<20), "missing the closing long bracket"},
		"lua: comments":          {"a_by_lua_block {" + long("--\n", 5<<19), "unexpected end of file"},
		"lua: braces":            {"a_by_lua_block {" + long("{", 5<<20), "unexpected end of file"},
	} {
		t.Run(name, func(t *testing.T) {
			begun := time.Now()
			_, err := conf.Parse("/x", []byte(c.text))
			require.Less(t, time.Since(begun), 10*time.Second)
			if c.want == "" {
				require.NoError(t, err)
			} else {
				require.ErrorContains(t, err, c.want)
			}
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
