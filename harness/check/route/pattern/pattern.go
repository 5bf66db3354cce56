package pattern

import (
	"regexp"
	"strings"
	"time"

	"github.com/dlclark/regexp2"
)

// matchLimit bounds one match of a pattern that RE2 cannot express; PCRE has
// its own bound (pcre2_match, the match limit of 10 million steps).
const matchLimit = 50 * time.Millisecond

// maxLate is after how many matches that met the limit a pattern is given up.
const maxLate = 3

// Pattern is a regular expression of the configuration (PCRE). Most are RE2 as
// well and match in linear time; those with lookarounds, backreferences or
// atomic groups backtrack within matchLimit.
type Pattern struct {
	expr  string
	Fold  bool
	fast  *regexp.Regexp
	slow  *regexp2.Regexp
	begin string   // what every text begins with in which it matches, in lower case
	end   string   // and ends with
	Names []string // of the groups, by number; "" without a name

	late  int                   // matches that met matchLimit
	texts map[Alphabet][]string // samples made
	paths []string
}

// Compile reads a PCRE. An expression that neither engine can read
// gives a pattern that matches nothing.
func Compile(expr string, fold bool) *Pattern {
	p := &Pattern{expr: expr, Fold: fold}
	flag := ""
	if fold {
		flag = "(?i)"
	}
	if fast, err := regexp.Compile(flag + expr); err == nil {
		p.begin, p.end = ends(flag + expr)
		p.fast, p.Names = fast, fast.SubexpNames()
		return p
	}
	plain := rewriteGroups(expr, &p.Names)
	for _, text := range []string{plain, withoutPossessive(plain)} {
		if slow, err := regexp2.Compile(flag+text, regexp2.None); err == nil {
			slow.MatchTimeout = matchLimit
			p.slow = slow
			return p
		}
	}
	return p
}

// Match gives the groups, the whole match first; nil when there is none.
func (p *Pattern) Match(s string) []string {
	switch {
	case p.fast != nil:
		return p.fast.FindStringSubmatch(s)
	case p.slow != nil:
		m, err := p.slow.FindStringMatch(s)
		if err != nil {
			if p.late++; p.late == maxLate {
				p.slow = nil // it backtracks without end: what it matches is not found out
			}
			return nil
		}
		if m == nil {
			return nil
		}
		var groups []string
		for _, g := range m.Groups() {
			groups = append(groups, g.String())
		}
		return groups
	}
	return nil
}

// Matches tells whether s matches.
func (p *Pattern) Matches(s string) bool {
	if p.fast != nil {
		return beginsWith(s, p.begin) && endsWith(s, p.end) && p.fast.MatchString(s)
	}
	return p.Match(s) != nil
}

// groupOpenings are how PCRE begins a group with a name.
var groupOpening = regexp.MustCompile(`^\(\?(?:P?<|')([A-Za-z_][A-Za-z0-9_]*)[>']`)

// rewriteGroups takes the names from the groups, because the other engine
// numbers those with names after all others, and PCRE as they come.
func rewriteGroups(expr string, names *[]string) string {
	var b strings.Builder
	*names = []string{""}
	scan(expr, func(rest string, class bool) int {
		if class || rest[0] != '(' {
			return copied(&b, rest)
		}
		if m := groupOpening.FindStringSubmatch(rest); m != nil {
			*names = append(*names, m[1])
			b.WriteByte('(')
			return len(m[0])
		}
		if !strings.HasPrefix(rest, "(?") {
			*names = append(*names, "")
		}
		return copied(&b, rest)
	})
	return b.String()
}

// withoutPossessive makes quantifiers that never give back ordinary ones.
func withoutPossessive(expr string) string {
	var b strings.Builder
	quantified := false
	scan(expr, func(rest string, class bool) int {
		if !class && quantified && rest[0] == '+' {
			quantified = false
			return 1
		}
		quantified = !class && strings.IndexByte("*+?}", rest[0]) >= 0 && b.Len() > 0 && !strings.HasSuffix(b.String(), "(")
		return copied(&b, rest)
	})
	return b.String()
}

// copied writes the first token of rest, an escape or a byte, and tells its length.
func copied(b *strings.Builder, rest string) int {
	n := 1
	if rest[0] == '\\' && len(rest) > 1 {
		n = 2
	}
	b.WriteString(rest[:n])
	return n
}

// scan goes over an expression; step gets the rest of it, hears whether it is
// inside of a class in brackets, and tells how many bytes it took.
func scan(expr string, step func(rest string, class bool) int) {
	class, begin := false, 0
	for i := 0; i < len(expr); {
		c := expr[i]
		switch {
		case !class && c == '[':
			class, begin = true, i+1
			if strings.HasPrefix(expr[begin:], "^") {
				begin++
			}
			i += step(expr[i:], true)
			continue
		case class && c == ']' && i > begin:
			i += step(expr[i:], true)
			class = false
			continue
		}
		i += step(expr[i:], class)
	}
}
