package conf

import (
	"strings"
	"sync/atomic"
)

// Pos is a place in a file.
type Pos struct {
	File   string
	Line   int // from 1
	Column int // in bytes, from 1
	Offset int // in bytes, from 0
}

// Arg is one token.
type Arg struct {
	// Text is the token as nginx sees it, quotes and backslashes resolved.
	Text string
	// Raw is the token as it is written, quotes included.
	Raw string
	Pos Pos
	// End is the offset behind the token.
	End int
	// Quote is '"' or '\'' when the token is quoted, else 0.
	Quote byte
}

// Directive is a directive with its block, or a line of a block of data.
type Directive struct {
	Name Arg
	Args []Arg
	// Block are the directives in braces; of an include that was followed, the
	// directives of the files it read, each with its own Pos.File.
	Block    []*Directive
	HasBlock bool
	// End is the offset behind the ';' or '}'.
	End int
	// Raw is the text between the braces of a block that is not nginx's syntax
	// (content_by_lua_block), else "".
	Raw string
	// Entry says that this is a line of a map, geo, types, split_clients or
	// charset_map block: Name is a key, not the name of a directive.
	Entry bool
	// Included says that this is an include whose files were read into Block.
	Included bool

	named atomic.Pointer[map[string][]*Directive] // of a long block, once it was asked for
}

// Pos is where the directive begins.
func (d *Directive) Pos() Pos { return d.Name.Pos }

// Is tells whether the directive has one of the names. A line of a map or the
// like has none.
func (d *Directive) Is(names ...string) bool {
	if d == nil || d.Entry {
		return false
	}
	for _, name := range names {
		if d.Name.Text == name {
			return true
		}
	}
	return false
}

// Arg is the text of the i-th argument, from 0, or "".
func (d *Directive) Arg(i int) string {
	if d == nil || i < 0 || i >= len(d.Args) {
		return ""
	}
	return d.Args[i].Text
}

// Text is the directive as written, without its block and on one line:
// "proxy_read_timeout 5s;", "location / {".
func (d *Directive) Text() string {
	var b strings.Builder
	b.WriteString(d.Name.Raw)
	for _, a := range d.Args {
		b.WriteByte(' ')
		b.WriteString(a.Raw)
	}
	if d.HasBlock {
		b.WriteString(" {")
	} else {
		b.WriteByte(';')
	}
	return oneLine.Replace(b.String())
}

var oneLine = strings.NewReplacer("\r\n", " ", "\n", " ", "\r", " ")

// File is a file with its text.
type File struct {
	Path string
	Data []byte
}

// Tree is a configuration that was read.
type Tree struct {
	Main  string
	Files map[string]*File // every file read, by path
	// Directives are those of the main file's top level.
	Directives []*Directive
}
