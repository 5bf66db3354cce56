package sandbox_test

import (
	"fmt"
	"math/rand"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/stretchr/testify/require"

	"badgateway/harness/check/config"
	"badgateway/harness/check/sandbox"
	"badgateway/harness/pod"
)

// plain is a configuration that runs.
const plain = "events {}\nhttp { server { listen 80; location / { proxy_pass http://app:80; } } }\n"

// junk are bytes of no encoding, the same each time.
func junk(n int) string {
	random := rand.New(rand.NewSource(1))
	data := make([]byte, n)
	for i := range data {
		data[i] = byte(random.Intn(256))
	}
	return string(data)
}

// hostileTexts are files with the line that a refusal names; 0: it runs, as in nginx.
var hostileTexts = map[string]struct {
	files map[string]string
	file  string
	line  int
}{
	"CRLF":      {files: map[string]string{"nginx.conf": strings.ReplaceAll(plain, "\n", "\r\n")}},
	"latin-1":   {files: map[string]string{"nginx.conf": "# \xe4\xf6\xfc\n" + plain + "# \xff"}},
	"UTF-8":     {files: map[string]string{"nginx.conf": "# ß 漢 \u202e\n" + plain}},
	"comments":  {files: map[string]string{"nginx.conf": strings.Repeat("# x\n", 200000) + plain}},
	"BOM":       {files: map[string]string{"nginx.conf": "\ufeff" + plain}, file: "nginx.conf", line: 1},
	"UTF-16":    {files: map[string]string{"nginx.conf": "\xff\xfee\x00v\x00"}, file: "nginx.conf"},
	"empty":     {files: map[string]string{"nginx.conf": " \n\t"}, file: "nginx.conf"},
	"NUL":       {files: map[string]string{"nginx.conf": strings.Replace(plain, "proxy_pass", "add_header X a\x00b; proxy_pass", 1)}},
	"ELF":       {files: map[string]string{"nginx.conf": "\x7fELF\x02\x01\x01" + junk(5000)}, file: "nginx.conf"},
	"junk":      {files: map[string]string{"nginx.conf": junk(1 << 20)}, file: "nginx.conf"},
	"included":  {files: map[string]string{"nginx.conf": plain + "include junk.bin;\n", "junk.bin": junk(1 << 16)}, file: "junk.bin"},
	"circle":    {files: map[string]string{"nginx.conf": plain + "include a.conf;\n", "a.conf": "include b.conf;\n", "b.conf": "\ninclude a.conf;\n"}, file: "b.conf", line: 2},
	"itself":    {files: map[string]string{"nginx.conf": plain + "include nginx.conf;\n"}, file: "nginx.conf", line: 3},
	"unclosed":  {files: map[string]string{"nginx.conf": "events {}\nhttp {\n" + strings.Repeat("server { location / {\n", 2000)}, file: "nginx.conf"},
	"deep":      {files: map[string]string{"nginx.conf": "events {}\nhttp { server { " + strings.Repeat("location / { ", 100000) + strings.Repeat("} ", 100000) + "} }\n"}, file: "nginx.conf", line: 2},
	"long word": {files: map[string]string{"nginx.conf": "events {}\n" + strings.Repeat("x", 1<<20) + ";\n"}, file: "nginx.conf", line: 2},
	"quote":     {files: map[string]string{"nginx.conf": "events {}\nhttp { log_format x \"" + strings.Repeat("y\n", 3000)}, file: "nginx.conf"},
	"unknown":   {files: map[string]string{"nginx.conf": "events {}\nhttp {\n  bogus on;\n}\n"}, file: "nginx.conf", line: 3},
	"syntax":    {files: map[string]string{"nginx.conf": "events {}\nhttp {\n  sendfile on\n}\n"}, file: "nginx.conf", line: 4},
	"regex":     {files: map[string]string{"nginx.conf": "events {}\nhttp { server {\n  location ~ ((((( { } } }\n"}, file: "nginx.conf", line: 3},
	"many includes": {files: func() map[string]string {
		files := map[string]string{"nginx.conf": plain + "include 0.conf;\n"}
		for i := range 300 {
			files[fmt.Sprintf("%d.conf", i)] = fmt.Sprintf("include %d.conf;\n", i+1)
		}
		return files
	}(), line: 1},
	"bomb": {files: func() map[string]string {
		files := map[string]string{"nginx.conf": plain + "include 0.conf;\n", "20.conf": "env X;\n"}
		for i := range 20 {
			files[fmt.Sprintf("%d.conf", i)] = strings.Repeat(fmt.Sprintf("include %d.conf;\n", i+1), 10)
		}
		return files
	}(), file: "19.conf"},
}

