package config

import (
	"io/fs"
	"os"
	"path"
	"strings"

	"badgateway/harness/nginx/conf"
)

// glob lists the files of the tree that a pattern of the pod matches, spelled
// as glob(3) does; of the directories that stand for its own, those of the
// first that has any. from is that directory as the owner writes it.
func (t *tree) glob(pattern string) (names []string, from string, exact bool) {
	wild := conf.Wild(pattern)
	head := pattern[:strings.LastIndexByte(pattern[:wild], '/')+1]
	parts := strings.FieldsFunc(pattern[len(head):], func(r rune) bool { return r == '/' })
	for _, c := range t.candidates(clean(head + "*")) {
		dir := path.Dir(c.rel)
		for _, from := range append([]string{dir}, templatesOf(dir)...) {
			for _, rel := range t.expand(from, parts) {
				name := head + withoutTemplate(rel)
				if _, known := t.found[clean(name)]; !known || withoutTemplate(rel) == rel {
					t.found[clean(name)] = path.Join(from, rel)
					names = append(names, name)
				}
			}
		}
		if len(names) > 0 {
			return sortedUnique(names), t.show(dir), c.exact
		}
	}
	return nil, "", true
}

// templatesOf is where the official image has the templates of conf.d, or of a
// directory in it.
func templatesOf(dir string) []string {
	if name, ok := inTemplates(dir); ok {
		return []string{name}
	}
	return nil
}

// inTemplates is a path of conf.d in the directory of its templates
// (docker-entrypoint.d/20-envsubst-on-templates.sh, which keeps what is below).
func inTemplates(name string) (string, bool) {
	parts := strings.Split(name, "/")
	for i := len(parts) - 1; i >= 0; i-- {
		if parts[i] == "conf.d" {
			parts[i] = "templates"
			return strings.Join(parts, "/"), true
		}
	}
	return "", false
}

// expand lists what is below a directory of the tree and matches, a template by
// the name of what is made of it.
func (t *tree) expand(dir string, parts []string) []string {
	var out []string
	if len(parts) == 0 {
		return nil
	}
	for _, e := range t.list(dir) {
		name := e.Name()
		if !conf.Match(parts[0], withoutTemplate(name)) {
			continue
		}
		if len(parts) == 1 {
			out = append(out, name)
			continue
		}
		for _, rest := range t.expand(path.Join(dir, name), parts[1:]) {
			out = append(out, name+"/"+rest)
		}
	}
	return out
}

// list gives the entries of a directory of the tree; none when it is no such.
func (t *tree) list(dir string) []fs.DirEntry {
	real, err := t.real(dir, new(int))
	if err != nil {
		return nil
	}
	f, err := openQuietly(func(flag int) (*os.File, error) { return t.root.OpenFile(real, flag, 0) })
	if err != nil {
		return nil
	}
	defer f.Close()
	entries, _ := f.ReadDir(-1)
	return entries
}
