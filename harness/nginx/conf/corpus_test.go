package conf_test

import (
	"bytes"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"badgateway/harness/nginx/conf"
)

// TestCorpus reads every configuration of a folder of real ones
// (BADGATEWAY_CORPUS): what a row of its INDEX.tsv names by directory and file,
// and every *.conf.
func TestCorpus(t *testing.T) {
	folder := os.Getenv("BADGATEWAY_CORPUS")
	if folder == "" {
		t.Skip("BADGATEWAY_CORPUS names no folder of configurations")
	}
	o := newOracle(t)
	for _, name := range configurations(t, folder) {
		t.Run(name, func(t *testing.T) {
			data, err := os.ReadFile(filepath.Join(folder, name))
			require.NoError(t, err)
			readReal(t, o, data)
		})
	}
}

// configurations are the files of a folder that hold one, each once.
func configurations(t *testing.T, folder string) []string {
	t.Helper()
	index, err := os.ReadFile(filepath.Join(folder, "INDEX.tsv"))
	require.NoError(t, err)
	found := map[string]bool{}
	rows := strings.Split(strings.TrimSpace(string(index)), "\n")
	require.Greater(t, len(rows), 1, "titles and rows")
	for _, row := range rows[1:] {
		columns := strings.Split(row, "\t")
		files, err := filepath.Glob(filepath.Join(folder, columns[0], columns[1]))
		require.NoError(t, err)
		require.NotEmpty(t, files, row)
		for _, file := range files {
			found[file] = true
		}
	}
	require.NoError(t, filepath.WalkDir(folder, func(file string, entry fs.DirEntry, err error) error {
		if err == nil && entry.Type().IsRegular() && strings.HasSuffix(file, ".conf") {
			found[file] = true
		}
		return err
	}))
	var names []string
	for file := range found {
		name, err := filepath.Rel(folder, file)
		require.NoError(t, err)
		names = append(names, name)
	}
	slices.Sort(names)
	return names
}

// foreignTemplate are words of template languages other than the official
// image's: {{port}}, #{PORT}, {port}.
var foreignTemplate = regexp.MustCompile(`\{\{|[^$\w]\{[A-Za-z_]+\}`)

// readReal holds what is true of every text that nginx reads: offsets that
// slice back, nginx's own verdict, times that can be replaced.
func readReal(t *testing.T, o oracle, data []byte) {
	t.Helper()
	env := map[string]string{}
	_, missing := conf.Expand(data, nil)
	for _, name := range missing {
		env[name] = "value"
		if regexp.MustCompile(`(?m)^\s*\$\{` + name + `\}\s*$`).Match(data) { // whole lines
			env[name] = ""
		}
	}
	data, missing = conf.Expand(data, env)
	require.Empty(t, missing)
	read, err := conf.Parse("/etc/nginx/nginx.conf", data)
	if err != nil {
		said, _ := o.verdict(t, string(data))
		require.NotEmpty(t, said, "%v, which nginx accepts", err)
		require.Regexp(t, foreignTemplate, string(data), "%v", err)
		t.Logf("a template of another language: %v; nginx: %s", err, said)
		return
	}
	slicesBack(t, data, read)
	require.True(t, bytes.Equal(data, conf.Rewrite(data, nil)))
	var edits []conf.Edit
	tree := &conf.Tree{Directives: read}
	for _, d := range conf.Durations(tree) {
		edits = append(edits, d.Edit(d.Value*2))
	}
	changed, err := conf.Parse("/etc/nginx/nginx.conf", conf.Rewrite(data, edits))
	require.NoError(t, err)
	before, after := conf.Durations(tree), conf.Durations(&conf.Tree{Directives: changed})
	require.Len(t, after, len(before))
	for i := range before {
		require.Equal(t, before[i].Value*2, after[i].Value)
	}
}

// slicesBack demands that every token is the text at its place.
func slicesBack(t *testing.T, data []byte, read []*conf.Directive) {
	t.Helper()
	at := 0
	var walk func([]*conf.Directive)
	walk = func(block []*conf.Directive) {
		for _, d := range block {
			for _, a := range append([]conf.Arg{d.Name}, d.Args...) {
				require.GreaterOrEqual(t, a.Pos.Offset, at)
				at = a.End
				require.Equal(t, string(data[a.Pos.Offset:a.End]), a.Raw)
				before := data[:a.Pos.Offset]
				if len(data) < 1<<16 {
					require.Equal(t, 1+bytes.Count(before, []byte("\n")), a.Pos.Line)
				}
				require.Equal(t, a.Pos.Offset-bytes.LastIndexByte(before, '\n'), a.Pos.Column)
			}
			walk(d.Block)
			require.GreaterOrEqual(t, d.End, at)
			at = d.End
			end := byte(';')
			if d.HasBlock {
				end = '}'
			}
			require.Equal(t, end, data[d.End-1])
		}
	}
	walk(read)
}
