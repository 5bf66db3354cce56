package conf_test

import (
	"bytes"
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"badgateway/harness/nginx/conf"
)

// oracle is the real nginx, which says of a text what is wrong with it.
type oracle struct {
	command []string
	dir     string
}

func newOracle(t *testing.T) oracle {
	t.Helper()
	path, err := exec.LookPath("nginx")
	if err != nil {
		path = "/usr/sbin/nginx"
	}
	if _, err := os.Stat(path); err != nil {
		require.NotEqual(t, "1", os.Getenv("BADGATEWAY_REQUIRE"), "nginx required: apt-get install nginx")
		t.Skip("no nginx on this machine")
	}
	return oracle{command: []string{path}, dir: t.TempDir()}
}

// complaint is nginx's first one; it may go over several lines.
var complaint = regexp.MustCompile(`(?s)\[emerg\] (?:\d+#\d+: )?(.*?)\n(?:nginx: |\d{4}/|$)`)

// verdict is nginx's first complaint about a file's text, or "".
func (o oracle) verdict(t *testing.T, text string) (message, file string) {
	t.Helper()
	file = filepath.Join(o.dir, "nginx.conf")
	require.NoError(t, os.WriteFile(file, []byte(text), 0o600))
	command := append(o.command, "-t", "-q", "-p", o.dir, "-c", file, "-g", "error_log stderr; pid "+o.dir+"/pid;")
	run := exec.Command(command[0], command[1:]...)
	var said bytes.Buffer
	run.Stderr = &said
	if err := run.Run(); err == nil {
		return "", file
	}
	found := complaint.FindStringSubmatch(said.String())
	require.NotNil(t, found, said.String())
	return found[1], file
}

// http opens an http block in which nginx writes below dir alone, as an
// ordinary user's must.
func (o oracle) http() string {
	text := "http { access_log off; "
	for _, name := range []string{"client_body", "proxy", "fastcgi", "uwsgi", "scgi"} {
		text += name + "_temp_path " + o.dir + "/" + name + "; "
	}
	return text
}

// inTypes puts a text where nginx takes any words and minds the syntax alone.
func (o oracle) inTypes(text string) string {
	return "events {} " + o.http() + "types {\n" + text + "}\n}\n"
}

var syntaxError = regexp.MustCompile(`(?s)^(unexpected |too long parameter).* in /[^ ]*:\d+$`)

var atLine = regexp.MustCompile(`:(\d+)$`)

// agree demands that nginx and Parse say the same of a text.
func agree(t *testing.T, o oracle, text string) {
	t.Helper()
	want, file := o.verdict(t, text)
	_, err := conf.Parse(file, []byte(text))
	switch {
	case want == "":
		require.NoError(t, err, "nginx accepts %q", text)
	case syntaxError.MatchString(want):
		require.EqualError(t, err, want, "%q", text)
	case err != nil: // nginx stopped at what a directive means, before the syntax did
		stopped := atLine.FindStringSubmatch(want)
		require.NotNil(t, stopped, "%q: %s", text, want)
		line, _ := strconv.Atoi(stopped[1])
		require.GreaterOrEqual(t, err.(*conf.Error).Pos.Line, line, "%q: %s", text, want)
	}
}

