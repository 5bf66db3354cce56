package upstream

import (
	"regexp"
	"regexp/syntax"
	"slices"
	"strconv"
	"strings"
	"unicode"
)

// captures are the groups of a match, by number and by name.
type captures map[string]string

// Match is a text that a regular expression matches.
type Match struct {
	Text string
	// Groups are its captures, by number ("1") and by name.
	Groups map[string]string
}

// Sample makes a short text that a regular expression of nginx (PCRE) matches:
// of alternatives the first, of classes a letter, what may repeat once, what may
// be absent absent unless it holds a group. Look-around is left out of account.
// false: the expression could not be read, or the text turned out not to match.
func Sample(pattern string) (Match, bool) {
	simple := withoutPCRE(pattern)
	tree, err := syntax.Parse(simple, syntax.Perl)
	if err != nil {
		return Match{}, false
	}
	re, err := regexp.Compile(simple)
	if err != nil {
		return Match{}, false
	}
	var b strings.Builder
	write(&b, tree)
	m := Match{Text: b.String(), Groups: captures{}}
	found := re.FindStringSubmatch(m.Text)
	if found == nil {
		return m, false
	}
	for i, name := range re.SubexpNames() {
		m.Groups[strconv.Itoa(i)] = found[i]
		if name != "" {
			m.Groups[name] = found[i]
		}
	}
	return m, true
}

// maxSample bounds the text: (((a{99}){99}){99}) is short to write.
const maxSample = 4096

// write writes what a part of an expression matches.
func write(b *strings.Builder, re *syntax.Regexp) {
	if b.Len() > maxSample {
		return
	}
	switch re.Op {
	case syntax.OpLiteral:
		for _, r := range re.Rune {
			if re.Flags&syntax.FoldCase != 0 {
				r = unicode.ToLower(r)
			}
			b.WriteRune(r)
		}
	case syntax.OpCharClass:
		b.WriteRune(member(re.Rune))
	case syntax.OpAnyChar, syntax.OpAnyCharNotNL:
		b.WriteByte('a')
	case syntax.OpCapture, syntax.OpPlus, syntax.OpConcat, syntax.OpStar:
		for _, sub := range re.Sub {
			write(b, sub)
		}
	case syntax.OpQuest:
		if hasGroup(re.Sub[0]) {
			write(b, re.Sub[0])
		}
	case syntax.OpRepeat:
		for range max(re.Min, 1) {
			if re.Max != 0 {
				write(b, re.Sub[0])
			}
		}
	case syntax.OpAlternate:
		write(b, re.Sub[0])
	}
}

func hasGroup(re *syntax.Regexp) bool {
	return re.Op == syntax.OpCapture || slices.ContainsFunc(re.Sub, hasGroup)
}

// member picks a rune of a class, given as pairs of first and last.
func member(ranges []rune) rune {
	for _, want := range "a1x-_." {
		for i := 0; i+1 < len(ranges); i += 2 {
			if ranges[i] <= want && want <= ranges[i+1] {
				return want
			}
		}
	}
	for i := 0; i+1 < len(ranges); i += 2 {
		if ranges[i] > ' ' {
			return unicode.ToLower(ranges[i])
		}
		if ranges[i+1] > ' ' {
			return '!'
		}
	}
	return 'a'
}

// withoutPCRE writes an expression in Go's syntax, which knows no look-around,
// no atomic groups and no possessive repetition.
func withoutPCRE(pattern string) string {
	var b strings.Builder
	class := false
	for i := 0; i < len(pattern); i++ {
		rest := pattern[i:]
		switch {
		case rest[0] == '\\' && len(rest) > 1:
			if rest[1] == 'Z' && !class {
				b.WriteString(`\z`)
			} else {
				b.WriteString(rest[:2])
			}
			i++
			continue
		case class:
			class = rest[0] != ']'
		case rest[0] == '[':
			class = true
			if after := strings.TrimPrefix(rest[1:], "^"); strings.HasPrefix(after, "]") {
				n := len(rest) - len(after) + 1
				b.WriteString(rest[:n-1] + `\]`)
				i += n - 1
				continue
			}
		case strings.HasPrefix(rest, "(?=") || strings.HasPrefix(rest, "(?!") || strings.HasPrefix(rest, "(?<=") || strings.HasPrefix(rest, "(?<!"):
			i += closing(rest)
			continue
		case strings.HasPrefix(rest, "(?>"):
			b.WriteString("(?:")
			i += 2
			continue
		case strings.HasPrefix(rest, "(?'"):
			if end := strings.IndexByte(rest[3:], '\''); end >= 0 {
				b.WriteString("(?P<" + rest[3:3+end] + ">")
				i += 3 + end
				continue
			}
		case rest[0] == '+' && i > 0 && strings.IndexByte("*+?}", pattern[i-1]) >= 0:
			continue
		}
		b.WriteByte(rest[0])
	}
	return b.String()
}

// closing is the offset of the parenthesis that ends the group at the start.
func closing(text string) int {
	depth, class := 0, false
	for i := 0; i < len(text); i++ {
		switch c := text[i]; {
		case c == '\\':
			i++
		case class:
			class = c != ']'
		case c == '[':
			class = true
		case c == '(':
			depth++
		case c == ')':
			if depth--; depth == 0 {
				return i
			}
		}
	}
	return len(text) - 1
}
