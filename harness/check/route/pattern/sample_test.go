package pattern

import (
	"math/rand/v2"
	"regexp"
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// TestPathSamples: every pattern of a kind that configurations use has paths.
func TestPathSamples(t *testing.T) {
	for _, expr := range []string{
		`\.php$`, `^/api/`, `^/(a|b)/c$`, `[^/]\.php(/|$)`, `^/v\d+/oidc/callback$`, `^(?!/admin|/asset/webdav)(.+?)\.((?:css|js)(?:\.map)?)$`,
		`/\.(?!well-known).*`, `^/([0-9a-fA-F]{8}-[0-9a-fA-F]{4})/(rules)`, `^/proxy/(?<scheme>https?)/(?<path>.*)`, `^(?=/api)/.*x`,
		`^/a++b$`, `^/(?>foo|bar)$`, `(?<=/x)/y$`, `^.+\.(?i:PNG)$`, `^/$`, `.*/assets/.*`, `^/([^/?&:'"]+)$`, `^`, ``,
		`^/(.*)\.(?!php)[a-z]+$`, `^/index(?:\.php)?(?:/|$)`,
	} {
		p := Compile(expr, false)
		paths := Paths(p)
		require.NotEmpty(t, paths, expr)
		for _, path := range paths {
			require.True(t, ValidPath(path), "%s: %q", expr, path)
			require.True(t, p.Matches(path), "%s: %q", expr, path)
		}
	}
	require.Empty(t, Paths(Compile(`^[^/]`, false)), "a path begins with a slash")
	require.Empty(t, Paths(Compile(`(`, false)), "no regular expression")
}

// TestPatternGroups: groups are numbered as PCRE does, names included.
func TestPatternGroups(t *testing.T) {
	for _, expr := range []string{`^/(?<first>a)/(b)/(?<third>c)$`, `^/(?<first>a)/(b)/(?<third>c)(?!d)$`} {
		p := Compile(expr, false)
		require.Equal(t, []string{"/a/b/c", "a", "b", "c"}, p.Match("/a/b/c"))
		require.Equal(t, []string{"", "first", "", "third"}, p.Names)
	}
}

// FuzzSamples: no expression makes sampling hang, panic or lie.
func FuzzSamples(f *testing.F) {
	for _, expr := range []string{`^/(a+)+$`, `(?!x)(a|aa)+$`, `((((a{99}){99}){99}){99})`, `[[:alpha:]]{1,3}`, `(?<n>a)\k<n>`, `\p{Greek}+`, `(?=.*a)(?=.*b)`, `[^]]`, `a**+`, `(?>`, "\\", "[", "(?<"} {
		f.Add(expr, true)
	}
	f.Fuzz(func(t *testing.T, expr string, fold bool) {
		begun := time.Now()
		p := Compile(expr, fold)
		for _, path := range Paths(p) {
			require.True(t, p.Matches(path))
			require.True(t, ValidPath(path))
		}
		Samples(p, HostAlphabet)
		require.Less(t, time.Since(begun), 20*time.Second, "%q", expr)
		if fast, err := regexp.Compile(expr); err == nil && !fold {
			require.Equal(t, fast.NumSubexp()+1, len(p.Names))
		}
	})
}

// TestEnds: the short cut of a literal at an end decides nothing else.
func TestEnds(t *testing.T) {
	for expr, want := range map[string][2]string{`^/api/(a|b)`: {"/api/"}, `^/a`: {"/a"}, `/a`: {}, `^(/a)`: {}, `^(?i)/A`: {"/a"}, `^/a|^/b`: {},
		`^/.*\.php$`: {"/", ".php"}, `\.PHP$`: {"", ".php"}, `^/É`: {}, `(?m)^/a$`: {}, `^/a$`: {"/a", "/a"}, `a\z`: {"", "a"}, `^`: {}, `$`: {}} {
		for _, fold := range []bool{false, true} {
			p := Compile(expr, fold)
			require.Equal(t, want, [2]string{p.begin, p.end}, expr)
			plain := regexp.MustCompile(map[bool]string{true: "(?i)"}[fold] + expr)
			for _, text := range []string{"", "/", "/a", "/A", "/b", "/api/a", "/API/a", "/x/a", "/api/", "/x.php", "/x.PHP", "/é", "\n/a\n"} {
				require.Equal(t, plain.MatchString(text), p.Matches(text), "%s on %s", expr, text)
			}
		}
	}
}

// TestSet: a set finds what trying one pattern after the other does.
func TestSet(t *testing.T) {
	exprs := []string{`^/a/b`, `\.php$`, `^/a`, `b`, `^/A/(?!x)`, `^/a/.*\.php$`, `(`, `^/a/b`, `^/$`, `\.PHP$`, `x$`, ``}
	texts := []string{"", "/", "/a", "/A/b", "/a/b.php", "/x.php", "/x.PHP", "/bx", "/a/x", "/b"}
	r := rand.New(rand.NewPCG(1, 1))
	for range 200 {
		var set Set
		var all []*Pattern
		for range r.IntN(8) {
			p := Compile(exprs[r.IntN(len(exprs))], r.IntN(2) == 0)
			set.Add(p)
			all = append(all, p)
		}
		for _, text := range texts {
			require.Equal(t, slices.IndexFunc(all, func(p *Pattern) bool { return p.Matches(text) }), set.First(text), text)
		}
	}
}