// TestHostileTexts reads what is no configuration, or one that never ends: it
// runs as in nginx, or is refused with its file and line.
func TestHostileTexts(t *testing.T) {
	d, b := driver(t, "native")
	for name, c := range hostileTexts {
		t.Run(name, func(t *testing.T) {
			dir := t.TempDir()
			for file, text := range c.files {
				require.NoError(t, os.WriteFile(filepath.Join(dir, file), []byte(text), 0o600))
			}
			var err error
			within(t, 30*time.Second, name, func() {
				var read *config.Config
				if read, err = config.Read(t.Context(), filepath.Join(dir, "nginx.conf"), config.Options{}); err == nil {
					_, err = sandbox.Build(t.Context(), d, b, read)
				}
			})
			if c.file == "" && c.line == 0 {
				require.NoError(t, err)
				return
			}
			t.Logf("%.300v", err)
			var refused *config.InputError
			require.ErrorAs(t, err, &refused)
			require.Less(t, len(err.Error()), 20000)
			require.NotRegexp(t, `[\x00-\x08\x0b-\x1f\x7f]`, err.Error(), "a terminal would obey")
			require.True(t, utf8.ValidString(err.Error()))
			if c.file != "" {
				require.Equal(t, filepath.Join(dir, c.file), refused.Place.File)
			}
			if c.line != 0 {
				require.Equal(t, c.line, refused.Place.Line)
			}
		})
	}
}

// TestHostileSizes starts configurations far larger than any of a person's, and
// puts a request through them.
func TestHostileSizes(t *testing.T) {
	d, b := driver(t, "native")
	locations, servers, names, large := &strings.Builder{}, &strings.Builder{}, &strings.Builder{}, &strings.Builder{}
	for i := range 10000 {
		fmt.Fprintf(locations, "location /l%d/ { proxy_pass http://app%d:8080; }\n", i, i%50)
		fmt.Fprintf(large, "map $uri $v%d { default %s; ~^/(?<a%d>.*)$ x; }\n", i, strings.Repeat("y", 500), i)
	}
	for i := range 2000 {
		fmt.Fprintf(servers, "server { listen 80; server_name s%d.example; location / { proxy_pass http://app:8080; } }\n", i)
		fmt.Fprintf(names, "upstream u%d { server host%d.example:80; }\n", i, i)
	}
	for name, c := range map[string]struct{ text, url string }{
		"10000 locations": {"server { listen 80; " + locations.String() + "}", "http://x/l9999/"},
		"2000 servers":    {"server_names_hash_max_size 8192; " + servers.String(), "http://s1999.example/"},
		"2000 names":      {names.String() + "server { listen 80; location / { proxy_pass http://u1999; } }", "http://x/"},
		"5 MB":            {"variables_hash_max_size 65536; " + large.String() + "server { listen 80; location / { proxy_pass http://app:8080; } }", "http://x/"},
	} {
		t.Run(name, func(t *testing.T) {
			within(t, 120*time.Second, name, func() {
				box, err := sandbox.Build(t.Context(), d, b, read(t, map[string]string{"nginx.conf": "events {}\nhttp { " + c.text + " }\n"}))
				require.NoError(t, err)
				p := open(t, d, box)
				r, err := p.Request(t.Context(), pod.Request{URL: c.url})
				require.NoError(t, err)
				require.Equal(t, pod.OK, r.Outcome, "%+v", r)
			})
		})
	}
}
