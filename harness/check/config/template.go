package config

import (
	"bytes"
	"fmt"
	"slices"
	"strings"

	"badgateway/harness/check/result"
	"badgateway/harness/lazyregexp"
	"badgateway/harness/nginx/conf"
)

// templateSuffixes are how files end that are templates. The first is that of
// the official image.
var templateSuffixes = []string{".template", ".tmpl", ".tpl"}

// withoutTemplate is the name of what is made of a template.
func withoutTemplate(name string) string {
	for _, suffix := range templateSuffixes {
		if plain, ok := strings.CutSuffix(name, suffix); ok && plain != "" {
			return plain
		}
	}
	return name
}

// Bounds that a real template stays far below.
const (
	maxPlaceholders = 100_000
	maxLookBack     = 100 // lines without text in front of a placeholder
)

// values fills templates. A value that is not given is made up from where it
// stands and what it is called.
type values struct {
	env     map[string]string
	defined map[string]bool   // variables of nginx, in lower case
	made    map[string]string // by name
	// includes are the made-up names of included files.
	includes map[string]bool
	supplied []result.Supplied
	ports    int
}

// placeholder is one place of a text that a value is to fill.
type placeholder struct {
	start, end    int
	name          string
	fallback      string // the text's own default
	hasFallback   bool
	braced, fixed bool
}

// fill gives a text with its values.
func (v *values) fill(data []byte, file string) ([]byte, origin) {
	o := origin{file: file}
	v.define(data)
	found := v.find(shellVariable, data, file)
	for _, f := range []*form{underscores, atSigns, bareWords, barePort, bareLine, angles} {
		found = merge(found, v.find(f, data, file))
	}
	marked, marks := mark(data, found)
	if _, err := conf.Parse(file, marked); err != nil && bytes.IndexByte(data, '{') >= 0 {
		for _, f := range []*form{mustache, plainBraces, looseBraces} {
			if more := v.find(f, data, file); len(more) > 0 {
				found = merge(found, more)
				break
			}
		}
		marked, marks = mark(data, found)
	}
	if len(found) == 0 || len(found) > maxPlaceholders {
		return data, o
	}
	v.guess(data, found, usesOf(file, marked, marks), file)
	return v.replace(data, found, &o), o
}

// merge puts more places among those found, but for what overlaps them.
func merge(found, more []placeholder) []placeholder {
	all := append(slices.Clone(found), more...)
	slices.SortStableFunc(all, func(a, b placeholder) int { return a.start - b.start })
	end := -1
	return slices.DeleteFunc(all, func(p placeholder) bool {
		if p.start < end {
			return true
		}
		end = p.end
		return false
	})
}

// define notes the variables that a text defines.
func (v *values) define(data []byte) {
	for _, m := range defines.in(data) {
		for i := 2; i < len(m); i += 2 {
			if m[i] >= 0 {
				v.defined[strings.ToLower(string(data[m[i]:m[i+1]]))] = true
			}
		}
	}
}

// find lists the places that may be a template's. Names of nginx's own variables
// are in lower case, so one that begins with a capital is taken for a template's
// unless the configuration defines it; in a file *.template any name that has a
// value counts, as envsubst has it.
func (v *values) find(form *form, data []byte, file string) []placeholder {
	var found []placeholder
	for _, m := range form.in(data) {
		p := placeholder{start: m[0], end: m[1]}
		group := func(i int) (string, bool) {
			if 2*i+1 >= len(m) || m[2*i] < 0 {
				return "", false
			}
			return string(data[m[2*i]:m[2*i+1]]), true
		}
		p.name, p.braced = group(1)
		p.fallback, p.hasFallback = group(2)
		p.hasFallback = p.hasFallback && (form == shellVariable || form == mustache)
		switch form {
		case bareWords, barePort:
			if p.start, p.end = m[2], m[3]; bytes.HasSuffix(data[:p.start], []byte("unix:")) {
				continue
			}
		case bareLine:
			p.start, p.end = m[2], m[2]+len(bytes.TrimSpace(data[m[2]:m[1]]))
			if !aloneInStatement(data, p) {
				continue
			}
		case angles:
			p.start, p.name = m[2]-1, spaces.ReplaceAllString(p.name, "_")
			if line := data[bytes.LastIndexByte(data[:p.start], '\n')+1 : p.start]; !anglesIn.Match(line) {
				continue
			}
		}
		if !p.braced {
			p.name, _ = group(3)
		}
		_, p.fixed = v.env[p.name]
		capital := p.name[0] >= 'A' && p.name[0] <= 'Z' && !v.defined[strings.ToLower(p.name)]
		switch {
		case form == mustache:
			if slices.Contains(controlWords, p.name) {
				continue
			}
			p.name = p.name[strings.LastIndexByte(p.name, '.')+1:]
			if _, p.fixed = v.env[p.name]; p.name == "" {
				continue
			}
		case form == looseBraces, form == angles, form == barePort && data[p.start-1] == ':', capital, strings.Contains(p.name, "."), p.fixed && withoutTemplate(file) != file:
		default:
			continue
		}
		found = append(found, p)
	}
	return found
}

