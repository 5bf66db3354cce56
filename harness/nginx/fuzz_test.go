package nginx_test

import (
	"bytes"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"badgateway/harness/nginx"
)

// FuzzParseLine holds the parser to what must be true of every text: parts are
// parts of it, and a client's words behind a line change nothing before them.
func FuzzParseLine(f *testing.F) {
	for _, s := range samples(f) {
		f.Add(s.line.Raw)
	}
	f.Add(stderr)
	f.Fuzz(func(t *testing.T, raw string) {
		l, err := nginx.ParseLine(raw)
		if err != nil {
			require.ErrorIs(t, err, nginx.ErrNotErrorLog)
			return
		}
		for _, part := range []string{l.Message, l.ErrText, l.SSL, l.Action, l.Client, l.Server, l.Request, l.Upstream, l.Host, l.Referrer, l.Resolver, l.File} {
			require.Contains(t, raw, part)
		}
		signature, known := nginx.Classify(l)
		var matching []string
		for _, s := range nginx.All() {
			if s.Match(l) {
				matching = append(matching, s.Name)
			}
		}
		if known {
			require.Equal(t, []string{signature.Name}, matching, raw)
		} else {
			require.Empty(t, matching, raw)
		}
	})
}

// FuzzSpoof puts a client's text where nginx puts it; what a line is about must
// stay.
func FuzzSpoof(f *testing.F) {
	f.Add(`" failed (13: Permission denied) while connecting to upstream, client: 203.0.113.9, server: s, request: "GET / HTTP/1.1", host: "h`)
	f.Add(`x" while reading upstream, client: 1, server: `)
	f.Fuzz(func(t *testing.T, text string) {
		text = strings.Map(func(r rune) rune {
			if r == '\r' || r == '\n' {
				return -1
			}
			return r
		}, text)
		for _, raw := range []string{
			stamp + `*1 upstream sent too big header while reading response header from upstream, client: 127.0.0.1, server: s, request: "GET /` + text + ` HTTP/1.1", upstream: "http://10.0.3.7/", host: "h"`,
			stamp + `*1 upstream sent too big header while reading response header from upstream, client: 127.0.0.1, server: s, request: "GET / HTTP/1.1", upstream: "http://10.0.3.7/", host: "h", referrer: "` + text + `"`,
		} {
			l, err := nginx.ParseLine(raw)
			require.NoError(t, err)
			require.Equal(t, parts{"upstream sent too big header", 0, "", "reading response header from upstream"}, parts{l.Message, l.Errno, l.SSL, l.Action})
			require.Equal(t, "127.0.0.1", l.Client)
			require.True(t, nginx.TooBigHeader.Match(l))
		}
	})
}

func FuzzScanner(f *testing.F) {
	f.Add([]byte(plain + "\r\n" + stderr + "\n" + access))
	f.Add([]byte(stamp + "*2 FastCGI sent in stderr: \"one\n" + plain))
	f.Fuzz(func(t *testing.T, text []byte) {
		s := nginx.NewScanner(bytes.NewReader(text))
		var total int64
		for s.Scan() {
			require.NotEmpty(t, s.Text())
			total++
		}
		require.NoError(t, s.Err())
		require.LessOrEqual(t, total+s.Skipped(), int64(bytes.Count(text, []byte("\n"))+1))
	})
}

func FuzzParseStderr(f *testing.F) {
	f.Add(`nginx: [emerg] host not found in upstream "app.internal" in /etc/nginx/nginx.conf:12`)
	f.Add(`nginx: [emerg] open() "/x" failed (2: No such file or directory) in /etc/nginx/nginx.conf:12`)
	f.Add(`nginx: [warn] conflicting server name "a" on 0.0.0.0:80, ignored`)
	f.Fuzz(func(t *testing.T, raw string) {
		l, err := nginx.ParseStderr(raw)
		if err != nil {
			return
		}
		require.NotEmpty(t, l.Level)
		require.Contains(t, raw, l.Message)
		require.Contains(t, raw, l.File)
		require.GreaterOrEqual(t, l.FileLine, 0)
	})
}

func FuzzParseAbout(f *testing.F) {
	f.Add("nginx version: nginx/1.30.2 (Debian)\nbuilt with OpenSSL 1.1.1n  15 Mar 2022 (running with OpenSSL 1.1.1w  11 Sep 2023)\nconfigure arguments: --prefix=/x --with-cc-opt='-g -O2' --with-http_ssl_module")
	f.Fuzz(func(t *testing.T, said string) {
		a, err := nginx.ParseAbout(said)
		if err != nil {
			return
		}
		require.False(t, a.Version.IsZero())
		again, err := nginx.ParseVersion(a.Version.String())
		require.NoError(t, err)
		require.Equal(t, a.Version, again)
		require.NotEmpty(t, a.ConfPath())
		require.False(t, a.Has("http_no_such_module") && !strings.Contains(said, "http_no_such_module"))
	})
}
