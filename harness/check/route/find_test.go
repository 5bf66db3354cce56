package route

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"badgateway/harness/check/result"
	"badgateway/harness/check/route/plan"
	"badgateway/harness/check/upstream"
	"badgateway/harness/growth"
	"badgateway/harness/nginx/conf"
	"badgateway/harness/pod"
)

// shop has routes that are alike in many ways.
const shop = `
server {
    listen 80; listen 443 ssl; server_name shop.example www.shop.example;
    location / { proxy_pass http://127.0.0.1:3000; }
    location /api { proxy_pass http://127.0.0.1:3001; if ($request_method = POST) { proxy_pass http://127.0.0.1:3002; } }
    location ~ \.php$ { proxy_pass http://127.0.0.1:3000; }
    location /in { location ~ \.php$ { proxy_pass http://127.0.0.1:3000; } }
}
server {
    listen 80; server_name shop.example other.example;
    location = / { proxy_pass http://127.0.0.1:3000; }
}
server {
    listen 8080; server_name shop.example;
    location / { proxy_pass http://127.0.0.1:3000; }
}
`

func ids(t *testing.T, text string) []string {
	var all []string
	for _, r := range planOf(t, flowConf(text)).Routes {
		all = append(all, r.ID)
	}
	slices.Sort(all)
	return all
}

// TestIDs: ids are unique, readable, and stay when the text is written in
// another order or layout.
func TestIDs(t *testing.T) {
	want := []string{
		"shop.example:443 /in ~ \\.php$ -> 127.0.0.1:3000",
		"shop.example:443 ~ \\.php$ -> 127.0.0.1:3000",
		"shop.example:443/ -> 127.0.0.1:3000",
		"shop.example:443/api -> 127.0.0.1:3001",
		"shop.example:443/api if ($request_method = POST) -> 127.0.0.1:3002",
		"shop.example:80 = / -> 127.0.0.1:3000",
		"shop.example:8080/ -> 127.0.0.1:3000",
	}
	require.Equal(t, want, ids(t, shop))
	servers := strings.SplitAfter(shop, "\n}\n")
	slices.Reverse(servers)
	require.Equal(t, want, ids(t, strings.Join(servers, "\n# another order\n")))
	require.Equal(t, want, ids(t, strings.NewReplacer("; ", ";\r\n\t\t", "{ ", "{\n# why\n").Replace(shop)))
	require.Equal(t, want, ids(t, strings.Replace(shop, "listen 80; listen 443 ssl;", "listen 443 ssl; listen 80;", 1)))
}

// TestIDsOfTwins: servers that differ in nothing are numbered, with no more words
// than others; those that differ in a name are told apart by it.
func TestIDsOfTwins(t *testing.T) {
	twin := "server { listen 80; listen [::]:80; server_name twin.example www.twin.example; location / { proxy_pass http://127.0.0.1:3000; } }\n"
	other := "server { listen 80; server_name other.example %s; location /a { proxy_pass http://127.0.0.1:3000; } }\n"
	require.Equal(t, []string{
		"other.example one.example 80 /a -> 127.0.0.1:3000", "other.example two.example 80 /a -> 127.0.0.1:3000",
		"twin.example:80/ -> 127.0.0.1:3000", "twin.example:80/ -> 127.0.0.1:3000 #2",
	}, ids(t, twin+twin+fmt.Sprintf(other, "one.example")+fmt.Sprintf(other, "two.example")))
}

// TestTraceKeepsConfiguration: the traced copy differs by what is put in alone.
func TestTraceKeepsConfiguration(t *testing.T) {
	text := flowConf("server { listen 80; access_log /x main; location / # {\n\n{ if ($a = \"}\") { return 403; } proxy_pass http://127.0.0.1:3000; } }")
	tr := trace(tree(t, text))
	require.Len(t, tr.marks, 3)
	traced := string(tr.files[pod.ConfPath])
	for _, n := range tr.marks {
		traced = strings.Replace(traced, fmt.Sprintf(`set $badgateway_trail "${badgateway_trail}%d,";`, n), "", 1)
	}
	traced = strings.Replace(traced, trailFormat+trailAccess, "", 1)
	require.Equal(t, 2, strings.Count(traced, trailAccess))
	back := strings.Replace(strings.Replace(traced, trailAccess, "access_log off;", 1), trailAccess, "access_log /x main;", 1)
	require.Equal(t, text, back)
}

