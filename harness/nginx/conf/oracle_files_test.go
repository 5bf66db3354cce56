package conf_test

import (
	"bytes"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"badgateway/harness/nginx/conf"
)

// disk is a folder of this machine as a Source.
type disk struct{ root string }

func (d disk) Open(path string) ([]byte, error) { return os.ReadFile(path) }

func (d disk) Glob(pattern string) ([]string, error) {
	files := conf.Files{}
	err := filepath.WalkDir(d.root, func(path string, entry fs.DirEntry, err error) error {
		if err == nil && !entry.IsDir() {
			files[path] = nil
		}
		return err
	})
	if err != nil {
		return nil, err
	}
	return files.Glob(pattern)
}

// TestOracleDump has nginx -T follow includes: the same files in the same order
// as Load, and from its dump the same tree.
func TestOracleDump(t *testing.T) {
	o := newOracle(t)
	for name, text := range map[string]string{
		"nginx.conf":        "events {}\n" + o.http() + "include conf.d/*.conf; include conf.d/[!a]?/*; include none/*; include 'a b';\n include " + o.dir + "/map; }",
		"conf.d/b.conf":     "# no line feed at the end\nserver { listen unix:" + o.dir + "/81; include ./a\\ b; }",
		"conf.d/B.conf":     "server { listen unix:" + o.dir + "/82; }\n\n",
		"conf.d/a-b.conf":   "",
		"conf.d/a.conf":     "\r\n",
		"conf.d/a.conf.bak": "}",
		"conf.d/.hide.conf": "}",
		"conf.d/bc/x":       "include ./conf.d/bc/.y;",
		"conf.d/bc/.y":      "include conf.d/../m?p;",
		"conf.d/ac/x":       "}",
		"a b":               "root /x;\n",
		`a\ b`:              "root /y;\n",
		"map":               "include conf.d/types*;\n",
		"conf.d/types":      "types { include conf.d/t; }",
		"conf.d/t":          "a/b c;",
	} {
		if name == "map" {
			text = "# once\n"
		}
		path := filepath.Join(o.dir, name)
		require.NoError(t, os.MkdirAll(filepath.Dir(path), 0o700))
		require.NoError(t, os.WriteFile(path, []byte(text), 0o600))
	}
	main := filepath.Join(o.dir, "nginx.conf")
	command := append(o.command, "-T", "-q", "-c", main, "-g", "error_log stderr; pid "+o.dir+"/pid;")
	dump, err := exec.Command(command[0], command[1:]...).Output()
	require.NoError(t, err)

	files, ok := conf.SplitDump(dump)
	require.True(t, ok)
	var order []string
	for _, f := range files {
		order = append(order, f.Path)
		onDisk, err := os.ReadFile(f.Path)
		require.NoError(t, err)
		require.True(t, bytes.Equal(onDisk, f.Data), f.Path)
	}
	seen := &recorder{Source: disk{o.dir}}
	fromDisk, err := conf.Load(seen, main)
	require.NoError(t, err)
	require.Equal(t, order, seen.opened)
	fromDump, err := conf.Load(conf.FilesOf(files), main)
	require.NoError(t, err)
	require.Equal(t, texts(fromDisk), texts(fromDump))
	require.Contains(t, texts(fromDisk), "  root /y;")
}

// recorder notes the files that are opened.
type recorder struct {
	conf.Source
	opened []string
}

func (r *recorder) Open(path string) ([]byte, error) {
	r.opened = append(r.opened, path)
	return r.Source.Open(path)
}

func texts(tree *conf.Tree) []string {
	var all []string
	for d, parents := range tree.All() {
		all = append(all, strings.Repeat(" ", len(parents))+d.Text())
	}
	return all
}

// TestOracleTime has nginx say which texts are times, of both granularities.
func TestOracleTime(t *testing.T) {
	o := newOracle(t)
	for _, text := range []string{
		"1", "0", "10s", "500ms", "1h30m", "1h 30m", "30m1h", "1m 5", "5 1m", "1s500ms", "1ms1s", "1y", "1M", "1M1w", "1y1M", "1w1d", "1s1s", "1s 1", "1 1", "s", "m1",
		"-1", "+1", "1.5s", "1S", "off", "1 ", "1s ", " 1", "1  s", "9223372036854775807", "9223372036854775808", "9223372036854775", "9223372036854776", "292y", "1msx", "1mm", "1ms ",
	} {
		for directive, granularity := range map[string]time.Duration{"send_timeout": time.Millisecond, "open_file_cache_valid": time.Second} {
			said, _ := o.verdict(t, fmt.Sprintf("events {} %s %s %q; }", o.http(), directive, text))
			_, err := conf.ParseTimeIn(text, granularity)
			require.Equal(t, said == "", err == nil, "%s %q: %s", directive, text, said)
		}
	}
}

