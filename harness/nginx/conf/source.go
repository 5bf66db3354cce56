package conf

import (
	"fmt"
	"io/fs"
	"maps"
	"path"
	"slices"
	"strings"
)

// Files is a [Source] in memory: text by clean absolute path.
type Files map[string][]byte

// FilesOf makes a source of files, such as those of a dump.
func FilesOf(list []File) Files {
	files := Files{}
	for _, f := range list {
		files[path.Clean(f.Path)] = f.Data
	}
	return files
}

// Open gives the text of a file.
func (f Files) Open(name string) ([]byte, error) {
	data, ok := f[path.Clean(name)]
	if !ok {
		return nil, fmt.Errorf("open %s: %w", name, fs.ErrNotExist)
	}
	return data, nil
}

// Wild is where the first wildcard of a pattern is; -1 where it names one file
// (ngx_conf_file.c:ngx_conf_include).
func Wild(pattern string) int { return strings.IndexAny(pattern, "*?[") }

// Glob lists the files that match, spelled as glob(3) does: up to the first part
// with a wildcard as the pattern has it, "/etc/nginx/../a" for "/etc/nginx/../*".
func (f Files) Glob(pattern string) ([]string, error) {
	wild := Wild(pattern)
	if wild < 0 {
		wild = len(pattern)
	}
	head := pattern[:strings.LastIndexByte(pattern[:wild], '/')+1]
	dir := strings.TrimSuffix(path.Clean(head), "/") + "/"
	var found []string
	for _, name := range slices.Sorted(maps.Keys(f)) {
		if inside, ok := strings.CutPrefix(name, dir); ok && Match(pattern[len(head):], inside) {
			found = append(found, head+inside)
		}
	}
	return found, nil
}

// Match tells whether a path matches a pattern of glob(3) as nginx calls it
// (ngx_open_glob, no flags, the C locale): "*", "?" and "[...]" match no "/" and
// no leading ".", a backslash quotes, "[" without its end is itself. Character
// classes ("[[:alpha:]]") are not known.
func Match(pattern, name string) bool {
	patterns, names := parts(pattern), parts(name)
	if len(patterns) != len(names) {
		return false
	}
	for i, p := range patterns {
		if strings.HasPrefix(names[i], ".") && !strings.HasPrefix(p, ".") {
			return false
		}
		ok, err := path.Match(strings.ReplaceAll(p, "[!", "[^"), names[i])
		if err != nil {
			ok = p == names[i]
		}
		if !ok {
			return false
		}
	}
	return true
}

// parts of a path; "a//b" has two.
func parts(name string) []string {
	return strings.FieldsFunc(name, func(r rune) bool { return r == '/' })
}
