package config

import (
	"bytes"
	"context"
	"io"
	"io/fs"
	"maps"
	"path"
	"slices"
	"strings"

	"badgateway/harness/check/result"
	"badgateway/harness/nginx/conf"
	"badgateway/harness/pod"
)

// Options say how to read an input.
type Options struct {
	// Root is the directory that stands for /etc/nginx; "": that of the file.
	Root string
	// Env are the values of a template's variables.
	Env map[string]string
	// EmptyIncludes takes an include that is not there for an empty file.
	EmptyIncludes bool
	// Stdin is read for the path "-".
	Stdin io.Reader
}

// Config is an input that was read.
type Config struct {
	// Path is the input as given; a directory's nginx.conf by its own path.
	Path string
	Form result.Form
	// Main is the main file's path in the pod.
	Main string
	// Tree is the whole configuration as nginx reads it in the pod. What is
	// supplied later makes it anew.
	Tree *conf.Tree
	// Supplied is what the text names and the owner's tree does not hold.
	Supplied []result.Supplied
	noted    map[result.Supplied]bool // by kind and name

	src *source
	// image is what an image has beside its configuration; nil for other forms.
	image *baked
	// wrap is the text around a fragment; nil for a whole configuration.
	wrap *wrapper
	// extra are files of [Config.Supply].
	extra []pod.File
}

// Read reads an input: a file, a directory with an nginx.conf or with fragments,
// or "-". The error is an *[InputError].
func Read(ctx context.Context, name string, o Options) (*Config, error) {
	in, err := readInput(ctx, name, o)
	if err != nil {
		return nil, err
	}
	src := newSource(o.Env)
	src.main, src.empty = pod.ConfPath, o.EmptyIncludes
	c := &Config{Path: in.name, Main: src.main, src: src}
	if files, ok := conf.SplitDump(in.texts[0].data); ok {
		return c, c.readDump(files)
	}
	if src.tree, err = openTree(in.dir, o.Root); err != nil {
		return nil, inputError(name, err, "")
	}
	defer src.tree.close()
	return c, c.readText(in)
}

// readDump takes the files of nginx -T. The main file goes to where pods have
// it, and so does for relative includes what lies below its directory.
func (c *Config) readDump(files []conf.File) error {
	c.Form = result.Dump
	dir := path.Dir(clean(files[0].Path))
	for _, f := range files {
		c.src.add(clean(f.Path), f.Data, f.Path)
	}
	for _, f := range files {
		if rel, ok := strings.CutPrefix(clean(f.Path), dir+"/"); ok {
			at := path.Join(path.Dir(c.Main), rel)
			if _, taken := c.src.files[at]; !taken {
				c.src.add(at, f.Data, f.Path)
			}
		}
	}
	if main := clean(files[0].Path); main != c.Main {
		c.src.add(c.Main, files[0].Data, files[0].Path)
	}
	return c.load()
}

// load reads the whole configuration and takes over what that supplied.
func (c *Config) load() error {
	tree, err := conf.Load(c.src, c.Main)
	if c.src.refill() {
		tree, err = conf.Load(c.src, c.Main)
	}
	if err == nil && c.src.withoutTwice(tree.Directives) {
		tree, err = conf.Load(c.src, c.Main)
	}
	if err != nil {
		return c.src.explain(err)
	}
	c.Tree = tree
	for _, s := range c.src.takeSupplied() {
		if s.Kind == result.SuppliedInclude || s.Kind == result.SuppliedAbsent {
			s.For = c.includeOf(s.Name)
		}
		c.note(s)
	}
	return nil
}

// includeOf is the place of the include that reads a file or pattern.
func (c *Config) includeOf(name string) result.Place {
	for d := range c.Tree.Includes() {
		if clean(absoluteTo(path.Dir(c.Main), d.Arg(0))) == clean(name) {
			return c.Place(d)
		}
	}
	return result.Place{}
}

// note lists a thing once.
func (c *Config) note(s result.Supplied) {
	thing := result.Supplied{Kind: s.Kind, Name: s.Name}
	if c.noted[thing] {
		return
	}
	if c.noted == nil {
		c.noted = map[result.Supplied]bool{}
	}
	c.noted[thing] = true
	c.Supplied = append(c.Supplied, s)
}

// Place is where the owner finds a directive.
func (c *Config) Place(d *conf.Directive) result.Place {
	if d == nil {
		return result.Place{}
	}
	at := c.PlaceOf(d.Pos().File, d.Pos().Line)
	at.Text = d.Text()
	return at
}

// Unmatched are the includes whose pattern no file matches.
func (c *Config) Unmatched() []result.Place {
	var none []result.Place
	for d := range c.Tree.Includes() {
		if d.Block != nil || conf.Wild(d.Arg(0)) < 0 {
			continue
		}
		if at := c.Place(d); !slices.Contains(none, at) {
			none = append(none, at)
		}
	}
	return none
}

// PlaceOf is the owner's file and line of a place in the pod. A file that was
// supplied is named by its path in the pod.
func (c *Config) PlaceOf(file string, line int) result.Place { return c.src.place(file, line) }

// Pod are the files that nginx reads, as they are to be put into the pod.
func (c *Config) Pod() []pod.File {
	var files []pod.File
	dirs := map[string]bool{}
	seen := map[string]bool{}
	for _, name := range slices.Sorted(maps.Keys(c.Tree.Files)) {
		for _, dir := range passedThrough(name) {
			if !dirs[dir] {
				dirs[dir] = true
				files = append(files, pod.File{Path: dir, Dir: true})
			}
		}
		if to := clean(name); !seen[to] {
			seen[to] = true
			files = append(files, pod.File{Path: to, Data: c.src.files[to]})
		}
	}
	return append(files, c.extra...)
}

// passedThrough are the directories that a path enters and leaves by "..": they
// must be there for the path to lead anywhere.
func passedThrough(name string) (dirs []string) {
	parts := strings.Split(name, "/")
	for i, part := range parts {
		if part == ".." && i > 0 && parts[i-1] != ".." {
			dirs = append(dirs, clean(strings.Join(parts[:i], "/")))
		}
	}
	return dirs
}

// Lookup reads a file of the owner's own tree by its path in the pod; the error
// is fs.ErrNotExist when the tree has none.
func (c *Config) Lookup(name string) ([]byte, error) {
	name = clean(name)
	if data, ok := c.src.files[name]; ok {
		return data, nil
	}
	if c.src.tree == nil {
		return nil, fs.ErrNotExist
	}
	return c.src.tree.lookup(name)
}

// Replace is a copy with one file of the tree replaced. A text that cannot be
// read leaves the copy's Tree as it is; nginx says why. Lines keep their places
// as long as the new text has as many.
func (c *Config) Replace(name string, data []byte) *Config {
	copied, src := *c, *c.src
	src.files = maps.Clone(c.src.files)
	src.files[clean(name)] = bytes.Clone(data)
	copied.src = &src
	copied.Supplied, copied.noted = slices.Clone(c.Supplied), maps.Clone(c.noted)
	copied.extra = slices.Clone(c.extra)
	copied.wrap = c.wrap.clone()
	if err := copied.load(); err != nil {
		copied.Tree = c.Tree
	}
	return &copied
}

// Supply lists a thing and adds files to the pod.
func (c *Config) Supply(s result.Supplied, files ...pod.File) {
	c.note(s)
	c.extra = append(c.extra, files...)
}
