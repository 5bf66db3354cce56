package conf_test

import (
	"fmt"
	"testing"

	"github.com/stretchr/testify/require"

	"badgateway/harness/nginx/conf"
)

// TestTokens holds texts and the tokens that nginx makes of them.
func TestTokens(t *testing.T) {
	for text, want := range map[string][]string{
		`a b;`:                       {"a", "b"},
		"a\r\n\tb ;":                 {"a", "b"},
		`a "b c" 'd"e';`:             {"a", "b c", `d"e`},
		`a "b\"c" 'd\'e' "\\";`:      {"a", `b"c`, "d'e", `\`},
		`a "\t\r\n" \d \; x\ y;`:     {"a", "\t\r\n", `\d`, `\;`, `x\ y`},
		`a ";" '{' "}" "#";`:         {"a", ";", "{", "}", "#"},
		"a # b;\n c;":                {"a", "c"},
		`a b#c;`:                     {"a", "b#c"},
		`a b"c d;`:                   {"a", `b"c`, "d"},
		`a ${b} "${c}d" x${e}y;`:     {"a", "${b}", "${c}d", "x${e}y"},
		`a $b};`:                     {"a", "$b}"},
		`if ($a ~ "^x{2}$") ;`:       {"if", "($a", "~", "^x{2}$", ")"},
		`location ~ "\.php{1}$" ;`:   {"location", "~", `\.php{1}$`},
		`a "" '';`:                   {"a", "", ""},
		`"a" b;`:                     {"a", "b"},
		"a b\x00c \xff;":             {"a", "b\x00c", "\xff"},
		`a ${{{b;`:                   {"a", "${{{b"},
		`a $"{";`:                    nil, // $" is text, then { begins a block
		`return 200 "a\nb$uri";`:     {"return", "200", "a\nb$uri"},
		`log_format m '$a "$b" ' x;`: {"log_format", "m", `$a "$b" `, "x"},
	} {
		got, err := conf.Parse("/x", []byte(text))
		if want == nil {
			require.Error(t, err, text)
			continue
		}
		require.NoError(t, err, text)
		require.Len(t, got, 1, text)
		words := []string{got[0].Name.Text}
		for _, a := range append([]conf.Arg{got[0].Name}, got[0].Args...) {
			require.Equal(t, a.Raw, text[a.Pos.Offset:a.End])
		}
		for i := range got[0].Args {
			words = append(words, got[0].Arg(i))
		}
		require.Equal(t, want, words, text)
		require.Equal(t, len(text), got[0].End)
	}
}

// TestPlaces checks lines, columns and offsets, and that a block knows its end.
func TestPlaces(t *testing.T) {
	text := "# c\nhttp {\r\n  server { listen 80; } # }\n  types{a b;}\n}\n"
	got, err := conf.Parse("/x", []byte(text))
	require.NoError(t, err)
	http := got[0]
	require.Equal(t, conf.Pos{File: "/x", Line: 2, Column: 1, Offset: 4}, http.Pos())
	require.Equal(t, len(text)-1, http.End)
	listen := http.Block[0].Block[0]
	require.Equal(t, conf.Pos{File: "/x", Line: 3, Column: 12, Offset: 23}, listen.Pos())
	require.Equal(t, conf.Pos{File: "/x", Line: 3, Column: 19, Offset: 30}, listen.Args[0].Pos)
	require.Equal(t, "listen 80;", text[listen.Pos().Offset:listen.End])
	require.True(t, http.Block[1].Block[0].Entry)
	require.False(t, http.Block[1].Block[0].Is("a"))
	require.Equal(t, "server {", http.Block[0].Text())
}

// TestErrors holds texts that nginx refuses, with its words.
func TestErrors(t *testing.T) {
	for text, want := range map[string]string{
		"a\nb;}":                           `unexpected "}" in /x:2`,
		"a {\nb;":                          `unexpected end of file, expecting "}" in /x:2`,
		"a b":                              `unexpected end of file, expecting ";" or "}" in /x:1`,
		"\n;":                              `unexpected ";" in /x:2`,
		"{":                                `unexpected "{" in /x:1`,
		"a { b }":                          `unexpected "}" in /x:1`,
		`a "b"c;`:                          `unexpected "c" in /x:1`,
		"map a b { c { } }":                `unexpected "{" in /x:1`,
		"include;":                         `invalid number of arguments in "include" directive in /x:1`,
		"include a {}":                     `directive "include" is not terminated by ";" in /x:1`,
		"\xEF\xBB\xBFa;":                   "unknown directive \"\xEF\xBB\xBFa\" (the file begins with a UTF-8 byte order mark, which nginx takes for text: remove it) in /x:1",
		"content_by_lua_block {\n":         `unexpected end of file, expecting terminating characters for lua code block in /x:1`,
		"content_by_lua_block {\n[==[ ]=]": `Lua code block missing the closing long bracket "]==]" in /x:2`,
	} {
		_, err := conf.Parse("/x", []byte(text))
		require.EqualError(t, err, want, text)
	}
}

// TestHints holds what an error tells of the place where something is missing.
func TestHints(t *testing.T) {
	for text, want := range map[string]string{
		"a {\nb c\n\n}":        `2 is a ";" missing where "b" ends?`,
		"a 1;\nb 2":            `2 is a ";" missing where "b" ends?`,
		"a 'x\n;\nb 'y' z;":    "1 the ' that opens here closes before it: is one missing above?",
		"a 1;\nb \"x;\nc 2;\n": `2 the " that opens here is not closed`,
		"a {\nb {\nc 1;\n}\n":  `1 the block of "a" that opens here is not closed, or one inside it`,
		"a 1;\nb {\n}\n}":      `2 the block of "b" that opens here is closed before that: is a brace too many inside it?`,
	} {
		_, err := conf.Parse("/x", []byte(text))
		var e *conf.Error
		require.ErrorAs(t, err, &e, text)
		require.Equal(t, want, fmt.Sprintf("%d %s", e.HintPos.Line, e.Hint), text)
	}
}

func TestLua(t *testing.T) {
	for _, code := range []string{
		` ngx.say("}") `, ` -- }` + "\n", ` --[[ } ]] `, ` x = [==[ } ]] } ]==] `, ` { { } } `, ` '\'}' `, ` it" is `, "\n a[b[1]] = 2 - 1 \n",
	} {
		text := "location / {\n content_by_lua_block {" + code + "} deny all; }"
		got, err := conf.Parse("/x", []byte(text))
		require.NoError(t, err, code)
		lua := got[0].Block[0]
		require.Equal(t, code, lua.Raw)
		require.Equal(t, byte('}'), text[lua.End-1])
		require.Equal(t, "deny", got[0].Block[1].Name.Text)
	}
}