// markOf is a word that no text has, for the i-th placeholder.
func markOf(i int) string { return fmt.Sprintf("\x01%d\x02", i) }

var markPattern = lazyregexp.New("\x01(\\d+)\x02")

// mark gives the text with a word for each placeholder, ended where it stands
// as a statement of its own.
func mark(data []byte, found []placeholder) ([]byte, []placeholder) {
	edits := make([]conf.Edit, 0, len(found))
	for i, p := range found {
		text := markOf(i)
		if aloneInStatement(data, p) {
			text += ";"
		}
		edits = append(edits, conf.Edit{Start: p.start, End: p.end, Text: text})
	}
	return conf.Rewrite(data, edits), found
}

// aloneInStatement says that a placeholder is a whole line without an end,
// where a directive begins.
func aloneInStatement(data []byte, p placeholder) bool {
	before := bytes.TrimRight(data[:p.start], " \t")
	if len(before) > 0 && before[len(before)-1] != '\n' {
		return false
	}
	after, _, _ := bytes.Cut(data[p.end:], []byte("\n"))
	if len(bytes.TrimSpace(after)) > 0 {
		return false
	}
	for range maxLookBack {
		start := bytes.LastIndexByte(before[:max(len(before)-1, 0)], '\n') + 1
		line, _, _ := bytes.Cut(before[start:], []byte("#"))
		if line = bytes.TrimSpace(line); len(line) > 0 {
			return bytes.ContainsAny(line[len(line)-1:], ";{}")
		}
		if start == 0 {
			return true
		}
		before = before[:start]
	}
	return false
}

// wholeStatement is the end of a placeholder with the semicolon behind it where
// nothing else is in the statement: `${EXTRA};` without a value is none.
func wholeStatement(data []byte, p placeholder) int {
	before := bytes.TrimRight(data[:p.start], " \t\r\n")
	behind := bytes.TrimLeft(data[p.end:], " \t")
	if len(behind) == 0 || behind[0] != ';' || len(before) > 0 && !bytes.ContainsAny(before[len(before)-1:], ";{}") {
		return p.end
	}
	return len(data) - len(behind) + 1
}

// replace writes the values, and how lines moved.
func (v *values) replace(data []byte, found []placeholder, o *origin) []byte {
	var edits []conf.Edit
	var moved []int // lines of the text at which one more line was put
	line, counted := 1, 0
	o.made = map[int][]string{}
	for _, p := range found {
		line += bytes.Count(data[counted:p.start], []byte("\n"))
		counted = p.start
		value, ok := v.valueOf(p)
		if !ok {
			continue
		}
		if _, given := v.env[p.name]; !given {
			if !slices.Contains(o.made[line], p.name) {
				o.made[line] = append(o.made[line], p.name)
			}
			if value == "" {
				p.end = wholeStatement(data, p)
			}
		}
		edits = append(edits, conf.Edit{Start: p.start, End: p.end, Text: value})
		for range strings.Count(value, "\n") {
			moved = append(moved, line)
		}
	}
	if len(moved) > 0 {
		o.lines = func(line int) int {
			for i, at := range moved {
				if line <= at+i {
					return line - i
				}
			}
			return line - len(moved)
		}
	}
	return conf.Rewrite(data, edits)
}

func (v *values) valueOf(p placeholder) (string, bool) {
	if value, ok := v.env[p.name]; ok {
		return value, true
	}
	value, ok := v.made[p.name]
	return value, ok
}

func (v *values) take() []result.Supplied {
	out := v.supplied
	v.supplied = nil
	return out
}