// TestOracleSyntax holds texts against nginx: the same accepted, the same
// refused, in the same words at the same line.
func TestOracleSyntax(t *testing.T) {
	o := newOracle(t)
	for _, text := range []string{
		"", "a b;", "a b", "a b\n", "a;\n}", "}", "{", ";", "a {", "a {}", "a 'b;", `a "b`, `a "b";`, `a "b"c;`, `a "b")c;`, `a "b"{`, `a "b"#;`,
		`a b"c";`, `a \;b;`, `a \`, `a b\`, "a #b;\n;", "# a", "#\n", "a # }\n b;", "a ${b};", "a ${b;", `a "${b}";`, "a $b{", `a "$b"{`, "a b{2};",
		`a "^x{2}$";`, `a "^x{2}$");`, "a\r\nb;\r\n", "\xEF\xBB\xBFa b;", "a \xff\xfe;", "a b\x00;", "\x00;", "a ''\"\";", "a '' \"\" ;", "a )(;", "a\tb;",
		`a "\"";`, `a "\\";`, `a "\\"";`, `a '\'';`, "a \"b\nc\nd\"e;", "a 'b\n\n", "a\n\n{", "a ;;", "a $;", `a $";`, `a "$";`, "a $'b';",
	} {
		t.Run(strconv.Quote(text), func(t *testing.T) { agree(t, o, o.inTypes(text)) })
	}
	for _, text := range []string{"events {}", "events {}}", "events {", "events {}\n#", "events {};", "events {} }", "\"events\" {}", "'events'{}#"} {
		t.Run(strconv.Quote(text), func(t *testing.T) { agree(t, o, text) })
	}
}

// TestOracleLength tries parameters and comments around the length that nginx reads.
func TestOracleLength(t *testing.T) {
	o := newOracle(t)
	for n := 4090; n <= 4098; n++ {
		for _, form := range []string{"a %s;", "a  %s ;", `a "%s";`, "a '%s' ;", "a;#%s\n", "a; #%s\nb;", `a "b\"%s`, "%s", "a #%s", "a%s \n{", "\n\na \"%s\"\n\n;"} {
			agree(t, o, o.inTypes(fmt.Sprintf(form, strings.Repeat("x", n))))
		}
	}
}

// TestOracleRandom puts pieces together at random. BADGATEWAY_ORACLE is how many.
func TestOracleRandom(t *testing.T) {
	o := newOracle(t)
	count, err := strconv.Atoi(os.Getenv("BADGATEWAY_ORACLE"))
	if err != nil {
		count = 200
	}
	seed := rand.Uint64()
	t.Logf("seed %d", seed)
	random := rand.New(rand.NewPCG(seed, 0))
	pieces := []string{"a", "b", " ", "\n", "\r\n", "\t", ";", "; ", ";\n", `"`, `'`, `\`, "#", "$", "${", "{", "}", "(", ")", `"c"`, `'d'`, "e f;", "\xff", "\\\""}
	for range count {
		var text strings.Builder
		for range 1 + random.IntN(14) {
			text.WriteString(pieces[random.IntN(len(pieces))])
		}
		agree(t, o, o.inTypes(text.String()))
	}
}

// TestOracleText has nginx say what it makes of a token's quotes and backslashes.
func TestOracleText(t *testing.T) {
	o := newOracle(t)
	for _, token := range []string{
		`a`, `"a"`, `'a'`, `""`, `"a b"`, `'a"b'`, `"a\"b"`, `'a\'b'`, `"a\'b"`, `a\"b`, `a\\b`, `a\\\b`, `\a`, `\"a`, `\\`, `\;`, `a\;b`, `a\{b`, `"\t|\n|\r|\x|\0"`,
		`\ta\nb\rc`, `${a}`, `"${a}"`, `a${b}c`, `${{b`, `a"b"c`, `a'b`, `a#b`, `a}b`, `)`, `"\\\""`, `"\\\\n"`, `"a\
b"`, "a\xffb", `é`, `\$a`, `"\$a"`, `"$\{"`,
	} {
		for form, says := range map[string]string{"%s x;": "unknown directive %q", "error_log /dev/null %s;": "invalid log level %q"} {
			text := fmt.Sprintf(form, token)
			parsed, err := conf.Parse("/x", []byte(text))
			require.NoError(t, err, text)
			word := parsed[0].Name.Text
			if word == "error_log" {
				word = parsed[0].Arg(1)
			}
			want := strings.Replace(says, "%q", `"`+word+`"`, 1)
			got, file := o.verdict(t, text)
			require.Equal(t, fmt.Sprintf("%s in %s:%d", want, file, 1+strings.Count(text, "\n")), got, text)
		}
	}
}
