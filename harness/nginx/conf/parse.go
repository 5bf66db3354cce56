package conf

import (
	"fmt"
	"strings"
)

// Bounds that a real configuration stays far below.
const (
	maxBytes  = 64 << 20 // read in all
	maxTokens = 2 << 20  // kept in all
	maxReads  = 20_000   // files read, each time counted
	maxDepth  = 256      // blocks and includes within each other
)

// dataBlocks are the blocks whose lines are read by a handler of their own
// (cf->handler): their lines are data and hold no blocks. The value tells
// whether the handler follows include.
var dataBlocks = map[string]bool{
	"map":           true,  // ngx_http_map_module.c, ngx_stream_map_module.c
	"geo":           true,  // ngx_http_geo_module.c, ngx_stream_geo_module.c
	"types":         true,  // ngx_http_core_module.c
	"split_clients": false, // ngx_http_split_clients_module.c
	"charset_map":   false, // ngx_http_charset_filter_module.c
}

const byteOrderMark = "\xEF\xBB\xBF"

// Parse reads one text; an include stays a directive. The error is an [*Error];
// the directives before it are given with it.
func Parse(path string, data []byte) ([]*Directive, error) {
	l := &loader{}
	if err := l.count(len(data)); err != nil {
		return nil, &Error{Pos: Pos{File: path, Line: 1, Column: 1}, Msg: err.Error()}
	}
	root := &Directive{}
	err := l.parse(path, string(data), frame{block: root})
	return root.Block, err
}

// frame is a block being read.
type frame struct {
	block *Directive
	// entries says that the lines are data, follow that includes are followed there.
	entries, follow bool
	depth           int
}

func (f frame) inside(d *Directive) frame {
	follow, entries := dataBlocks[d.Name.Text]
	return frame{block: d, entries: entries, follow: follow, depth: f.depth + 1}
}

// parse reads a file into the block of root.
func (l *loader) parse(path, text string, root frame) error {
	s := newScanner(path, text, &l.tokens)
	stack := []frame{root}
	for {
		end, err := s.next()
		if err != nil {
			return l.explain(err)
		}
		top := &stack[len(stack)-1]
		switch end {
		case endFile:
			if len(stack) > 1 {
				open := top.block
				return l.explain(s.failAt(s.pos, open.Pos(), fmt.Sprintf("the block of %q that opens here is not closed, or one inside it", shown(open.Name.Text)),
					`unexpected end of file, expecting "}"`))
			}
			return nil
		case endBlock:
			if len(stack) == 1 {
				return l.explain(s.extraBrace(*top))
			}
			top.block.End = s.pos
			stack = stack[:len(stack)-1]
			continue
		}
		d, err := directive(s, *top, end)
		if err != nil {
			return l.explain(err)
		}
		top.block.Block = append(top.block.Block, d)
		switch {
		case end == endStatement:
			err = l.include(d, *top)
		case strings.HasSuffix(d.Name.Text, "_by_lua_block"):
			err = s.lua(d)
		default:
			stack = append(stack, top.inside(d))
		}
		if err != nil {
			return l.explain(err)
		}
	}
}

// extraBrace is a brace that closes nothing.
func (s *scanner) extraBrace(in frame) error {
	before := in.block.Block
	if len(before) == 0 || !before[len(before)-1].HasBlock {
		return s.fail(s.pos-1, `unexpected "}"`)
	}
	last := before[len(before)-1]
	return s.failAt(s.pos-1, last.Pos(), fmt.Sprintf("the block of %q that opens here is closed before that: is a brace too many inside it?", shown(last.Name.Text)),
		`unexpected "}"`)
}

// directive makes one of the tokens read last.
func directive(s *scanner, in frame, end ending) (*Directive, error) {
	name := s.args[0]
	switch {
	case end == endBlockStart && in.entries:
		return nil, s.fail(s.pos-1, `unexpected "{"`)
	case end == endBlockStart && in.depth >= maxDepth:
		return nil, &Error{Pos: name.Pos, Msg: "blocks and includes nested deeper than 256"}
	case name.Pos.Offset == 0 && !in.entries && strings.HasPrefix(name.Raw, byteOrderMark):
		return nil, &Error{Pos: name.Pos, Msg: `unknown directive "` + name.Text + `" (the file begins with a UTF-8 byte order mark, which nginx takes for text: remove it)`}
	}
	d := &Directive{Name: name, HasBlock: end == endBlockStart, End: s.pos}
	d.Entry = in.entries && !(in.follow && name.Text == "include")
	if len(s.args) > 1 {
		d.Args = append(make([]Arg, 0, len(s.args)-1), s.args[1:]...)
	}
	if d.HasBlock && d.Is("include") {
		return nil, s.fail(s.pos-1, `directive "include" is not terminated by ";"`)
	}
	return d, nil
}
