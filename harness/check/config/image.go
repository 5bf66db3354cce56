package config

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"path"
	"slices"
	"strings"

	"badgateway/harness/check/result"
	"badgateway/harness/lazyregexp"
	"badgateway/harness/nginx"
	"badgateway/harness/nginx/conf"
	"badgateway/harness/pod"
)

// Bounds of what is kept of an image beside its configuration.
const (
	maxBaked    = 4 << 20  // one file
	maxAllBaked = 64 << 20 // all of them
)

// ReadImage reads the configuration that an image holds, as its entry point
// leaves it (the official image's makes files of templates there): of the file
// that the image's command names with -c, else of nginx's own. The error is an
// *[InputError] where the image is the reason.
func ReadImage(ctx context.Context, driver pod.Driver, build nginx.Build) (*Config, error) {
	p, err := pod.New(ctx, driver, pod.Spec{Name: "image", Nginx: build}, pod.DefaultTimeouts)
	defer p.Close()
	if err != nil {
		return nil, err
	}
	r := &imageReader{ctx: ctx, pod: p, name: build.Spec, ref: build.Image, baked: map[string][]byte{}}
	if err := r.find(); err != nil {
		return nil, err
	}
	tree, err := conf.Load(r, pod.ConfPath)
	if err != nil {
		return nil, r.explain(err)
	}
	c := &Config{Path: build.Spec, Form: result.Image, Main: pod.ConfPath, src: newSource(nil)}
	c.src.main = c.Main
	c.image = &baked{present: map[string]pod.Entry{}}
	if err := r.bake(c.image, tree); err != nil {
		return nil, err
	}
	for name, data := range r.baked {
		c.src.files[name], c.src.origins[name] = data, r.origin(name)
	}
	c.extra = r.strange
	return c, c.load()
}

// baked is what else an image has.
type baked struct {
	// present are files and directories that the text names, and what these lie in.
	present map[string]pod.Entry
	users   []string
}

// imageReader reads nginx's files in a pod of an image. It implements
// [conf.Source].
type imageReader struct {
	ctx    context.Context
	pod    *pod.Pod
	name   string // as the user named it
	ref    string // as the engine names it
	main   string // the main file in the image
	prefix string
	baked  map[string][]byte // by path in the pod
	total  int
	// strange are files that nginx includes in the pod alone, where /etc/nginx
	// is not the main file's directory: they are to be empty there.
	strange []pod.File
}

// find runs the image's entry point with nginx -t in its end, and finds out
// which file is the main one (nginx.c:ngx_process_options).
func (r *imageReader) find() error {
	entry, own := r.pod.ImageCommand()
	if own == nil {
		return &InputError{Place: result.Place{File: r.name}, Msg: "not a container image", Next: "name one with --nginx image:NAME"}
	}
	said, err := r.pod.Exec(r.ctx, pod.Command{Args: []string{own[0], "-V"}})
	if err != nil {
		return r.refuse(fmt.Errorf("run %s -V: %w", own[0], err), "name an image of a gateway")
	}
	about, err := nginx.ParseAbout(string(said.Stderr))
	if err != nil {
		return r.refuse(err, "name an image of a gateway")
	}
	r.prefix, r.main = about.Prefix(), about.ConfPath()
	if prefix, ok := argument(own, "-p"); ok {
		r.prefix = prefix
	}
	if main, ok := argument(own, "-c"); ok {
		r.main = main
	}
	r.main = path.Join("/", absoluteTo(r.prefix, r.main))
	if len(entry) == 0 {
		return nil
	}
	_, err = r.pod.Exec(r.ctx, pod.Command{Args: slices.Concat(entry, own, []string{"-t"})}) // whatever nginx says of it
	if err != nil {
		return r.refuse(fmt.Errorf("run its entry point with nginx -t: %w", err),
			"check what the image makes where it runs: docker exec CONTAINER nginx -T > FILE, then badgateway check FILE")
	}
	return nil
}

func (r *imageReader) refuse(err error, next string) error {
	return &InputError{Place: result.Place{File: r.name}, Msg: err.Error(), Next: next, Err: err}
}

// argument is the value of an option in a command.
func argument(args []string, option string) (string, bool) {
	i := slices.Index(args, option)
	if i < 0 || i+1 >= len(args) {
		return "", false
	}
	return args[i+1], true
}

func absoluteTo(dir, name string) string {
	if path.IsAbs(name) {
		return name
	}
	return path.Join(dir, name)
}

// at is where the image has a path of the pod: its main file's directory stands
// for /etc/nginx, as for other forms of input.
func (r *imageReader) at(name string) string {
	if rel, ok := strings.CutPrefix(name, path.Dir(pod.ConfPath)+"/"); ok {
		if name == pod.ConfPath {
			return r.main
		}
		return path.Join(path.Dir(r.main), rel)
	}
	return name
}

// Open implements conf.Source.
func (r *imageReader) Open(name string) ([]byte, error) {
	name = clean(name)
	data, err := r.pod.Read(r.ctx, r.at(name))
	if errors.Is(err, fs.ErrNotExist) && r.at(name) != name {
		data, err = r.pod.Read(r.ctx, name)
	}
	if err == nil {
		r.baked[name] = data
	}
	return data, err
}

