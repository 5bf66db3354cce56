package nginx_test

import (
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"path"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"badgateway/fixtures"
	"badgateway/harness/nginx"
)

// sample is one record of fixtures/errorlog.
type sample struct {
	signature string // by its file's name
	build     string // by the comment above it
	line      nginx.Line
}

// samples reads every record of fixtures/errorlog.
func samples(t testing.TB) []sample {
	t.Helper()
	names, err := fs.Glob(fixtures.FS, "errorlog/*.log")
	require.NoError(t, err)
	require.NotEmpty(t, names)
	var all []sample
	for _, name := range names {
		data, err := fixtures.FS.ReadFile(name)
		require.NoError(t, err)
		signature := strings.TrimSuffix(path.Base(name), ".log")
		for _, block := range strings.Split("\n"+string(data), "\n# ")[1:] {
			build, text, found := strings.Cut(block, "\n")
			require.True(t, found, "%s: no record below %q", name, build)
			for _, line := range parseAll(t, text) {
				all = append(all, sample{signature, build, line})
			}
		}
	}
	return all
}

// parseAll reads a mix of error-log records and of what the command writes.
func parseAll(t testing.TB, text string) []nginx.Line {
	t.Helper()
	var lines []nginx.Line
	var log []string
	for one := range strings.Lines(text) {
		if strings.HasPrefix(one, "nginx: ") {
			l, err := nginx.ParseStderr(one)
			require.NoError(t, err, one)
			lines = append(lines, l)
			continue
		}
		log = append(log, one)
	}
	s := nginx.NewScanner(strings.NewReader(strings.Join(log, "")))
	for s.Scan() {
		l, err := s.Line()
		require.NoError(t, err, s.Text())
		lines = append(lines, l)
	}
	require.NoError(t, s.Err())
	require.Zero(t, s.Skipped(), text)
	return lines
}

func TestEverySampleHasExactlyOneSignature(t *testing.T) {
	builds := map[string]int{}
	for _, s := range samples(t) {
		var matching []string
		for _, signature := range nginx.All() {
			if signature.Match(s.line) {
				matching = append(matching, signature.Name)
			}
		}
		require.Equal(t, []string{s.signature}, matching, "%s: %s", s.build, s.line.Raw)
		got, ok := nginx.Classify(s.line)
		require.True(t, ok)
		require.Equal(t, s.signature, got.Name, s.line.Raw)
		version, _, _ := strings.Cut(s.build, " ")
		builds[version]++
	}
	for _, version := range []string{"nginx/1.18.0", "nginx/1.22.1", "nginx/1.26.3", "nginx/1.30.6"} {
		require.Greater(t, builds[version], 150, version)
	}
}

func TestEverySignatureHasSamplesOrAReason(t *testing.T) {
	sampled := map[string]bool{}
	for _, s := range samples(t) {
		sampled[s.signature] = true
	}
	for _, s := range nginx.All() {
		_, excused := fromSource[s.Name]
		require.NotEqual(t, sampled[s.Name], excused, "%s: sampled %t, listed as from the source only %t", s.Name, sampled[s.Name], excused)
	}
	for name := range fromSource {
		_, ok := nginx.ByName(name)
		require.True(t, ok, "%s is listed and does not exist", name)
	}
}

func TestEveryUpstreamMessageOfTheSourceHasItsSignature(t *testing.T) {
	data, err := fixtures.FS.ReadFile("errorlog/formats.tsv")
	require.NoError(t, err)
	rows := 0
	for row := range strings.Lines(string(data)) {
		if strings.HasPrefix(row, "#") {
			continue
		}
		rows++
		column := strings.Split(strings.TrimSuffix(row, "\n"), "\t")
		require.Len(t, column, 6, row)
		line, err := nginx.ParseLine(render(column[2], column[3], column[4], column[5]))
		require.NoError(t, err, row)
		var matching []string
		for _, s := range nginx.All() {
			if s.Match(line) {
				matching = append(matching, s.Name)
			}
		}
		require.Equal(t, []string{column[1]}, matching, row)
	}
	require.Equal(t, 322, rows)
}

// render fills a format string of nginx's source in, as ngx_sprintf would.
func render(level, errno, action, format string) string {
	format = strings.Replace(format, "%V_buffer_size", "proxy_buffer_size", 1)
	if strings.HasPrefix(format, "%s in upstream") {
		format = "invalid port" + format[len("%s"):]
	}
	line := "2026/11/20 23:24:02 [" + level + "] 7#7: *1 " + strings.NewReplacer("%*s", "X", "%V", "app.internal", "%s", "x",
		"%uz", "3", "%ui.%03ui", "1.000", "%ui", "2", "%i", "3", "%d", "4", "%l", "18", "%O", "5", "%p", "00",
		"%04Xi", "0180", "%02xd", "20").Replace(format)
	if errno != "0" {
		line += " (" + errno + ": text of some libc)"
	}
	if action != "" {
		line += " while " + action
	}
	return line + `, client: 127.0.0.1, server: app.internal, request: "GET / HTTP/1.1", upstream: "http://127.0.0.1:3000/", host: "app.internal"`
}

func TestAllHoldsEverySignatureVariable(t *testing.T) {
	declared := map[string]string{}
	collect := func(n ast.Node) bool {
		spec, ok := n.(*ast.ValueSpec)
		if !ok || len(spec.Values) != 1 || !ast.IsExported(spec.Names[0].Name) {
			return true
		}
		if name, ok := signatureName(spec.Values[0]); ok {
			declared[name] = spec.Names[0].Name
		}
		return true
	}
	sources, err := filepath.Glob("sig_*.go")
	require.NoError(t, err)
	for _, source := range sources {
		file, err := parser.ParseFile(token.NewFileSet(), source, nil, 0)
		require.NoError(t, err)
		ast.Inspect(file, collect)
	}
	require.Len(t, nginx.All(), len(declared))
	for _, s := range nginx.All() {
		require.Contains(t, declared, s.Name)
		require.NotEmpty(t, s.Meaning, s.Name)
		require.NotEmpty(t, s.Phrase, s.Name)
		same, ok := nginx.ByName(s.Name)
		require.True(t, ok)
		require.Equal(t, s, same)
	}
}

// signatureName reads Name out of Signature{Name: "..."}.
func signatureName(e ast.Expr) (string, bool) {
	literal, ok := e.(*ast.CompositeLit)
	if !ok {
		return "", false
	}
	if id, ok := literal.Type.(*ast.Ident); !ok || id.Name != "Signature" {
		return "", false
	}
	for _, element := range literal.Elts {
		pair := element.(*ast.KeyValueExpr)
		if pair.Key.(*ast.Ident).Name == "Name" {
			name, err := strconv.Unquote(pair.Value.(*ast.BasicLit).Value)
			return name, err == nil
		}
	}
	return "", false
}
