package config

import (
	"errors"
	"fmt"
	"io/fs"
	"path"
	"slices"
	"strings"

	"badgateway/harness/check/result"
	"badgateway/harness/nginx/conf"
)

// source gives nginx's files by their paths in the pod: those of the owner's
// tree or dump, and standard ones.
type source struct {
	main   string            // the main file's path in the pod
	tree   *tree             // nil for a dump
	empty  bool              // Options.EmptyIncludes
	vacant map[string]bool   // files that are empty because of it, or stand in by their name
	tls    []string          // of these and of standard ones, those of TLS settings
	files  map[string][]byte // by clean path, as nginx reads them
	raw    map[string]rawFile
	// origins are the owner's files, by path in the pod.
	origins  map[string]origin
	globs    map[string][]string
	supplied []result.Supplied
	values   *values
	// elsewhere are definitions of the tree outside of a fragment; nil: not
	// looked for.
	elsewhere map[definition]found
}

// rawFile is a file as the owner has it.
type rawFile struct {
	file string
	data []byte
}

func newSource(env map[string]string) *source {
	return &source{files: map[string][]byte{}, raw: map[string]rawFile{}, origins: map[string]origin{}, globs: map[string][]string{}, vacant: map[string]bool{},
		values: &values{env: env, defined: map[string]bool{}, made: map[string]string{}, includes: map[string]bool{}}}
}

// origin is where the owner has a file.
type origin struct {
	file string
	// lines gives the line there of each line in the pod; nil: the same.
	lines func(line int) int
	// made are the names of the values made up, by the owner's line.
	made map[int][]string
}

// add puts a file.
func (s *source) add(name string, data []byte, file string) {
	s.raw[name] = rawFile{file, data}
	filled, o := s.values.fill(data, file)
	s.files[name], s.origins[name] = filled, o
}

// move gives a file another path in the pod.
func (s *source) move(from, to string) {
	s.files[to], s.origins[to] = s.files[from], s.origins[from]
	s.raw[to] = s.raw[from]
	delete(s.raw, from)
	delete(s.files, from)
	delete(s.origins, from)
}

// refill takes back values that were made up for what turned out to be nginx's
// own variables, defined in a file read later. It tells whether there were any.
func (s *source) refill() bool {
	wrong := false
	for name := range s.values.made {
		if s.values.defined[strings.ToLower(name)] {
			wrong = true
			delete(s.values.made, name)
			s.values.supplied = slices.DeleteFunc(s.values.supplied, func(o result.Supplied) bool { return o.Name == name })
		}
	}
	if wrong {
		for name, r := range s.raw {
			s.add(name, r.data, r.file)
		}
	}
	return wrong
}

// place is the owner's place of a line in the pod.
func (s *source) place(file string, line int) result.Place {
	o, ok := s.origins[clean(file)]
	if !ok {
		return result.Place{File: file, Line: line}
	}
	if o.lines != nil {
		line = o.lines(line)
	}
	return result.Place{File: o.file, Line: line}
}

// Open implements conf.Source.
func (s *source) Open(name string) ([]byte, error) {
	name = clean(name)
	if data, ok := s.files[name]; ok {
		return data, nil
	}
	data, err := s.own(name)
	var outside *errOutside
	if errors.Is(err, fs.ErrNotExist) || errors.As(err, &outside) {
		at := name
		if outside != nil {
			at = outside.target
		}
		kind := result.SuppliedInclude
		text, note, ok := standard(at)
		if ok && outside == nil && tlsWords.MatchString(inWords(path.Base(name))) {
			s.tls = append(s.tls, name)
		}
		if s.values.includes[path.Base(name)] {
			text, note, ok = "", "empty: its name is made up", true
		}
		if !ok && outside == nil {
			kind = result.SuppliedAbsent
			text, note, ok = s.standIn(name)
		}
		if ok {
			s.files[name] = []byte(text)
			s.supplied = append(s.supplied, result.Supplied{Kind: kind, Name: name, Note: note})
			return s.files[name], nil
		}
	}
	return data, err
}

// own reads a file of the owner's tree.
func (s *source) own(name string) ([]byte, error) {
	if s.tree == nil || s.tree.root == nil {
		return nil, fs.ErrNotExist
	}
	real, c, err := s.tree.find(name)
	if err != nil {
		return nil, err
	}
	data, err := s.tree.read(real)
	if err != nil {
		return nil, err
	}
	s.add(name, data, s.tree.show(c.rel))
	if !c.exact {
		s.supplied = append(s.supplied, result.Supplied{Kind: result.SuppliedInclude, Name: name, Note: "your " + s.tree.show(c.rel)})
	}
	return s.files[name], nil
}

// Glob implements conf.Source.
func (s *source) Glob(pattern string) ([]string, error) {
	if s.tree == nil {
		return conf.Files(s.files).Glob(pattern)
	}
	names, known := s.globs[pattern]
	if known || s.tree.root == nil {
		return names, nil
	}
	names, from, exact := s.tree.glob(pattern)
	s.globs[pattern] = names
	if !exact {
		s.supplied = append(s.supplied, result.Supplied{Kind: result.SuppliedInclude, Name: pattern,
			Note: fmt.Sprintf("%d of your files in %s", len(names), from)})
	}
	return names, nil
}

// takeSupplied gives what was supplied since the last call.
func (s *source) takeSupplied() []result.Supplied {
	out := s.supplied
	s.supplied = nil
	return append(out, s.values.take()...)
}

// foreignTemplate names the language of a template that is not the official
// image's, or "".
func foreignTemplate(data []byte) string {
	text := string(data)
	switch {
	case strings.HasPrefix(text, "!{"):
		return "Zimbra or the like (!{ })"
	case strings.Contains(text, "<%"):
		return "ERB or the like (<% %>)"
	case strings.Contains(text, "{%"):
		return "Jinja or the like ({% %})"
	case strings.Contains(text, "{{"):
		return "Go, Helm, Jinja, Mustache or the like ({{ }})"
	}
	return ""
}
