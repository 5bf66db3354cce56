package harness_test

import (
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"maps"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

const module = "badgateway"

// layer is a package with what it may import of the module.
type layer struct {
	name string
	may  []string
	// tests may import these as well.
	tests []string
	// common says that every package below may import it.
	common bool
}

// layers are all packages of the module, lowest first; each may only import
// those above it in this list. A new package needs a row.
var layers = []layer{
	{name: "harness/lazyregexp", common: true},
	{name: "harness/ordinary"},
	{name: "harness/growth"},
	{name: "backends"},
	{name: "fixtures"},
	{name: "harness/nginx", tests: []string{"fixtures"}},
	{name: "harness/nginx/conf", tests: []string{"harness/growth"}},
	{name: "harness/builds", may: []string{"harness/nginx"}, tests: []string{"harness/ordinary"}},
	{name: "harness/pod", may: []string{"backends", "harness/nginx"}},
	{name: "harness/pod/lab", may: []string{"backends", "harness/nginx", "harness/pod"}},
	{name: "harness/pod/native", may: []string{"harness/nginx", "harness/pod", "harness/pod/lab"}, tests: []string{"backends"}},
	{name: "harness/pod/docker/inside", may: []string{"harness/pod", "harness/pod/lab"}},
	{name: "harness/pod/program", may: []string{"harness/pod/docker/inside", "harness/pod/native"}},
	{name: "harness/pod/docker", may: []string{"harness/builds", "harness/nginx", "harness/pod", "harness/pod/docker/inside"}, tests: []string{"backends", "harness/pod/lab"}},
	// drivers alone names the drivers.
	{name: "harness/pod/drivers", may: []string{"harness/nginx", "harness/pod", "harness/pod/native", "harness/pod/docker"},
		tests: []string{"backends", "harness/builds"}},
	{name: "harness", may: []string{"backends", "harness/nginx", "harness/pod"}, tests: []string{"harness/gatewaytest"}},
	{name: "scenarios", may: []string{"backends", "fixtures", "harness", "harness/nginx", "harness/pod"},
		tests: []string{"harness/builds", "harness/gatewaytest", "harness/pod/drivers", "harness/report"}},
	{name: "harness/gatewaytest", may: []string{"backends", "harness", "harness/builds", "harness/nginx", "harness/pod", "harness/pod/drivers"},
		tests: []string{"scenarios"}},
	{name: "harness/check/result", may: []string{"harness/pod"}},
	{name: "harness/check/config", may: []string{"harness/check/result", "harness/nginx", "harness/nginx/conf", "harness/pod"}, tests: []string{"harness/growth"}},
	{name: "harness/check/upstream", may: []string{"harness/nginx/conf"}},
	{name: "harness/check/sandbox", may: []string{"backends", "harness/check/config", "harness/check/result", "harness/check/upstream", "harness/nginx", "harness/nginx/conf", "harness/pod"},
		tests: []string{"harness/builds", "harness/ordinary", "harness/pod/drivers"}},
	{name: "harness/check/compare", may: []string{"harness", "harness/check/result", "harness/nginx"}, tests: []string{"harness/pod"}},
	{name: "harness/check/finding", may: []string{"harness", "harness/check/result", "harness/nginx/conf", "harness/pod"}, tests: []string{"scenarios"}},
	{name: "harness/check/route/pattern"},
	{name: "harness/check/route/program", may: []string{"harness/check/route/pattern", "harness/check/upstream", "harness/nginx/conf"},
		tests: []string{"harness/builds", "harness/nginx", "harness/pod", "harness/pod/drivers"}},
	{name: "harness/check/route/draft", may: []string{"backends", "harness/check/route/program", "harness/pod"}},
	{name: "harness/check/route/walk", may: []string{"harness/check/route/draft", "harness/check/route/pattern", "harness/check/route/program", "harness/nginx/conf"}},
	{name: "harness/check/route/plan", may: []string{"harness/check/result", "harness/check/route/draft", "harness/check/route/pattern", "harness/check/route/program", "harness/check/route/walk",
		"harness/check/upstream", "harness/nginx/conf", "harness/pod"}},
	{name: "harness/check/route", may: []string{"harness/check/config", "harness/check/result", "harness/check/route/draft", "harness/check/route/plan", "harness/check/route/program", "harness/check/route/walk",
		"harness/check/sandbox", "harness/check/upstream", "harness/nginx", "harness/nginx/conf", "harness/pod"},
		tests: []string{"backends", "harness/builds", "harness/growth", "harness/pod/drivers"}},
	{name: "harness/check/matrix", may: []string{"backends", "harness/check/config", "harness/check/result", "harness/check/sandbox", "harness/check/upstream", "harness/nginx", "harness/nginx/conf", "harness/pod"},
		tests: []string{"harness/builds", "harness/check/route", "harness/pod/drivers"}},
	{name: "harness/check", may: []string{"harness", "harness/check/compare", "harness/check/config", "harness/check/finding", "harness/check/matrix", "harness/check/result", "harness/check/route", "harness/check/route/plan",
		"harness/check/sandbox", "harness/check/upstream", "harness/nginx", "harness/nginx/conf", "harness/pod"},
		tests: []string{"harness/builds", "harness/pod/drivers", "scenarios"}},
	{name: "harness/report/browser", may: []string{"harness"}},
	{name: "harness/report", may: []string{"harness", "harness/nginx", "harness/pod"}, tests: []string{"harness/report/browser", "scenarios"}},
	{name: "harness/report/checks", may: []string{"harness", "harness/check/result", "harness/pod", "harness/report"}, tests: []string{"harness/report/browser"}},
	{name: "cmd/badgateway", may: []string{"backends", "harness", "harness/builds", "harness/check", "harness/check/compare", "harness/check/config", "harness/check/finding",
		"harness/check/result", "harness/nginx", "harness/pod", "harness/pod/drivers", "harness/report", "harness/report/checks", "scenarios"},
		tests: []string{"harness/ordinary"}},
}

// forbidden are packages for tests alone, with all below them.
var forbidden = []string{"testing", "github.com/stretchr/testify"}

// The greatest sizes of a file and a function, in lines.
const (
	maxFile     = 400
	maxFunction = 60
)

// exceptions are larger ones with their reasons: "backends/big.go" for a file,
// "backends/big.go:function" for a function.
var exceptions = map[string]string{}

// source is one Go file of the module.
type source struct {
	path    string // slash-separated, from the module's root
	test    bool
	lines   int
	imports []string
	// functions are the lengths in lines of its functions; of methods of one
	// name the longest.
	functions map[string]int
}

func (s source) dir() string { return path.Dir(s.path) }

// own are the imports of the module's packages, without its name.
func (s source) own() []string {
	var names []string
	for _, i := range s.imports {
		if name, ok := strings.CutPrefix(i, module+"/"); ok {
			names = append(names, name)
		}
	}
	return names
}

// sources reads every Go file below the module's root.
func sources(t *testing.T) []source {
	t.Helper()
	root, err := filepath.Abs("..")
	require.NoError(t, err)
	require.FileExists(t, filepath.Join(root, "go.mod"))
	var all []source
	require.NoError(t, filepath.WalkDir(root, func(file string, entry fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		hidden := strings.HasPrefix(entry.Name(), ".") && file != root
		if entry.IsDir() && (hidden || entry.Name() == "testdata") {
			return fs.SkipDir
		}
		if entry.IsDir() || filepath.Ext(file) != ".go" {
			return nil
		}
		name, err := filepath.Rel(root, file)
		if err != nil {
			return err
		}
		s, err := read(file)
		s.path = filepath.ToSlash(name)
		all = append(all, s)
		return err
	}))
	require.NotEmpty(t, all)
	return all
}

func read(file string) (source, error) {
	s := source{test: strings.HasSuffix(file, "_test.go"), functions: map[string]int{}}
	text, err := os.ReadFile(file)
	if err != nil {
		return s, err
	}
	s.lines = strings.Count(string(text), "\n")
	set := token.NewFileSet()
	parsed, err := parser.ParseFile(set, file, text, parser.SkipObjectResolution)
	if err != nil {
		return s, err
	}
	for _, i := range parsed.Imports {
		name, err := strconv.Unquote(i.Path.Value)
		if err != nil {
			return s, err
		}
		s.imports = append(s.imports, name)
	}
	for _, d := range parsed.Decls {
		if f, ok := d.(*ast.FuncDecl); ok {
			s.functions[f.Name.Name] = max(s.functions[f.Name.Name], set.Position(f.End()).Line-set.Position(f.Pos()).Line+1)
		}
	}
	return s, nil
}

// violations of the policy in files.
func violations(files []source) []string {
	table := map[string]layer{}
	for _, l := range layers {
		table[l.name] = l
	}
	var found []string
	for _, f := range files {
		l, known := table[f.dir()]
		if !known {
			found = append(found, f.path+": package "+f.dir()+" has no row in layers")
			continue
		}
		may := slices.Concat([]string{l.name}, l.may)
		if f.test {
			may = slices.Concat(may, l.tests)
		}
		for _, name := range f.own() {
			if !slices.Contains(may, name) && !table[name].common {
				found = append(found, f.path+": "+l.name+" may not import "+name)
			}
		}
		for _, name := range f.imports {
			if !f.test && slices.ContainsFunc(forbidden, func(p string) bool { return name == p || strings.HasPrefix(name, p+"/") }) {
				found = append(found, f.path+": only a test may import "+name)
			}
		}
	}
	return found
}

// oversized are the files and functions beyond the greatest sizes, with their sizes.
func oversized(files []source) map[string]int {
	found := map[string]int{}
	for _, f := range files {
		if f.lines > maxFile {
			found[f.path] = f.lines
		}
		for name, lines := range f.functions {
			if lines > maxFunction {
				found[f.path+":"+name] = lines
			}
		}
	}
	return found
}

func TestLayering(t *testing.T) {
	files := sources(t)
	require.Empty(t, violations(files))
	for _, l := range layers {
		in := func(f source) bool { return f.dir() == l.name }
		require.True(t, slices.ContainsFunc(files, in), "layers names %s, which is gone", l.name)
	}
}

// TestLayersAreOrdered demands that the table itself has no cycle: nobody may
// import what stands below.
func TestLayersAreOrdered(t *testing.T) {
	above := map[string]bool{}
	for _, l := range layers {
		require.False(t, l.common && len(l.may) > 0, "%s is imported by all and may import nobody", l.name)
		for _, name := range l.may {
			require.True(t, above[name], "%s may import %s, which does not stand above it", l.name, name)
		}
		above[l.name] = true
	}
	require.Len(t, above, len(layers))
}

func TestSizes(t *testing.T) {
	found := oversized(sources(t))
	for name, reason := range exceptions {
		require.NotEmpty(t, reason, name)
		require.Contains(t, found, name, "no longer needs its exception")
	}
	maps.DeleteFunc(found, func(name string, _ int) bool { return exceptions[name] != "" })
	require.Empty(t, found, "more than %d lines in a file or %d in a function: split it, or give an exception with its reason", maxFile, maxFunction)
}

// TestPolicyBites holds the checks against files that break each rule.
func TestPolicyBites(t *testing.T) {
	for want, f := range map[string]source{
		"harness/stray/a.go: package harness/stray has no row in layers":     {path: "harness/stray/a.go"},
		"a.go: package . has no row in layers":                               {path: "a.go"},
		"backends/a.go: backends may not import harness":                     {path: "backends/a.go", imports: []string{"badgateway/harness"}},
		"scenarios/a.go: scenarios may not import harness/pod/native":        {path: "scenarios/a.go", imports: []string{"badgateway/harness/pod/native"}},
		"scenarios/a.go: scenarios may not import harness/gatewaytest":       {path: "scenarios/a.go", imports: []string{"badgateway/harness/gatewaytest"}},
		"harness/a.go: only a test may import testing/synctest":              {path: "harness/a.go", imports: []string{"testing/synctest"}},
		"harness/a.go: only a test may import github.com/stretchr/testify/x": {path: "harness/a.go", imports: []string{"github.com/stretchr/testify/x"}},
	} {
		require.Equal(t, []string{want}, violations([]source{f}))
	}
	allowed := source{path: "scenarios/a_test.go", test: true, imports: []string{"testing", "badgateway/harness/gatewaytest"}}
	require.Empty(t, violations([]source{allowed}))
	require.Equal(t, map[string]int{"x/long.go": maxFile + 1, "x/long.go:f": maxFunction + 1},
		oversized([]source{{path: "x/long.go", lines: maxFile + 1, functions: map[string]int{"f": maxFunction + 1, "g": maxFunction}}}))
}
