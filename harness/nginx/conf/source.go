package conf

import (
	"fmt"
	"io/fs"
	"maps"
	"path"
	"slices"
	"strings"
)

// Files is a [Source] in memory: text by absolute path.
type Files map[string][]byte

// Open gives the text of a file.
func (f Files) Open(name string) ([]byte, error) {
	data, ok := f[path.Clean(name)]
	if !ok {
		return nil, fmt.Errorf("open %s: %w", name, fs.ErrNotExist)
	}
	return data, nil
}

// Glob lists the files that match.
func (f Files) Glob(pattern string) ([]string, error) {
	var found []string
	for _, name := range slices.Sorted(maps.Keys(f)) {
		if Match(pattern, name) {
			found = append(found, name)
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
