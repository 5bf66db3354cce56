package pattern

import (
	"math/rand/v2"
	"regexp/syntax"
	"slices"
	"strings"
	"unicode/utf8"
)

// The bounds of sampling: what a pattern of a stranger may cost.
const (
	maxSamples  = 24      // texts per pattern
	maxVariants = 48      // attempts per pattern
	maxSample   = 512     // bytes of one text
	maxExpr     = 4 << 10 // bytes of an expression; nginx reads no longer token
	maxSteps    = 20000   // nodes visited per attempt
)

// Alphabet is the order in which characters are preferred.
type Alphabet string

const (
	pathAlphabet Alphabet = "bgaxe0123456789-_BGAXE.~/@:,;=+$!*'()& "
	HostAlphabet Alphabet = "bgaxe0123456789-."
	TextAlphabet Alphabet = "bgaxe0123456789-_BGAXE/.:;=, ~@"
)

// Samples are texts in which the pattern matches, the simplest first. They are
// few or none for what only PCRE can say; each was matched.
func Samples(p *Pattern, letters Alphabet) []string {
	if found, made := p.texts[letters]; made {
		return found
	}
	var found []string
	for _, raw := range rawSamples(p, letters) {
		if len(found) < maxSamples && !slices.Contains(found, raw) && p.Matches(raw) {
			found = append(found, raw)
		}
	}
	if p.texts == nil {
		p.texts = map[Alphabet][]string{}
	}
	p.texts[letters] = slices.Clip(found)
	return p.texts[letters]
}

// Paths are paths ("/...") in which the pattern matches.
func Paths(p *Pattern) []string {
	if p.paths != nil {
		return p.paths
	}
	found := []string{}
	raw := rawSamples(p, pathAlphabet)
	add := func(text string) {
		if len(found) < maxSamples && ValidPath(text) && !slices.Contains(found, text) && p.Matches(text) {
			found = append(found, text)
		}
	}
	// The pattern may match anywhere in the path: what stands before and behind
	// decides which location gets it, so several ways are offered, some of each
	// first.
	for _, some := range []int{min(4, len(raw)), len(raw)} {
		for _, around := range [][2]string{{"", ""}, {"/", ""}, {"/bg", ""}, {"/bg/", ""}, {"", "bg"}, {"", "/bg"}, {"/bg/", "/bg"}} {
			for _, text := range raw[:some] {
				add(around[0] + text + around[1])
			}
		}
	}
	p.paths = slices.Clip(found)
	return found
}

// ValidPath tells whether nginx takes a path as it is: no dot segments and no
// slashes to merge (ngx_http_parse_complex_uri).
func ValidPath(text string) bool {
	if !strings.HasPrefix(text, "/") || strings.Contains(text, "//") || len(text) > maxSample {
		return false
	}
	for segment := range strings.SplitSeq(text[1:], "/") {
		if segment == "." || segment == ".." {
			return false
		}
	}
	return !strings.ContainsFunc(text, func(r rune) bool { return r < 0x20 || r == 0x7f || r == utf8.RuneError })
}

// rawSamples are texts made from the expression, not yet matched.
func rawSamples(p *Pattern, letters Alphabet) []string {
	if len(p.expr) > maxExpr {
		return nil
	}
	var trees []*syntax.Regexp
	flags := syntax.Perl
	if p.Fold {
		flags |= syntax.FoldCase
	}
	for _, around := range []bool{false, true} {
		if tree, err := syntax.Parse(simplify(p.expr, around), flags); err == nil {
			trees = append(trees, tree)
		}
	}
	var found []string
	for variant := range maxVariants {
		for _, tree := range trees {
			s := sampler{variant: variant, letters: letters, rand: rand.New(rand.NewPCG(uint64(variant), 0))}
			if s.add(tree); !slices.Contains(found, string(s.out)) {
				found = append(found, string(s.out))
			}
		}
	}
	return found
}

