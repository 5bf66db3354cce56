package config

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"
	"syscall"

	"badgateway/harness/nginx/conf"
)

// confDirs are the directories that hold nginx's configuration in the systems
// around; each stands for the configuration's own tree. The first is the pod's.
var confDirs = []string{"/etc/nginx", "/usr/local/etc/nginx", "/usr/local/nginx/conf", "/usr/local/openresty/nginx/conf",
	"/opt/bitnami/nginx/conf", "/opt/nginx/conf", "/opt/homebrew/etc/nginx"}

// maxLinks bounds the symbolic links on the way to one file.
const maxLinks = 40

// tree is the configuration's own directory and what is above it. Nothing
// outside of top is read.
type tree struct {
	top   string   // absolute
	root  *os.Root // at top, while there are users
	users int
	// dirs are those that stand for /etc/nginx, nearest first, relative to top;
	// shownAs are they as the owner writes them.
	dirs, shownAs []string
	found         map[string]string // by path in the pod: relative to top
}

// openTree opens the tree of a file in dir; root, if given, is all of it.
func openTree(dir, root string) (*tree, error) {
	given := dir
	if root != "" {
		given = root
	}
	base, err := filepath.Abs(given)
	if err == nil {
		base, err = filepath.EvalSymlinks(base)
	}
	if err != nil {
		return nil, fmt.Errorf("open the directory that stands for /etc/nginx, %s: %w", given, reasonOf(err))
	}
	t := &tree{top: base, found: map[string]string{}}
	levels := 0
	if root == "" {
		t.top, levels = topOf(base)
	}
	for n := 0; n <= levels; n++ {
		rel, err := filepath.Rel(t.top, base)
		if err != nil {
			return nil, err
		}
		t.dirs = append(t.dirs, filepath.ToSlash(rel))
		t.shownAs = append(t.shownAs, filepath.Join(given, strings.Repeat("../", n)))
		base = filepath.Dir(base)
	}
	return t, t.open()
}

// open opens the tree; as many calls of close shut it.
func (t *tree) open() (err error) {
	if t.users == 0 {
		if t.root, err = os.OpenRoot(t.top); err != nil {
			return fmt.Errorf("open the configuration's tree: %w", reasonOf(err))
		}
	}
	t.users++
	return nil
}

func (t *tree) close() {
	if t.users--; t.users == 0 {
		_ = t.root.Close()
		t.root = nil
	}
}

// topOf is the highest directory above base that belongs to the configuration,
// and how many levels it is up.
func topOf(base string) (top string, levels int) {
	home, _ := os.UserHomeDir()
	for top = base; ; levels++ {
		up := filepath.Dir(top)
		_, err := os.Lstat(filepath.Join(top, ".git"))
		if err == nil || up == top || up == home || filepath.Dir(up) == up || filepath.Dir(filepath.Dir(up)) == filepath.Dir(up) {
			return top, levels
		}
		top = up
	}
}

// inside is a path below one of confDirs.
func inside(name string) (rel string, ok bool) {
	for _, dir := range confDirs {
		if rel, ok := strings.CutPrefix(name, dir+"/"); ok {
			return rel, true
		}
	}
	return "", false
}

// candidate is where a path of the pod may lie in the tree.
type candidate struct {
	dir   int    // of tree.dirs
	rel   string // to top
	exact bool   // where /etc/nginx stands for the directory
}

// candidates of a clean absolute path, the best first: where it says, from
// directories above, in a copy of a whole file system, and last by the end of
// its path alone.
func (t *tree) candidates(name string) []candidate {
	var out []candidate
	add := func(rel string, exact bool) {
		for i, dir := range t.dirs {
			at := path.Join(dir, rel)
			if at != ".." && !strings.HasPrefix(at, "../") {
				out = append(out, candidate{dir: i, rel: at, exact: exact})
			}
		}
	}
	rel, ok := inside(name)
	if ok {
		add(rel, true)
	} else if rel, ok := strings.CutPrefix(name, "/etc/"); ok {
		if at := path.Join(t.dirs[0], "..", rel); !strings.HasPrefix(at, "../") { // include ../x
			out = append(out, candidate{rel: at})
		}
	}
	for part := strings.TrimPrefix(name, "/"); ; {
		if part != rel {
			add(part, false)
		}
		_, rest, more := strings.Cut(part, "/")
		if !more || conf.Wild(rest) >= 0 && !strings.Contains(rest, "/") {
			return out
		}
		part = rest
	}
}

// shown are the files that were looked for, as the owner writes them.
func (t *tree) shown(name string) []string {
	var out []string
	for _, c := range t.candidates(clean(name)) {
		if c.exact || len(out) == 0 {
			out = append(out, t.show(c.rel))
		}
	}
	return out
}

// show is a path of the tree as the owner writes it: from the directory of the
// file that was given.
func (t *tree) show(rel string) string {
	for i, dir := range t.dirs {
		if dir == "." {
			return filepath.Join(t.shownAs[i], rel)
		}
		if rest, ok := strings.CutPrefix(rel, dir+"/"); ok {
			return filepath.Join(t.shownAs[i], rest)
		}
	}
	return rel
}

// errOutside is a symbolic link out of the tree.
type errOutside struct{ link, target, top string }

