package pattern

import (
	"regexp/syntax"
	"slices"
	"strings"
	"unicode/utf8"
)

// Set are many patterns in an order, as the locations of a server or the names
// of all servers are. Those with a literal at an end (^/api/..., ...\.php$) are
// looked up by it, so that a text is held against few of them; every other one
// is tried.
type Set struct {
	all        []*Pattern
	begin, end literals
	others     []int
}

// literals are places in a set by the literal of the pattern, and the lengths
// that there are.
type literals struct {
	at      map[string][]int
	lengths []int
}

// Add puts a pattern behind those that are there. Its place is their number.
func (s *Set) Add(p *Pattern) {
	place := len(s.all)
	s.all = append(s.all, p)
	switch {
	case p.begin == "" && p.end == "":
		s.others = append(s.others, place)
	case len(p.begin) >= len(p.end):
		s.begin.add(p.begin, place)
	default:
		s.end.add(p.end, place)
	}
}

func (l *literals) add(text string, place int) {
	if l.at == nil {
		l.at = map[string][]int{}
	}
	l.at[text] = append(l.at[text], place)
	if !slices.Contains(l.lengths, len(text)) {
		l.lengths = append(l.lengths, len(text))
	}
}

// First is the place of the first pattern that matches; -1: none does.
func (s *Set) First(text string) int {
	low := lower(text)
	var likely []int
	for _, n := range s.begin.lengths {
		if n <= len(low) {
			likely = append(likely, s.begin.at[low[:n]]...)
		}
	}
	for _, n := range s.end.lengths {
		if n <= len(low) {
			likely = append(likely, s.end.at[low[len(low)-n:]]...)
		}
	}
	slices.Sort(likely)
	others := s.others
	for len(likely)+len(others) > 0 {
		from := &others
		if len(others) == 0 || len(likely) > 0 && likely[0] < others[0] {
			from = &likely
		}
		place := (*from)[0]
		*from = (*from)[1:]
		if s.all[place].Matches(text) {
			return place
		}
	}
	return -1
}

// ends are the literals behind a ^ at the beginning of an expression and before
// a $ at its end, in lower case: of many locations most are told apart by them.
func ends(expr string) (begin, end string) {
	tree, err := syntax.Parse(expr, syntax.Perl)
	if err != nil || tree.Op != syntax.OpConcat || len(tree.Sub) < 2 {
		return "", ""
	}
	sub, last := tree.Sub, len(tree.Sub)-1
	if sub[0].Op == syntax.OpBeginText && sub[1].Op == syntax.OpLiteral {
		begin = literal(sub[1])
	}
	if sub[last].Op == syntax.OpEndText && sub[last-1].Op == syntax.OpLiteral {
		end = literal(sub[last-1])
	}
	return begin, end
}

// literal is the text of a literal; none of one beyond ASCII, as nginx matches
// bytes and RE2 letters.
func literal(re *syntax.Regexp) string {
	if slices.ContainsFunc(re.Rune, func(r rune) bool { return r >= utf8.RuneSelf }) {
		return ""
	}
	return lower(string(re.Rune))
}

// lower turns ASCII into lower case and leaves every length as it is.
func lower(s string) string {
	if !strings.ContainsFunc(s, func(r rune) bool { return 'A' <= r && r <= 'Z' }) {
		return s
	}
	b := []byte(s)
	for i, c := range b {
		if 'A' <= c && c <= 'Z' {
			b[i] = c | 0x20
		}
	}
	return string(b)
}

func beginsWith(s, low string) bool { return len(s) >= len(low) && lower(s[:len(low)]) == low }
func endsWith(s, low string) bool   { return len(s) >= len(low) && lower(s[len(s)-len(low):]) == low }
