package config_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"badgateway/harness/check/config"
	"badgateway/harness/pod"
)

// TestLarge reads large inputs of each form within bounds of time.
func TestLarge(t *testing.T) {
	var locations, servers, placeholders strings.Builder
	for i := range 10_000 {
		fmt.Fprintf(&locations, "location /%d { proxy_pass http://app%d; }\n", i, i%7)
		fmt.Fprintf(&servers, "server { listen 80; server_name h%d; location / { proxy_pass http://u%d; access_log /x f%d; } }\n", i, i, i)
		fmt.Fprintf(&placeholders, "location /%d { return 200 ${A_%d}$B_%d; }\n", i, i, i)
	}
	for name, text := range map[string]string{
		"10,000 locations":       "events {} http { server {\n" + locations.String() + "} }",
		"10,000 of a fragment":   locations.String(),
		"10,000 servers":         servers.String(),
		"20,000 placeholders":    placeholders.String(),
		"5 MB of comments":       "events {}\n" + strings.Repeat("# "+strings.Repeat("x", 98)+"\n", 50_000),
		"1 MB of dollars":        "events {}\n" + strings.Repeat("# $$$$${A${B", 100_000),
		"1 MB of braces":         "{{" + strings.Repeat("{{ a }", 160_000),
		"1 MB of underscores":    strings.Repeat("__A", 340_000),
		"1 MB of lines":          strings.Repeat("\n", 1_000_000) + "$A",
		"1 MB of whole lines":    strings.Repeat("$A\n", 340_000),
		"5 MB, one line":         "events {} http { log_format a '" + strings.Repeat("x ", 2_000) + "'; }" + strings.Repeat(" ", 5_000_000),
		"1 MB of captures":       strings.Repeat("(?<a", 240_000),
		"many mustaches, broken": "} " + strings.Repeat("{{ a }} ", 20_000),
	} {
		t.Run(name, func(t *testing.T) {
			enter(t, map[string]string{"x.conf": text})
			before := time.Now()
			_, err := config.Read(t.Context(), "x.conf", config.Options{})
			var refused *config.InputError
			require.True(t, err == nil || errors.As(err, &refused), err)
			took := time.Since(before)
			t.Log(took.Round(time.Millisecond), len(text))
			require.Less(t, took, 60*time.Second)
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