// Glob implements conf.Source; names are spelled as glob(3) does.
func (r *imageReader) Glob(pattern string) ([]string, error) {
	wild := conf.Wild(pattern)
	head := pattern[:strings.LastIndexByte(pattern[:wild], '/')+1]
	below := pattern[len(head):]
	dir := strings.TrimSuffix(clean(head), "/") + "/"
	var names []string
	for _, from := range slices.Compact([]string{strings.TrimSuffix(r.at(dir+"x"), "x"), dir}) {
		entries, err := r.pod.Glob(r.ctx, from+strings.ReplaceAll(below, "[!", "[^"))
		if err != nil {
			return nil, err
		}
		first := len(names) == 0
		for _, e := range entries {
			name := head + strings.TrimPrefix(e.Path, from)
			switch {
			case !conf.Match(below, name[len(head):]), slices.Contains(names, name):
			case first:
				names = append(names, name)
			default:
				r.strange = append(r.strange, pod.File{Path: e.Path})
			}
		}
	}
	return names, nil
}

// origin is how the owner knows a file.
func (r *imageReader) origin(name string) origin { return origin{file: r.name + ":" + r.at(name)} }

// explain says what stands in the way in the owner's terms.
func (r *imageReader) explain(err error) error {
	src := newSource(nil)
	for name, data := range r.baked {
		src.files[name], src.origins[name] = data, r.origin(name)
	}
	src.origins[pod.ConfPath] = r.origin(pod.ConfPath)
	err = src.explain(err)
	if e, ok := errors.AsType[*InputError](err); ok && errors.Is(e, fs.ErrNotExist) {
		e.Next = "the image holds no such file: docker run --rm " + r.ref + " nginx -t says the same"
	}
	return err
}

var variable = lazyregexp.New(`\$(?:\w+|\{\w+\})`)

// bake notes what the text names and the image has, and keeps the files.
func (r *imageReader) bake(to *baked, tree *conf.Tree) error {
	patterns := map[string]bool{"/etc/passwd": true, "/etc/group": true}
	for d := range tree.All() {
		for _, arg := range d.Args {
			for _, p := range r.patterns(arg.Text) {
				patterns[p] = true
				if dir := path.Dir(p); !strings.Contains(dir, "*") {
					patterns[dir] = true
				}
			}
		}
	}
	entries, err := r.pod.Glob(r.ctx, slices.Sorted(maps.Keys(patterns))...)
	if err != nil {
		return r.refuse(err, "")
	}
	for _, e := range entries {
		for _, name := range r.names(e.Path) {
			to.present[name] = e
			if err := r.keep(name, e); err != nil {
				return err
			}
		}
	}
	for _, file := range []string{"/etc/passwd", "/etc/group"} {
		for line := range strings.Lines(string(r.baked[file])) {
			name, _, _ := strings.Cut(line, ":")
			to.users = append(to.users, name)
		}
	}
	return nil
}

// patterns are the paths that an argument can mean, "*" for what a variable has.
func (r *imageReader) patterns(text string) []string {
	if strings.ContainsAny(text, "*?[]\\^(|\x00") {
		return nil
	}
	text = variable.ReplaceAllString(text, "*")
	if text == "" || strings.Count(text, "*") > 2 {
		return nil
	}
	all := []string{path.Clean(text)}
	if !path.IsAbs(text) {
		all = []string{path.Join(path.Dir(r.main), text), path.Join("/", r.prefix, text)}
	}
	return slices.DeleteFunc(all, func(p string) bool {
		top, _, _ := strings.Cut(p[1:], "/")
		return strings.Contains(top, "*") || slices.Contains([]string{"", "proc", "sys", "dev"}, top)
	})
}

// names are the paths in the pod of a file of the image.
func (r *imageReader) names(file string) []string {
	names := []string{file}
	if rel, ok := strings.CutPrefix(file, path.Dir(r.main)+"/"); ok && file != r.main {
		names = append(names, path.Join(path.Dir(pod.ConfPath), rel))
	}
	return slices.Compact(names)
}

// keep reads a file for [Config.Lookup].
func (r *imageReader) keep(name string, e pod.Entry) error {
	if _, known := r.baked[name]; known || !e.Regular || e.Size > maxBaked || path.Ext(name) == ".so" {
		return nil
	}
	if r.total += int(e.Size); r.total > maxAllBaked {
		return r.refuse(errors.New("the configuration names more than 64 MB of files"), "")
	}
	data, err := r.pod.Read(r.ctx, e.Path)
	if err != nil {
		return r.refuse(fmt.Errorf("read %s: %w", e.Path, err), "")
	}
	r.baked[name] = data
	return nil
}

// Baked says whether the image of the configuration has a directory, user or
// group, so that it need not be supplied.
func (c *Config) Baked(kind result.SuppliedKind, name string) bool {
	switch {
	case c.image == nil:
		return false
	case kind == result.SuppliedUser:
		return slices.Contains(c.image.users, name)
	}
	return kind == result.SuppliedDirectory && c.image.present[clean(name)].Dir
}
