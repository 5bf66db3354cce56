package config_test

import (
	"context"
	"errors"
	"io"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"badgateway/harness/check/config"
	"badgateway/harness/growth"
	"badgateway/harness/pod"
)

// TestLarge reads large inputs of each form in time in proportion to them.
func TestLarge(t *testing.T) {
	repeat := func(text string) func(int) string { return func(n int) string { return strings.Repeat(text, n) } }
	each := func(format string) func(int) string {
		return func(n int) string {
			var b strings.Builder
			for i := range n {
				b.WriteString(strings.ReplaceAll(format, "%d", strconv.Itoa(i)))
			}
			return b.String()
		}
	}
	within := func(before string, many func(int) string, behind string) func(int) string {
		return func(n int) string { return before + many(n) + behind }
	}
	for name, c := range map[string]struct {
		text func(n int) string
		most int
	}{
		"locations":               {within("events {} http { server {\n", each("location /%d { proxy_pass http://app%d; }\n"), "} }"), 10_000},
		"locations of a fragment": {each("location /%d { proxy_pass http://app%d; }\n"), 10_000},
		"servers":                 {each("server { listen 80; server_name h%d; location / { proxy_pass http://u%d; access_log /x f%d; } }\n"), 10_000},
		"placeholders":            {each("location /%d { return 200 ${A_%d}$B_%d; }\n"), 10_000},
		"comments":                {within("events {}\n", repeat("# "+strings.Repeat("x", 98)+"\n"), ""), 50_000},
		"dollars":                 {within("events {}\n", repeat("# $$$$${A${B"), ""), 100_000},
		"braces":                  {within("{{", repeat("{{ a }"), ""), 160_000},
		"underscores":             {repeat("__A"), 340_000},
		"lines":                   {within("", repeat("\n"), "$A"), 1_000_000},
		"whole lines":             {repeat("$A\n"), 340_000},
		"one line":                {within("events {} http { log_format a '"+strings.Repeat("x ", 2_000)+"'; }", repeat(" "), ""), 5_000_000},
		"captures":                {repeat("(?<a"), 240_000},
		"mustaches, broken":       {within("} ", repeat("{{ a }} "), ""), 20_000},
	} {
		t.Run(name, func(t *testing.T) {
			growth.Linear(t, c.most/64, c.most/4, func(n int) {
				enter(t, map[string]string{"x.conf": c.text(n)})
				_, err := config.Read(t.Context(), "x.conf", config.Options{})
				var refused *config.InputError
				require.True(t, err == nil || errors.As(err, &refused), err)
			})
		})
	}
}

// endless is a reader that gives nothing until it is closed.
type endless struct{ *io.PipeReader }

// TestCancel ends a read of what never ends.
func TestCancel(t *testing.T) {
	r, w := io.Pipe()
	ctx, cancel := context.WithCancel(t.Context())
	time.AfterFunc(50*time.Millisecond, cancel)
	_, err := config.Read(ctx, "-", config.Options{Stdin: endless{r}})
	require.ErrorIs(t, err, context.Canceled)
	require.NoError(t, w.Close())
}

// FuzzRead reads trees of four files. Whatever they hold, there is a result or
// an error that names a file, soon, and nothing of the host is in it.
func FuzzRead(f *testing.F) {
	for _, seed := range [][4]string{
		{"events {} http { include conf.d/*.conf; include b; }", "server { listen ${PORT}; }", "include a.conf;", "b"},
		{"server { location / { proxy_pass http://$x; access_log /x main; limit_req zone=z; } }", "log_format main x;", "map $a $x { default b; }", "../../x"},
		{"# configuration file /etc/nginx/nginx.conf:\nevents {}\n", "", "", "/etc/nginx/a.conf"},
		{"{{ a }} events { listen __A__ {B}; }", "\xef\xbb\xbf", "\xff\xfe", "/etc/shadow"},
		{"include /etc/passwd; include *; include a.conf;", "include b;", "\x00{;}", "a.conf"},
		{"location / { return 200 ${A}$B${DOLLAR}; }", "$A\n${B:-}\n", "events {} http { include conf.d/a.conf; }", "conf.d/a.conf"},
	} {
		f.Add(seed[0], seed[1], seed[2], seed[3])
	}
	secret := "secret-of-the-host"
	f.Fuzz(func(t *testing.T, main, a, b, link string) {
		dir := filepath.Join(t.TempDir(), "repository")
		require.NoError(t, os.MkdirAll(filepath.Join(dir, "conf.d"), 0o755))
		require.NoError(t, os.Mkdir(filepath.Join(dir, ".git"), 0o755))
		for name, text := range map[string]string{"nginx.conf": main, "a.conf": a, "conf.d/a.conf": a, "b": b, "../a.conf": secret, "../x": secret} {
			require.NoError(t, os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600))
		}
		if link != "" && !strings.Contains(link, "\x00") {
			_ = os.Symlink(link, filepath.Join(dir, "conf.d", "link.conf"))
		}
		c, err := config.Read(t.Context(), filepath.Join(dir, "nginx.conf"), config.Options{})
		if err != nil {
			var refused *config.InputError
			require.ErrorAs(t, err, &refused)
			require.NotEmpty(t, refused.Place.File)
			return
		}
		holdsOwn := strings.Contains(main+a+b, secret)
		for _, file := range c.Pod() {
			require.True(t, holdsOwn || !strings.Contains(string(file.Data), secret), file.Path)
			require.True(t, filepath.IsAbs(file.Path) && filepath.Clean(file.Path) == file.Path, file.Path)
		}
		for d := range c.Tree.All() {
			at := c.Place(d)
			require.NotEmpty(t, at.File)
			require.Positive(t, at.Line)
		}
		c.Repair(`unknown "x" variable`, c.PlaceOf(pod.ConfPath, 1))
	})
}
