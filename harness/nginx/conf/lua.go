package conf

import (
	"fmt"
	"strings"
)

// lua reads the block of a *_by_lua_block directive up to its closing brace, as
// the lexer of lua-nginx-module does (ngx_http_lua_lex, util/gen-lexer-c):
// braces count unless they stand in a quoted string of one line, a long bracket
// or a comment.
func (s *scanner) lua(d *Directive) error {
	start := s.pos
	depth := 1
	// unclosed is up to where a quote of each kind is known to find no partner: a
	// quote passed over behind a backslash would read on as the one before did.
	var unclosed [2]int
	for i := s.pos; i < len(s.text); {
		next := i + 1
		switch ch := s.text[i]; ch {
		case '{':
			depth++
		case '}':
			depth--
		case '"', '\'':
			known := &unclosed[0]
			if ch == '\'' {
				known = &unclosed[1]
			}
			if i < *known {
				break
			}
			end, closed := quoted(s.text, i)
			if closed {
				next = end
			} else {
				*known = end
			}
		case '[', '-':
			end, err := s.luaLong(i)
			if err != nil {
				return err
			}
			next = max(next, end)
		}
		i = next
		if depth == 0 {
			s.advance(i)
			d.Raw, d.End = s.text[start:i-1], i
			return nil
		}
	}
	return &Error{Pos: d.Pos(), Msg: "unexpected end of file, expecting terminating characters for lua code block"}
}

// luaLong gives the end of a comment or a long bracket that begins at i, or i
// when there is none.
func (s *scanner) luaLong(i int) (int, error) {
	open := i
	if s.text[i] == '-' {
		if !strings.HasPrefix(s.text[i:], "--") {
			return i, nil
		}
		open += 2
	}
	if level, ok := longBracket(s.text[open:]); ok {
		closing := "]" + strings.Repeat("=", level) + "]"
		inside := open + level + 2
		at := strings.Index(s.text[inside:], closing)
		if at < 0 {
			s.advance(i)
			return i, &Error{Pos: s.here(i), Msg: fmt.Sprintf(`Lua code block missing the closing long bracket "%s"`, closing)}
		}
		return inside + at + len(closing), nil
	}
	if open == i { // a lone [
		return i, nil
	}
	if end := strings.IndexByte(s.text[i:], '\n'); end >= 0 {
		return i + end, nil
	}
	return len(s.text), nil
}

// longBracket reads "[==[" and gives its level.
func longBracket(text string) (level int, ok bool) {
	if !strings.HasPrefix(text, "[") {
		return 0, false
	}
	rest := strings.TrimLeft(text[1:], "=")
	return len(text) - 1 - len(rest), strings.HasPrefix(rest, "[")
}

// quoted gives the offset behind a string of one line that begins at i; not
// closed, the offset at which that shows.
func quoted(text string, i int) (end int, closed bool) {
	quote := text[i]
	for i++; i < len(text); i++ {
		switch text[i] {
		case '\n':
			return i, false
		case quote:
			return i + 1, true
		case '\\':
			if i++; i < len(text) && text[i] == '\n' {
				return i, false
			}
		}
	}
	return len(text), false
}

// advance moves to an offset, counting lines.
func (s *scanner) advance(to int) {
	passed := s.text[s.pos:to]
	s.line += strings.Count(passed, "\n")
	if i := strings.LastIndexByte(passed, '\n'); i >= 0 {
		s.lineStart = s.pos + i + 1
	}
	s.pos = to
}
