package config

import (
	"fmt"
	"path"
	"path/filepath"
	"slices"
	"strings"

	"badgateway/harness/check/result"
	"badgateway/harness/nginx/conf"
	"badgateway/harness/pod"
)

// fragments is the directory of fragments in the pod: one that they do not
// include themselves.
const fragments = "/etc/nginx/fragment"

// wrapper is the text around a fragment.
type wrapper struct {
	level     level
	fragments []string // paths in the pod
	listen    bool     // the fragment has its own listen
	// outer are directives of the http or stream block around it.
	outer []string
}

func (w *wrapper) clone() *wrapper {
	if w == nil {
		return nil
	}
	c := *w
	c.outer = slices.Clone(w.outer)
	return &c
}

// block is one of the blocks around a fragment.
type block struct {
	name  string
	lines []string
}

// blocks are those around the fragment, the outermost first.
func (w *wrapper) blocks() []block {
	http, server, location := block{"http", w.outer}, block{"server", nil}, block{"location /", nil}
	if !w.listen {
		server.lines = []string{"listen 80;"}
	}
	switch w.level {
	case levelNoEvents:
		return nil
	case levelStream:
		return []block{{"stream", w.outer}}
	case levelServer:
		return []block{http, server}
	case levelLocation:
		return []block{http, server, location}
	}
	return []block{http}
}

// text is nginx.conf.
func (w *wrapper) text() []byte {
	var b strings.Builder
	b.WriteString("events {}\n")
	indent := ""
	for _, block := range w.blocks() {
		fmt.Fprintf(&b, "%s%s {\n", indent, block.name)
		indent += "    "
		for _, line := range block.lines {
			b.WriteString(indent + strings.ReplaceAll(line, "\n", "\n"+indent) + "\n")
		}
	}
	for _, name := range w.fragments {
		fmt.Fprintf(&b, "%sinclude %s;\n", indent, name)
	}
	for indent != "" {
		indent = indent[4:]
		b.WriteString(indent + "}\n")
	}
	return []byte(b.String())
}

// readText takes a text that is no dump: the whole configuration, or fragments
// that are wrapped.
func (c *Config) readText(in input) error {
	w := &wrapper{}
	var all []*conf.Directive
	for i, t := range in.texts {
		name := fragments + "/" + plainName(t.name)
		if slices.Contains(w.fragments, name) {
			name = fmt.Sprintf("%s.%d", name, i)
		}
		w.fragments = append(w.fragments, name)
		c.src.add(name, t.data, t.name)
		top, err := c.top(name)
		if err != nil {
			return err
		}
		if l := findLevel(top); len(in.texts) > 1 && (l == levelMain || l == levelNoEvents) {
			return &InputError{Place: result.Place{File: in.name}, Msg: "a directory without an nginx.conf, and " + t.name + " is a whole one", Next: "name the file"}
		}
		all = append(all, top...)
	}
	if len(all) == 0 {
		return &InputError{Place: result.Place{File: in.name}, Msg: "no directive in the text"}
	}
	w.level = findLevel(all)
	w.listen = slices.ContainsFunc(all, func(d *conf.Directive) bool { return d.Is("listen") })
	c.wrap, c.Form = w, w.form(all)
	if w.level == levelMain {
		c.wrap = nil
		c.src.move(w.fragments[0], c.Main)
	}
	if err := c.rewrap(); err != nil {
		return err
	}
	c.supplyRules()
	return c.supplyContext()
}

// form is what a text is called.
func (w *wrapper) form(top []*conf.Directive) result.Form {
	switch {
	case w.level == levelMain, w.level == levelNoEvents:
		return result.Main
	case w.level == levelServer, w.level == levelLocation:
		return result.Locations
	case w.level == levelStream:
		return result.StreamPart
	case onlyServers(top):
		return result.Server
	}
	return result.HTTP
}

// rewrap writes the wrapper and reads everything.
func (c *Config) rewrap() error {
	if c.wrap != nil {
		c.src.files[pod.ConfPath] = c.wrap.text()
		c.noteParents()
	}
	return c.load()
}

// whole says that a configuration has no absent parent.
func (c *Config) whole() bool {
	return c.wrap == nil || c.wrap.level == levelNoEvents
}

func (c *Config) noteParents() {
	names := []string{"events"}
	for _, block := range c.wrap.blocks() {
		names = append(names, block.name)
	}
	if c.wrap.level == levelNoEvents {
		c.note(result.Supplied{Kind: result.SuppliedParent, Name: "events", Note: "the text has no events block"})
		return
	}
	c.note(result.Supplied{Kind: result.SuppliedParent, Name: strings.Join(names, ", "), Note: "around the text, which is a fragment"})
}

// top are the directives of a text's top level, those of its includes if its
// own do not tell where it stands.
func (c *Config) top(file string) ([]*conf.Directive, error) {
	top, err := conf.Parse(file, c.src.files[file])
	if err != nil {
		return nil, c.src.explain(err)
	}
	if findLevel(top) != levelUnknown || !slices.ContainsFunc(top, func(d *conf.Directive) bool { return d.Is("include") }) {
		return top, nil
	}
	// Includes begin at nginx.conf's directory, not at the fragment's.
	c.src.files[c.Main] = c.src.files[file]
	c.src.origins[c.Main] = c.src.origins[file]
	tree, err := conf.Load(c.src, c.Main)
	delete(c.src.files, c.Main)
	delete(c.src.origins, c.Main)
	if err != nil {
		return nil, c.src.explain(err)
	}
	return slices.Collect(tree.Top()), nil
}

// plainName is a file's name in the pod: without what include would take for a
// pattern or another word.
func plainName(name string) string {
	name = withoutTemplate(filepath.Base(name))
	plain := strings.Map(func(r rune) rune {
		if r == '.' || r == '-' || r == '_' || r >= '0' && r <= '9' || r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' {
			return r
		}
		return '_'
	}, name)
	if plain = strings.TrimLeft(plain, "."); plain == "" || name == "-" {
		return "stdin.conf"
	}
	return path.Base(plain[:min(len(plain), 100)])
}
