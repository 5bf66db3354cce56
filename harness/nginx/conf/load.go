package conf

import (
	"errors"
	"fmt"
	"io/fs"
	"path"
	"slices"
	"strings"
)

// Source gives files by the absolute paths that nginx uses.
type Source interface {
	// Open reads a file; the error of one that is not there is fs.ErrNotExist.
	Open(path string) ([]byte, error)
	// Glob lists the files that match a pattern, sorted as glob(3) does. That none
	// does is no error: nginx accepts it of a pattern. See [Match].
	Glob(pattern string) ([]string, error)
}

// Load reads the file main, an absolute path, with everything it includes. A
// relative include begins at main's directory, wherever it stands
// (ngx_conf_full_name with conf_prefix). The error is an [*Error]; the tree holds
// what was read before it.
func Load(src Source, main string) (*Tree, error) {
	tree := &Tree{Main: main, Files: map[string]*File{}}
	l := &loader{src: src, prefix: path.Dir(main), tree: tree}
	root := &Directive{}
	err := l.read(main, frame{block: root}, Pos{File: main, Line: 1, Column: 1})
	tree.Directives = root.Block
	return tree, err
}

// loader reads files; without a source it follows no include.
type loader struct {
	src    Source
	prefix string
	tree   *Tree
	// chain are the files being read, outermost first, each with the place of
	// the include that names it.
	chain                []link
	bytes, reads, tokens int
}

type link struct {
	path string
	from Pos
}

// explain names the includes that led to an error. It does so once.
func (l *loader) explain(err error) error {
	var e *Error
	if !errors.As(err, &e) || e.Included != nil {
		return err
	}
	for i := len(l.chain) - 1; i > 0; i-- {
		e.Included = append(e.Included, l.chain[i].from)
	}
	return err
}

// count adds a file to what was read.
func (l *loader) count(size int) error {
	l.bytes += size
	l.reads++
	switch {
	case l.bytes > maxBytes:
		return errors.New("more than 64 MB of configuration")
	case l.reads > maxReads:
		return errors.New("more than 20000 files")
	}
	return nil
}

// include follows an include directive; others it leaves.
func (l *loader) include(d *Directive, in frame) error {
	if !d.Is("include") {
		return nil
	}
	if len(d.Args) != 1 {
		return &Error{Pos: d.Pos(), Msg: `invalid number of arguments in "include" directive`}
	}
	if l.src == nil {
		return nil
	}
	d.Included = true
	name := d.Arg(0)
	if !strings.HasPrefix(name, "/") {
		name = strings.TrimSuffix(l.prefix, "/") + "/" + name
	}
	in.block = d
	in.depth++
	if in.depth > maxDepth {
		return &Error{Pos: d.Pos(), Msg: "blocks and includes nested deeper than 256"}
	}
	if Wild(name) < 0 {
		return l.read(name, in, d.Pos())
	}
	names, err := l.src.Glob(name)
	if err != nil {
		return &Error{Pos: d.Pos(), Msg: fmt.Sprintf(`glob() "%s" failed (%v)`, name, err), Path: name, Err: err}
	}
	for _, name := range names {
		if err := l.read(name, in, d.Pos()); err != nil {
			return err
		}
	}
	return nil
}

// read reads a file into a block; from is the include that names it.
func (l *loader) read(name string, in frame, from Pos) error {
	same := func(k link) bool { return path.Clean(k.path) == path.Clean(name) }
	if i := slices.IndexFunc(l.chain, same); i >= 0 {
		return &Error{Pos: from, Msg: "include loop: " + l.way(i) + name}
	}
	file, known := l.tree.Files[name]
	if !known {
		data, err := l.src.Open(name)
		if err != nil {
			return &Error{Pos: from, Msg: fmt.Sprintf(`open() "%s" failed (%s)`, name, reason(err)), Path: name, Err: err}
		}
		file = &File{Path: name, Data: data}
		l.tree.Files[name] = file
	}
	if err := l.count(len(file.Data)); err != nil {
		return &Error{Pos: from, Msg: err.Error()}
	}
	l.chain = append(l.chain, link{path: name, from: from})
	err := l.parse(name, string(file.Data), in)
	l.chain = l.chain[:len(l.chain)-1]
	return err
}

// way writes the files of a loop.
func (l *loader) way(from int) string {
	var b strings.Builder
	for _, k := range l.chain[from:] {
		b.WriteString(k.path + " -> ")
	}
	return b.String()
}

// reason writes an error of a file as nginx does where it is known.
func reason(err error) string {
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return "2: No such file or directory"
	case errors.Is(err, fs.ErrPermission):
		return "13: Permission denied"
	}
	return err.Error()
}
