package conf

import (
	"fmt"
	"strings"
)

// maxToken is NGX_CONF_BUFFER: what nginx reads without finding the end of a
// parameter or a comment may not be longer.
const maxToken = 4096

// ending says what a line of tokens ends with.
type ending int

const (
	endStatement ending = iota // ;
	endBlockStart
	endBlock
	endFile
)

// scanner gives the tokens of one text.
type scanner struct {
	path string
	text string
	pos  int // of the byte to read next
	line int
	// lineStart is the offset of the current line's first byte.
	lineStart int
	args      []Arg
	// tokens counts those of all files, up to maxTokens.
	tokens *int
}

func newScanner(path, text string, tokens *int) *scanner {
	return &scanner{path: path, text: text, line: 1, tokens: tokens}
}

// here is the place of the byte at offset, which lies in the current line.
func (s *scanner) here(offset int) Pos {
	return Pos{File: s.path, Line: s.line, Column: offset - s.lineStart + 1, Offset: offset}
}

func (s *scanner) fail(offset int, format string, words ...any) error {
	return &Error{Pos: s.here(offset), Msg: fmt.Sprintf(format, words...)}
}

// failAt is [scanner.fail] with what may be the matter elsewhere.
func (s *scanner) failAt(offset int, at Pos, hint, format string, words ...any) error {
	return &Error{Pos: s.here(offset), Msg: fmt.Sprintf(format, words...), Hint: hint, HintPos: at}
}

// unended is the hint for a directive that goes on where it should not.
func (s *scanner) unended() string {
	return fmt.Sprintf(`is a ";" missing where %q ends?`, shown(s.args[0].Text))
}

// shown is a word that is short enough for a message.
func shown(text string) string {
	if len(text) > 40 {
		return text[:40] + "..."
	}
	return text
}

// token is the state of ngx_conf_read_token between two bytes.
type token struct {
	start     int // of the text nginx keeps: behind an opening quote
	begin     Pos // of the token, opening quote included
	quote     byte
	escaped   bool // a backslash stands before
	variable  bool // a $ stands before: { is part of ${name}
	comment   bool
	between   bool // last_space: no token has begun
	needSpace bool // a quoted token has ended
}

// next reads the tokens up to the end of a directive or a block into s.args. It
// is ngx_conf_read_token, byte for byte.
func (s *scanner) next() (ending, error) {
	s.args = s.args[:0]
	t := token{start: s.pos, begin: s.here(s.pos), between: true}
	for {
		if s.pos >= len(s.text) {
			return endFile, s.atEnd(t)
		}
		if s.pos-t.start >= maxToken {
			return endFile, s.tooLong(t)
		}
		ch := s.text[s.pos]
		s.pos++
		if ch == '\n' {
			s.line++
			s.lineStart = s.pos
			t.comment = false
		}
		if t.comment || t.escaped {
			t.escaped = false
			continue
		}
		if t.needSpace {
			switch {
			case isSpace(ch):
				t.between, t.needSpace = true, false
				continue
			case ch == ';':
				return endStatement, nil
			case ch == '{':
				return endBlockStart, nil
			case ch == ')':
				t.between, t.needSpace = true, false
			default:
				return endFile, s.failAt(s.pos-1, t.begin, fmt.Sprintf("the %c that opens here closes before it: is one missing above?", t.quote),
					`unexpected "%s"`, string([]byte{ch}))
			}
		}
		if t.between {
			if end, done, err := s.begin(&t, ch); done || err != nil {
				return end, err
			}
			continue
		}
		if !s.inside(&t, ch) {
			continue
		}
		if err := s.push(t); err != nil {
			return endFile, err
		}
		if ch == ';' && !t.needSpace {
			return endStatement, nil
		}
		if ch == '{' && !t.needSpace {
			return endBlockStart, nil
		}
	}
}

