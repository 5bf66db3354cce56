package config

import (
	"bytes"
	"slices"

	"badgateway/harness/lazyregexp"
)

// form is one way in which placeholders, or definitions of variables, are written.
// Large texts are searched for all of them, so each expression begins with what
// it is found by in a look for a few bytes.
type form struct {
	parts []part
	// lines says that it is a line of its own, which begins with a capital.
	lines bool
}

// part is an expression with what may stand in front of it; nil: anything.
type part struct {
	expr   *lazyregexp.Regexp
	behind func(before []byte) bool
}

// Expressions of one group of words: a name in capitals that has an underscore,
// and what stands in front of a port.
const (
	bigWord = `([A-Z][A-Z0-9]*(?:_[A-Z0-9]+)+)\b()`
	address = `(?:\w+://)?(?:[\w.*-]+|\[[\w:.]*\]):`
	port    = `([A-Za-z]\w*)[\s;/]()`
	// madeOf is what a variable is made of, and ownName what it is called.
	madeOf  = `(?:"[^"]*"|'[^']*'|\S+)\s+`
	ownName = `\$(?:\{(\w+)\}|(\w+))(?:[\s;{]|$)`
)

var (
	// shellVariable is what envsubst fills, and ${NAME:-DEFAULT} of its kin; with a
	// dot, ${web.port}, no name is a variable of nginx's.
	shellVariable = one(`\$(?:\{([A-Za-z_]\w*(?:\.\w+)*)(?::?-([^}]*))?\}|([A-Za-z_]\w*))`)
	// mustache is one value in the braces of other template languages: {{port}},
	// {{ env "NAME" }}, {{ getenv "NAME" "DEFAULT" }}, {{ .Values.name | quote }}.
	mustache = one(`\{\{-?\s*(?:(?:env|getenv|\.Env\.)\s*)?"?\$?\.?([A-Za-z_][\w.]*)"?\s*(?:"([^"]*)"\s*)?(?:\|[^{}]*)?-?\}\}`)
	// plainBraces is {NAME}, looseBraces {name} where the text cannot be read
	// otherwise, and {w:name:w}.
	plainBraces = one(`\{([A-Z][A-Z0-9_]+)\}()`)
	looseBraces = one(`\{(?:\w:)?([A-Za-z_]\w*)(?::\w)?\}()`)
	// underscores and atSigns are what scripts replace by sed: __NAME__, @NAME@.
	underscores = one(`__([A-Z][A-Z0-9]*(?:_[A-Z0-9]+)*)__()`)
	atSigns     = one(`@([A-Z][A-Z0-9]*(?:_[A-Z0-9]+)*)@()`)
	// bareWords, barePort and bareLine are words where nginx wants a size, a time, a
	// port or a directive.
	bareWords = &form{parts: []part{
		{lazyregexp.New(`max_size=` + bigWord), wordBegins}, {lazyregexp.New(`min_free=` + bigWord), wordBegins},
		{lazyregexp.New(`inactive=` + bigWord), wordBegins}, {lazyregexp.New(`keys_zone=\w+:` + bigWord), wordBegins},
		{lazyregexp.New(`slice\s+` + bigWord), wordBegins}, {lazyregexp.New(`client_max_body_size\s+` + bigWord), wordBegins},
		{lazyregexp.New(`_timeout\s+` + bigWord), inWord},
	}}
	barePort = &form{parts: []part{
		{lazyregexp.New(`listen\s+(?:|` + address + `)` + port), wordBegins},
		{lazyregexp.New(`server\s+` + address + port), wordBegins}, {lazyregexp.New(`_pass\s+` + address + port), inWord},
	}}
	bareLine = &form{lines: true, parts: []part{{lazyregexp.New(`^[ \t]*([A-Z][A-Z0-9]*(?:_[A-Z0-9]+)+)[ \t]*;?[ \t]*\r?$()`), nil}}}
	// angles is <a name> in a directive that anglesIn matches.
	angles = &form{parts: []part{{lazyregexp.New(`<([A-Za-z_][\w ,./'-]*)>()`), func(before []byte) bool {
		return len(before) > 0 && bytes.IndexByte([]byte(" \t\n\f\r/:.@=-"), before[len(before)-1]) >= 0
	}}}}
	anglesIn     = lazyregexp.New(`^\s*(?:listen|server(?:_name)?|root|alias|resolver|set\s+\$\w+|ssl_certificate(?:_key)?|\w+_pass)\s[^'"#;{]*$`)
	spaces       = lazyregexp.New(`\W+`)
	controlWords = []string{"if", "else", "end", "range", "with", "include", "template", "define", "block", "for", "each"}
	// defines are the variables that a configuration defines itself.
	defines = &form{parts: []part{
		{lazyregexp.New(`set\s+` + ownName), func(before []byte) bool {
			return wordBegins(before) || before[len(before)-1] == '_' && inWord(before[:len(before)-1])
		}},
		{lazyregexp.New(`geo\s+(?:` + madeOf + `)?` + ownName), wordBegins}, {lazyregexp.New(`map\s+` + madeOf + ownName), wordBegins},
		{lazyregexp.New(`split_clients\s+` + madeOf + ownName), wordBegins}, {lazyregexp.New(`\?P?[<'](\w+)[>']`), nil},
	}}
)

// one is a form of one expression, which may stand anywhere.
func one(expr string) *form { return &form{parts: []part{{lazyregexp.New(expr), nil}}} }

// inWord says whether a text ends within a word, wordBegins that it does not.
func inWord(before []byte) bool {
	if len(before) == 0 {
		return false
	}
	c := before[len(before)-1]
	return c == '_' || c >= '0' && c <= '9' || c >= 'A' && c <= 'Z' || c >= 'a' && c <= 'z'
}

func wordBegins(before []byte) bool { return !inWord(before) }

// in are the places of the form in a text, as of [regexp.Regexp.FindAllSubmatchIndex].
func (f *form) in(data []byte) [][]int {
	if f.lines {
		return f.inLines(data)
	}
	var all [][]int
	for _, p := range f.parts {
		for _, m := range p.expr.FindAllSubmatchIndex(data, -1) {
			if p.behind == nil || p.behind(data[:m[0]]) {
				all = append(all, m)
			}
		}
	}
	if len(f.parts) > 1 {
		slices.SortStableFunc(all, func(a, b []int) int { return a[0] - b[0] })
	}
	return all
}

func (f *form) inLines(data []byte) [][]int {
	var all [][]int
	start := 0
	for line := range bytes.Lines(data) {
		begin := bytes.TrimLeft(line, " \t")
		if len(begin) > 0 && begin[0] >= 'A' && begin[0] <= 'Z' {
			if m := f.parts[0].expr.FindSubmatchIndex(bytes.TrimSuffix(line, []byte("\n"))); m != nil {
				for i := range m {
					m[i] += start
				}
				all = append(all, m)
			}
		}
		start += len(line)
	}
	return all
}