// simplify makes RE2 of what only PCRE has: lookarounds go, or with around
// those that demand text become it; atomic groups and possessive quantifiers
// become ordinary ones. The texts made from it may not match, and are tried.
func simplify(expr string, around bool) string {
	var b strings.Builder
	skip, depth := 0, 0 // inside of a lookaround that goes
	scan(expr, func(rest string, class bool) int {
		if skip > 0 {
			if n := skipped(rest, class, &depth); depth > 0 {
				return n
			}
			skip = 0
			return 1
		}
		if class || rest[0] != '(' {
			return copied(&b, rest)
		}
		switch {
		case hasAnyPrefix(rest, "(?!", "(?<!") || !around && hasAnyPrefix(rest, "(?=", "(?<="):
			skip, depth = 1, 1
			return 2
		case hasAnyPrefix(rest, "(?<="):
			b.WriteString("(?:")
			return 4
		case hasAnyPrefix(rest, "(?=", "(?>"):
			b.WriteString("(?:")
			return 3
		}
		if m := groupOpening.FindString(rest); m != "" {
			b.WriteByte('(')
			return len(m)
		}
		return copied(&b, rest)
	})
	return strings.NewReplacer(`\Z`, `$`, `\h`, `[ \t]`).Replace(withoutPossessive(b.String()))
}

// skipped counts the parentheses of a part that goes.
func skipped(rest string, class bool, depth *int) int {
	switch {
	case rest[0] == '\\' && len(rest) > 1:
		return 2
	case class:
	case rest[0] == '(':
		*depth++
	case rest[0] == ')':
		*depth--
	}
	return 1
}

func hasAnyPrefix(s string, prefixes ...string) bool {
	return slices.ContainsFunc(prefixes, func(p string) bool { return strings.HasPrefix(s, p) })
}

// sampler writes one text. Variant 0 takes the shortest way, 1 takes each
// optional part once, the others roll the dice, the same each time.
type sampler struct {
	variant int
	letters Alphabet
	rand    *rand.Rand
	out     []byte
	steps   int
}

func (s *sampler) add(re *syntax.Regexp) {
	if s.steps++; s.steps > maxSteps || len(s.out) > maxSample {
		return
	}
	switch re.Op {
	case syntax.OpLiteral:
		s.out = append(s.out, string(re.Rune)...)
	case syntax.OpCharClass:
		s.class(re.Rune)
	case syntax.OpAnyChar, syntax.OpAnyCharNotNL:
		s.class([]rune{' ', '~'})
	case syntax.OpStar:
		s.repeat(re.Sub[0], 0, -1)
	case syntax.OpPlus:
		s.repeat(re.Sub[0], 1, -1)
	case syntax.OpQuest:
		s.repeat(re.Sub[0], 0, 1)
	case syntax.OpRepeat:
		s.repeat(re.Sub[0], re.Min, re.Max)
	case syntax.OpConcat, syntax.OpCapture:
		for _, sub := range re.Sub {
			s.add(sub)
		}
	case syntax.OpAlternate:
		s.add(re.Sub[s.choose(len(re.Sub))])
	}
}

// choose picks one of n.
func (s *sampler) choose(n int) int {
	if s.variant < 2 {
		return 0
	}
	return s.rand.IntN(n)
}

func (s *sampler) repeat(re *syntax.Regexp, least, most int) {
	n := least
	switch {
	case s.variant == 1:
		n = max(least, 1)
	case s.variant > 1:
		n = least + s.rand.IntN(4)
	}
	if most >= 0 {
		n = min(n, most)
	}
	for range n {
		s.add(re)
	}
}

// class writes a character of ranges, pairs of first and last. A path begins
// with a slash where the pattern lets it.
func (s *sampler) class(ranges []rune) {
	in := func(r rune) bool {
		for i := 0; i+1 < len(ranges); i += 2 {
			if ranges[i] <= r && r <= ranges[i+1] {
				return true
			}
		}
		return false
	}
	if len(s.out) == 0 && s.letters == pathAlphabet && in('/') {
		s.out = append(s.out, '/')
		return
	}
	from := 0
	if s.variant > 1 {
		from = s.rand.IntN(15)
	}
	for i := range len(s.letters) {
		if c := s.letters[(from+i)%len(s.letters)]; in(rune(c)) {
			s.out = append(s.out, c)
			return
		}
	}
	if len(ranges) > 0 {
		s.out = append(s.out, string(ranges[0])...)
	}
}
