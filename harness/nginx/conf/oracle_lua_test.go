package conf_test

import (
	"math/rand/v2"
	"os"
	"regexp"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"badgateway/harness/nginx/conf"
)

// TestOracleLua holds the end of random Lua blocks against lua-nginx-module.
// BADGATEWAY_LUA is a directory with ndk_http_module.so and
// ngx_http_lua_module.so for the nginx of this machine.
func TestOracleLua(t *testing.T) {
	modules := os.Getenv("BADGATEWAY_LUA")
	if modules == "" {
		t.Skip("BADGATEWAY_LUA names no directory of modules")
	}
	o := newOracle(t)
	seed := rand.Uint64()
	t.Logf("seed %d", seed)
	random := rand.New(rand.NewPCG(seed, 0))
	pieces := []string{"{", "}", `"`, `'`, `\`, "-", "--", "[[", "]]", "[=[", "]=]", "[", "]", "=", "\n", "\n", " ", "a", "--[[", "--[=[", "}\n"}
	outcomes := map[string]int{}
	for range 2000 {
		code := ""
		for range random.IntN(12) {
			code += pieces[random.IntN(len(pieces))]
		}
		text := "load_module " + modules + "/ndk_http_module.so;\nload_module " + modules + "/ngx_http_lua_module.so;\n" +
			"events {} " + o.http() + "server { location / { content_by_lua_block { x " + code + "\n}\nbehind 1;\n} } }\n"
		outcomes[agreeLua(t, o, text)]++
	}
	t.Log(outcomes)
	require.Greater(t, outcomes["ended"], 100)
	require.Greater(t, outcomes["open"], 100)
}

var (
	unknown = regexp.MustCompile(`(?s)^unknown directive "(.*)" in `)
	openLua = regexp.MustCompile(`^(unexpected end of file, expecting terminating|Lua code block missing the closing long bracket)`)
)

// agreeLua demands that nginx and Parse see a Lua block end at the same place,
// or not at all.
func agreeLua(t *testing.T, o oracle, text string) string {
	t.Helper()
	said, file := o.verdict(t, text)
	read, err := conf.Parse(file, []byte(text))
	if kind := openLua.FindString(said); kind != "" {
		require.ErrorContains(t, err, kind, "%q: %s", text, said)
		return "open"
	}
	if syntaxError.MatchString(said) {
		require.EqualError(t, err, said, "%q", text)
		return "syntax"
	}
	name := unknown.FindStringSubmatch(said)
	require.NotNil(t, name, "%q: %s", text, said)
	for d := range (&conf.Tree{Directives: read}).All() {
		if _, after, _ := strings.Cut(text, "content_by_lua_block"); d.Name.Text == name[1] && d.Pos().Offset > len(text)-len(after) {
			return "ended"
		}
	}
	require.Fail(t, "another end", "%q: %s: %v", text, said, err)
	return ""
}
