package program

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"badgateway/harness/pod"
)

// selectConf is a configuration whose servers answer with what body says.
const selectConf = `
error_log /var/log/nginx/error.log notice;
pid /run/nginx.pid;
worker_processes 1;
events { worker_connections 512; }
http {
    access_log off;
    root /nowhere;
    server_names_hash_bucket_size 128;
%s}
`

// words are parts of locations, in many ways alike.
var words = []string{"a", "b", "ab", "A", "a.php", "b.txt", ".php"}

// randomLocations writes locations that answer with their number; those of a
// prefix may hold others.
func randomLocations(r *rand.Rand, prefix string, depth int, number *int) string {
	var b strings.Builder
	seen := map[string]bool{}
	for range 2 + r.IntN(6) {
		name := prefix
		for range r.IntN(3) {
			name += words[r.IntN(len(words))]
			if r.IntN(2) == 0 {
				name += "/"
			}
		}
		modifier := []string{"", "", "^~", "=", "~", "~*"}[r.IntN(6)]
		if modifier == "~" || modifier == "~*" {
			name = []string{"^" + name, `\.php$`, "a/?b", "(?<!a)b", "^/(a|b)+$", `/A`, `^(?!/a).*b`}[r.IntN(7)]
		}
		key := strings.TrimPrefix(modifier, "^~") + " " + name
		if seen[key] {
			continue
		}
		seen[key] = true
		*number++
		fmt.Fprintf(&b, "location %s \"%s\" {\n return 200 \"%d\";\n", modifier, name, *number)
		if depth > 0 && (modifier == "" || modifier == "^~") && r.IntN(3) == 0 {
			b.WriteString(randomLocations(r, name, depth-1, number))
		}
		b.WriteString("}\n")
	}
	return b.String()
}

func randomPath(r *rand.Rand) string {
	path := "/"
	for range r.IntN(5) {
		path += words[r.IntN(len(words))]
		if r.IntN(2) == 0 {
			path += "/"
		}
	}
	return path
}

// TestLocationsAsNginx holds the model of location selection against nginx, on
// random locations and paths.
func TestLocationsAsNginx(t *testing.T) {
	const servers, paths = 40, 60
	r := rand.New(rand.NewPCG(7, 7))
	var b strings.Builder
	for i := range servers {
		number := 0
		fmt.Fprintf(&b, "server { listen 80; server_name s%d.example;\n%s}\n", i, randomLocations(r, "/", 2, &number))
	}
	text := fmt.Sprintf(selectConf, b.String())
	p := gateway(t, text)
	model := New(tree(t, text), nil)
	require.Len(t, model.Servers, servers)
	chosen := 0
	for i, s := range model.Servers {
		for range paths {
			path := randomPath(r)
			want, _ := s.Find(path)
			resp, err := p.Request(t.Context(), pod.Request{URL: fmt.Sprintf("http://s%d.example%s", i, path)})
			require.NoError(t, err)
			if want == nil {
				require.Equal(t, 404, resp.Status, "server %d, path %s: no location in the model, nginx: %s\n%s", i, path, resp.Body, s.Directive.Text())
				continue
			}
			chosen++
			number := ""
			for d := range childrenOf(want) {
				if d.Is("return") {
					number = d.Arg(1)
				}
			}
			require.Equal(t, number, string(resp.Body), "server %d, path %s: the model chose %q", i, path, want.Directive.Text())
		}
	}
	require.Greater(t, chosen, servers*paths/2, "too few requests met a location")
}

// TestSlashAsNginx: where nginx adds a slash, the model says so.
func TestSlashAsNginx(t *testing.T) {
	const locations = `
server { listen 80;
    location /app/ { proxy_pass http://127.0.0.1:9; }
    location = /exact/ { proxy_pass http://127.0.0.1:9; }
    location /both/ { proxy_pass http://127.0.0.1:9; }
    location /both { return 200 x; }
    location /plain/ { return 200 x; }
    location / { return 200 root; }
}`
	text := fmt.Sprintf(selectConf, locations)
	p := gateway(t, text)
	tr := tree(t, text)
	s := New(tr, passesOf(tr)).Servers[0]
	redirects := 0
	for _, path := range []string{"/app", "/app/x", "/exact", "/exactly", "/both", "/plain", "/ap", "/"} {
		_, redirect := s.Find(path)
		resp, err := p.Request(t.Context(), pod.Request{URL: "http://x" + path})
		require.NoError(t, err)
		require.Equal(t, redirect, resp.Status == 301, path)
		if redirect {
			redirects++
		}
	}
	require.Equal(t, 2, redirects)
}

// TestServersAsNginx holds the model of server selection against nginx.
func TestServersAsNginx(t *testing.T) {
	names := []string{"a.example", "*.example", "a.*", ".b.example", `"~^(www\.)?b\.example$"`, "~a", `""`, "_", "c.a.example", "*.a.example", "a.b.*"}
	hosts := []string{"a.example", "x.example", "a.test", "b.example", "www.b.example", "q.b.example", "xax", "_", "c.a.example", "d.a.example", "A.EXAMPLE", "a.b.c", "none"}
	listens := []string{"80", "127.0.0.1:80", "80 default_server", "81"}
	r := rand.New(rand.NewPCG(3, 3))
	for range 12 {
		var b strings.Builder
		hasDefault := false
		for i := range 6 {
			listen := listens[r.IntN(len(listens))]
			if strings.Contains(listen, "default") {
				if hasDefault {
					listen = "80"
				}
				hasDefault = true
			}
			r.Shuffle(len(names), func(i, j int) { names[i], names[j] = names[j], names[i] })
			fmt.Fprintf(&b, "server { listen %s; server_name %s; location / { return 200 %d; } }\n", listen, strings.Join(names[:1+r.IntN(3)], " "), i)
		}
		text := fmt.Sprintf(selectConf, b.String())
		p := gateway(t, text)
		model := New(tree(t, text), nil)
		for _, at := range []string{"127.0.0.1:80", "127.0.0.2:80", "127.0.0.1:81"} {
			all := listening(model, at)
			for _, host := range hosts {
				resp, err := p.Request(t.Context(), pod.Request{URL: "http://" + host + "/", Address: at})
				require.NoError(t, err)
				if all == nil {
					require.Equal(t, pod.Refused, resp.Outcome, "%s at %s\n%s", host, at, text)
					continue
				}
				want := all.Choose(host)
				require.Equal(t, fmt.Sprint(slices.Index(model.Servers, want)), string(resp.Body), "%s at %s\n%s", host, at, text)
			}
		}
		require.NoError(t, p.Close())
	}
}

// TestPlainHTTP2: without TLS it is the default server that says whether HTTP/2
// is spoken, with TLS the one that was asked for.
func TestPlainHTTP2(t *testing.T) {
	p := New(tree(t, `http {
server { listen 80; listen 443 ssl; server_name a; }
server { listen 80; listen 443 ssl; server_name b; http2 on; }
server { listen 81; server_name c; http2 on; }
server { listen 81; server_name d; }
}`), nil)
	var got []string
	for _, s := range p.Servers {
		ways, _ := p.Entries(s)
		for _, e := range ways {
			if e.H2 && e.Host == s.Names[0].Text {
				got = append(got, e.Host+":"+e.Listen.Port)
			}
		}
	}
	require.Equal(t, []string{"b:443", "c:81", "d:81"}, got)
}