// TestOracleGranularity asks nginx of each directive whether it takes
// milliseconds, and holds what Durations says against it.
func TestOracleGranularity(t *testing.T) {
	o := newOracle(t)
	directives := []string{
		"timer_resolution %s; events {} http {}", "worker_shutdown_timeout %s; events {}", "events { accept_mutex_delay %s; }",
		"events {} http { open_file_cache max=9 inactive=%s; }", "events {} http { open_log_file_cache max=9 inactive=%s; }",
		"events {} http { open_log_file_cache max=9 valid=%s; }", "events {} http { access_log /dev/null combined buffer=4k flush=%s; }",
		"events {} http { server { listen unix:" + o.dir + "/s so_keepalive=%s; } }", "events {} http { resolver 127.0.0.1 valid=%s; }",
		"events {} http { upstream u { server 127.0.0.1 fail_timeout=%s; } }", "events {} http { upstream u { server 127.0.0.1; keepalive 1; keepalive_timeout %s; } }",
		"events {} http { upstream u { server 127.0.0.1; keepalive 1; keepalive_time %s; } }", "events {} http { keepalive_timeout 1 %s; }",
	}
	http := []string{"client_header_timeout", "client_body_timeout", "send_timeout", "keepalive_time", "keepalive_timeout", "auth_delay", "lingering_time",
		"lingering_timeout", "resolver_timeout", "open_file_cache_valid", "ssl_session_timeout"}
	for _, m := range []string{"proxy", "fastcgi", "uwsgi", "scgi", "grpc", "memcached"} {
		http = append(http, m+"_connect_timeout", m+"_send_timeout", m+"_read_timeout", m+"_next_upstream_timeout")
	}
	for _, m := range []string{"proxy", "fastcgi", "uwsgi", "scgi"} {
		http = append(http, m+"_cache_lock_timeout", m+"_cache_lock_age", m+"_cache_valid 200")
		for _, key := range []string{"inactive", "loader_sleep", "loader_threshold", "manager_sleep", "manager_threshold"} {
			directives = append(directives, "events {} http { "+m+"_cache_path "+o.dir+"/cache keys_zone=z:1m "+key+"=%s; }")
		}
	}
	for _, name := range http {
		directives = append(directives, "events {} http { "+name+" %s; }")
	}
	asked := 0
	for _, form := range directives {
		form = strings.Replace(form, "http {", o.http(), 1)
		said, _ := o.verdict(t, fmt.Sprintf(form, "10s"))
		if strings.Contains(said, "unknown directive") {
			continue // newer than this build
		}
		require.Empty(t, said, form)
		asked++
		read, err := conf.Parse("/x", []byte(fmt.Sprintf(form, "10s")))
		require.NoError(t, err)
		var found []time.Duration
		for _, d := range conf.Durations(&conf.Tree{Directives: read}) {
			if d.Value == 10*time.Second {
				found = append(found, d.Granularity)
			}
		}
		want := time.Second
		if said, _ := o.verdict(t, fmt.Sprintf(form, "10ms")); said == "" {
			want = time.Millisecond
		}
		require.Equal(t, []time.Duration{want}, found, form)
	}
	require.Greater(t, asked, 60)
}

// TestOracleExpand holds Expand against envsubst.
func TestOracleExpand(t *testing.T) {
	if _, err := exec.LookPath("envsubst"); err != nil {
		t.Skip("no envsubst on this machine")
	}
	env := map[string]string{"A": "a$B", "B": "", "C_1": "x\ny", "HOST": "${A}"}
	names := ""
	run := exec.Command("envsubst")
	for name, value := range env {
		names += "${" + name + "} "
		run.Env = append(run.Env, name+"="+value)
	}
	text := "$A ${A} $$A $${A} ${A $A} $AB ${AB} $host ${C_1}$C_1 $C_12 $1A ${} $ ${HOST}$HOST \\$A '$A' \xff$B|${B}| ${ A } $\n${A}"
	run.Args = append(run.Args, names)
	run.Stdin = strings.NewReader(text)
	want, err := run.Output()
	require.NoError(t, err)
	got, missing := conf.Expand([]byte(text), env)
	require.Equal(t, string(want), string(got))
	require.Equal(t, []string{"AB"}, missing)
}