// TestLargeConfiguration: ten thousand locations are planned in seconds.
func TestLargeConfiguration(t *testing.T) {
	var b strings.Builder
	b.WriteString("server { listen 80;\n")
	for i := range 10000 {
		fmt.Fprintf(&b, "location /l%d/ { proxy_pass http://127.0.0.1:3000; }\n", i)
		if i%100 == 0 {
			fmt.Fprintf(&b, "location ~ ^/r%d/(a|b)+x { proxy_pass http://127.0.0.1:3000; }\n", i)
		}
	}
	b.WriteString("}\n")
	begun := time.Now()
	p := planOf(t, flowConf(b.String()))
	require.Len(t, p.Routes, 10100)
	for _, r := range p.Routes {
		require.NotEmpty(t, r.Request.URL, r.ID)
	}
	t.Logf("planned in %v", time.Since(begun))
}

// TestManyPatterns: planning takes time in proportion to locations and names
// that are regular expressions, told apart at their beginning or their end.
func TestManyPatterns(t *testing.T) {
	for name, many := range map[string]func(n int) string{
		"beginnings": func(n int) string {
			return "server { listen 80; " + repeat(n, "location ~ ^/r%d/(a|b)+x { proxy_pass http://127.0.0.1:3000; }\n") + "}"
		},
		"endings": func(n int) string {
			return "server { listen 80; " + repeat(n, "location ~* \\.php%d$ { proxy_pass http://127.0.0.1:3000; }\n") + "}"
		},
		"servers": func(n int) string {
			return repeat(n, "server { listen 80; server_name ~^s%d\\.(?<x>.+)$; location / { proxy_pass http://127.0.0.1:3000; } }\n")
		},
	} {
		t.Run(name, func(t *testing.T) {
			growth.Linear(t, 400, 3200, func(n int) {
				p := planOf(t, flowConf(many(n)))
				require.Len(t, p.Routes, n)
				for _, r := range p.Routes[:10] {
					require.NotEmpty(t, r.Request.URL, r.ID)
				}
			})
		})
	}
}

func repeat(n int, format string) string {
	var b strings.Builder
	for i := range n {
		fmt.Fprintf(&b, format, i)
	}
	return b.String()
}

// FuzzPlan: no configuration makes planning hang or panic.
func FuzzPlan(f *testing.F) {
	for _, c := range flows {
		f.Add(flowConf(c.conf))
	}
	f.Add(flowConf(shop))
	f.Add("http{access_log {location {}}}")
	f.Add("http { server { location { } location ~ { proxy_pass x; } if () { } set; rewrite; return; try_files; error_page; map; listen; server_name ~; proxy_pass http://a; } map $a $a { ~(( x; default $a; } geo { } server { rewrite ^ $1$2 last; location / { set $x $x$x$x; if ($x ~ (a*)*b) { proxy_pass http://$x; } proxy_pass http://b; } } }")
	f.Fuzz(func(t *testing.T, text string) {
		tr, err := conf.Load(conf.Files{pod.ConfPath: []byte(text)}, pod.ConfPath)
		if err != nil {
			t.Skip("nginx would not read it: ", err)
		}
		begun := time.Now()
		p := plan.Find(t.Context(), plan.Input{Tree: tr, Spec: &pod.Spec{}, Backend: func(e upstream.Endpoint) (string, string) { return e.Address, "" },
			Place: func(d *conf.Directive) result.Place { return result.Place{Line: d.Pos().Line} }})
		require.Less(t, time.Since(begun), 30*time.Second)
		seen := map[string]bool{}
		for _, r := range p.Routes {
			require.False(t, seen[r.ID], r.ID)
			seen[r.ID] = true
		}
		trace(tr)
	})
}