func (e *errOutside) Error() string {
	return fmt.Sprintf("the symbolic link %s leads to %s, outside of %s, and is not followed", e.link, e.target, e.top)
}

// find gives where a path of the pod lies in the tree, links resolved.
func (t *tree) find(name string) (real string, c candidate, err error) {
	if rel, ok := t.found[name]; ok {
		real, err := t.real(rel, new(int))
		return real, candidate{rel: rel, exact: true}, err
	}
	for _, c := range t.candidates(name) {
		for _, variant := range variants(c) {
			real, err := t.real(variant.rel, new(int))
			if err == nil && !c.exact {
				if info, err := t.root.Stat(real); err == nil && info.IsDir() {
					continue
				}
			}
			if err == nil || !missing(err) {
				return real, variant, err
			}
		}
	}
	return "", candidate{}, fs.ErrNotExist
}

// sampleSuffixes are how files end that their owner copies to the name without.
var sampleSuffixes = []string{".sample", ".example", ".dist"}

// variants are a file and what it is made of: the templates of the official
// image, beside it or in templates instead of conf.d, or a sample.
func variants(c candidate) []candidate {
	out := []candidate{c}
	for _, suffix := range slices.Concat(templateSuffixes, sampleSuffixes) {
		out = append(out, candidate{c.dir, c.rel + suffix, c.exact})
	}
	if name, ok := inTemplates(c.rel); ok {
		out = append(out, candidate{c.dir, name + templateSuffixes[0], c.exact})
	}
	return out
}

func missing(err error) bool {
	return errors.Is(err, fs.ErrNotExist) || errors.Is(err, syscall.ENOTDIR)
}

// real resolves the symbolic links of a path. An absolute target is a path of
// the pod, or one in the tree.
func (t *tree) real(rel string, links *int) (string, error) {
	done := "."
	parts := strings.Split(rel, "/")
	for i, part := range parts {
		next := path.Join(done, part)
		info, err := t.root.Lstat(next)
		if err != nil {
			return "", reasonOf(err)
		}
		if info.Mode()&fs.ModeSymlink == 0 {
			done = next
			continue
		}
		if *links++; *links > maxLinks {
			return "", errors.New("too many symbolic links")
		}
		target, err := t.root.Readlink(next)
		if err != nil {
			return "", reasonOf(err)
		}
		to, err := t.follow(next, filepath.ToSlash(target), links)
		if err != nil {
			return "", err
		}
		return t.real(path.Join(append([]string{to}, parts[i+1:]...)...), links)
	}
	return done, nil
}

// follow gives where a link leads in the tree.
func (t *tree) follow(link, target string, links *int) (string, error) {
	refuse := &errOutside{link: t.show(link), target: target, top: t.top}
	if !path.IsAbs(target) {
		to := path.Join(path.Dir(link), target)
		if to == ".." || strings.HasPrefix(to, "../") {
			return "", refuse
		}
		return to, nil
	}
	if rel, err := filepath.Rel(t.top, filepath.FromSlash(target)); err == nil && filepath.IsLocal(rel) {
		return filepath.ToSlash(rel), nil
	}
	if rel, ok := inside(path.Clean(target)); ok {
		for _, dir := range t.dirs {
			if to, err := t.real(path.Join(dir, rel), links); err == nil {
				return to, nil
			}
		}
		return "", fs.ErrNotExist
	}
	if to, ok := t.moved(target, links); ok {
		return to, nil
	}
	return "", refuse
}

// moved is where the tree has the target of a link that was made where the tree
// lay before: the longest end of the path, of two names at least.
func (t *tree) moved(target string, links *int) (string, bool) {
	for part := strings.TrimPrefix(path.Clean(target), "/"); strings.Contains(part, "/"); _, part, _ = strings.Cut(part, "/") {
		for _, dir := range t.dirs {
			if to := path.Join(dir, part); *links <= maxLinks {
				if real, err := t.real(to, links); err == nil {
					return real, true
				}
			}
		}
	}
	return "", false
}

// read reads a regular file at a resolved path.
func (t *tree) read(real string) ([]byte, error) {
	f, err := openQuietly(func(flag int) (*os.File, error) { return t.root.OpenFile(real, flag, 0) })
	if err != nil {
		return nil, err
	}
	defer f.Close()
	info, err := f.Stat()
	switch {
	case err != nil:
		return nil, reasonOf(err)
	case !info.Mode().IsRegular():
		return nil, notRegular(info)
	case info.Size() > maxFile:
		return nil, errors.New("more than 64 MB")
	}
	data, err := io.ReadAll(io.LimitReader(f, maxFile))
	return data, reasonOf(err)
}

// lookup reads a file for those who use a Config after it was read.
func (t *tree) lookup(name string) ([]byte, error) {
	if err := t.open(); err != nil {
		return nil, err
	}
	defer t.close()
	for _, c := range t.candidates(name) {
		if !c.exact && c.rel != path.Join(t.dirs[c.dir], name) {
			continue
		}
		if real, err := t.real(c.rel, new(int)); err == nil {
			return t.read(real)
		}
	}
	return nil, fs.ErrNotExist
}

// clean is a path of the pod without "." and "..".
func clean(name string) string { return path.Clean("/" + name) }

// sortedUnique sorts as glob(3) does.
func sortedUnique(names []string) []string {
	slices.Sort(names)
	return slices.Compact(names)
}