// atEnd is what is wrong where the text ends.
func (s *scanner) atEnd(t token) error {
	const msg = `unexpected end of file, expecting ";" or "}"`
	switch {
	case !t.between && !t.needSpace && t.quote != 0:
		return s.failAt(s.pos, t.begin, fmt.Sprintf("the %c that opens here is not closed", t.quote), msg)
	case len(s.args) > 0:
		return s.failAt(s.pos, s.args[0].Pos, s.unended(), msg)
	case !t.between:
		return s.fail(s.pos, msg)
	}
	return nil
}

// begin handles a byte between tokens.
func (s *scanner) begin(t *token, ch byte) (end ending, done bool, err error) {
	t.start = s.pos - 1
	if ch == '\n' { // it belongs to the line before, which no token asks for
		return 0, false, nil
	}
	t.begin = s.here(t.start)
	if isSpace(ch) {
		return 0, false, nil
	}
	t.quote = 0
	switch ch {
	case ';', '{':
		if len(s.args) == 0 {
			return endFile, true, s.fail(t.start, `unexpected "%c"`, ch)
		}
		if ch == '{' {
			return endBlockStart, true, nil
		}
		return endStatement, true, nil
	case '}':
		if len(s.args) != 0 {
			return endFile, true, s.failAt(t.start, s.args[0].Pos, s.unended(), `unexpected "}"`)
		}
		return endBlock, true, nil
	case '#':
		t.comment = true
		return 0, false, nil
	case '\\':
		t.escaped = true
	case '"', '\'':
		t.start++
		t.quote = ch
	case '$':
		t.variable = true
	}
	t.between = false
	return 0, false, nil
}

// inside handles a byte of a token and tells whether the token ends with it.
func (s *scanner) inside(t *token, ch byte) bool {
	if ch == '{' && t.variable {
		return false
	}
	t.variable = false
	switch {
	case ch == '\\':
		t.escaped = true
		return false
	case ch == '$':
		t.variable = true
		return false
	case t.quote != 0:
		t.needSpace = ch == t.quote
		return t.needSpace
	}
	t.between = isSpace(ch) || ch == ';' || ch == '{'
	return t.between
}

// push adds a token, which ends before the byte read last, or with it where that
// is a quote.
func (s *scanner) push(t token) error {
	if *s.tokens++; *s.tokens > maxTokens {
		return &Error{Pos: t.begin, Msg: "more than 2097152 names and arguments"}
	}
	end := s.pos - 1
	if t.quote != 0 {
		end++
	}
	s.args = append(s.args, Arg{
		Text:  unescape(s.text[t.start : s.pos-1]),
		Raw:   s.text[t.begin.Offset:end],
		Pos:   t.begin,
		End:   end,
		Quote: t.quote,
	})
	return nil
}

func (s *scanner) tooLong(t token) error {
	msg := fmt.Sprintf(`too long parameter "%s..." started`, s.text[t.start:t.start+10])
	if t.quote != 0 && !t.needSpace && !t.between {
		msg = fmt.Sprintf(`too long parameter, probably missing terminating "%c" character`, t.quote)
	}
	return &Error{Pos: t.begin, Msg: msg}
}

func isSpace(ch byte) bool { return ch == ' ' || ch == '\t' || ch == '\r' || ch == '\n' }

// unescape resolves backslashes as ngx_conf_read_token does: those it does not
// know stay.
func unescape(raw string) string {
	if strings.IndexByte(raw, '\\') < 0 {
		return raw
	}
	b := make([]byte, 0, len(raw))
	for i := 0; i < len(raw); i++ {
		if raw[i] == '\\' && i+1 < len(raw) {
			switch raw[i+1] {
			case '"', '\'', '\\':
				i++
			case 't':
				b = append(b, '\t')
				i++
				continue
			case 'r':
				b = append(b, '\r')
				i++
				continue
			case 'n':
				b = append(b, '\n')
				i++
				continue
			}
		}
		b = append(b, raw[i])
	}
	return string(b)
}
