package builds

import (
	"archive/tar"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"strings"
)

// maxLinks bounds how many symbolic links one path may go through, as the
// kernel does (path_resolution(7)).
const maxLinks = 40

// packer copies parts of a root file system into an archive, each path once.
// It follows symbolic links inside the root by itself and never leaves it.
type packer struct {
	ctx  context.Context
	tar  *tar.Writer
	root string
	seen map[string]bool
	// public leaves out what not everybody may read.
	public bool
}

// add packs the file or directory entry at name, with every directory and
// symbolic link on the way to it.
func (p *packer) add(name string) error {
	_, err := p.walk(name, maxLinks)
	return err
}

// walk is add; it returns the path that name leads to.
func (p *packer) walk(name string, links int) (string, error) {
	if links == 0 {
		return "", fmt.Errorf("pack %s: too many symbolic links", name)
	}
	at, rest := "/", strings.Split(strings.Trim(path.Clean("/"+name), "/"), "/")
	for i, part := range rest {
		at = path.Join(at, part)
		info, err := os.Lstat(p.host(at))
		if err != nil {
			return "", fmt.Errorf("pack %s: %w", name, err)
		}
		if info.Mode()&fs.ModeSymlink == 0 {
			if err := p.entry(at, info, ""); err != nil {
				return "", err
			}
			continue
		}
		target, err := os.Readlink(p.host(at))
		if err != nil {
			return "", fmt.Errorf("pack %s: %w", name, err)
		}
		if err := p.entry(at, info, target); err != nil {
			return "", err
		}
		if !path.IsAbs(target) {
			target = path.Join(path.Dir(at), target)
		}
		return p.walk(path.Join(append([]string{target}, rest[i+1:]...)...), links-1)
	}
	return at, nil
}

// addTree packs everything at and below name. A symbolic link below it is
// packed as it is; where it leads need not exist.
func (p *packer) addTree(name string) error {
	at, err := "/", error(nil)
	if name != "/" {
		if at, err = p.walk(name, maxLinks); err != nil {
			return err
		}
	}
	return filepath.WalkDir(p.host(at), func(file string, _ fs.DirEntry, err error) error {
		if err != nil {
			return fmt.Errorf("pack %s: %w", file, err)
		}
		return p.visit(file)
	})
}

// visit packs one path of a tree, given as the host sees it.
func (p *packer) visit(file string) error {
	below, err := filepath.Rel(p.root, file)
	if err != nil {
		return fmt.Errorf("pack %s: %w", file, err)
	}
	info, err := os.Lstat(file)
	if err != nil {
		return fmt.Errorf("pack %s: %w", file, err)
	}
	if p.public && info.IsDir() && info.Mode()&0o005 != 0o005 {
		return fs.SkipDir
	}
	target := ""
	if info.Mode()&fs.ModeSymlink != 0 {
		if target, err = os.Readlink(file); err != nil {
			return fmt.Errorf("pack %s: %w", file, err)
		}
	}
	return p.entry(path.Join("/", below), info, target)
}

// entry writes one entry, once. Sockets, pipes and devices are left out.
func (p *packer) entry(name string, info fs.FileInfo, target string) error {
	if p.seen[name] {
		return nil
	}
	if p.public && info.Mode().IsRegular() && info.Mode()&0o004 == 0 {
		return nil
	}
	p.seen[name] = true
	switch info.Mode().Type() {
	case 0, fs.ModeDir, fs.ModeSymlink:
	default:
		return nil
	}
	header, err := tar.FileInfoHeader(info, target)
	if err != nil {
		return fmt.Errorf("pack %s: %w", name, err)
	}
	header.Name = strings.TrimPrefix(name, "/")
	if info.IsDir() {
		header.Name += "/"
	}
	header.Uid, header.Gid, header.Uname, header.Gname = 0, 0, "", ""
	if !info.Mode().IsRegular() {
		return p.header(header)
	}
	return p.copy(name, header)
}

// copy writes a file's entry with its data.
func (p *packer) copy(name string, header *tar.Header) error {
	file, err := os.Open(p.host(name))
	if err != nil {
		return fmt.Errorf("pack %s: %w", name, err)
	}
	defer file.Close()
	if err := p.header(header); err != nil {
		return err
	}
	if _, err := io.CopyN(p.tar, file, header.Size); err != nil {
		return fmt.Errorf("pack %s: %w", name, err)
	}
	return nil
}

// makeDir writes a directory and those above it, and returns the path that
// name leads to. What the root has, links included, is packed as it is.
func (p *packer) makeDir(d dir) (string, error) {
	at, err := p.walk(d.path, maxLinks)
	if err == nil || !errors.Is(err, fs.ErrNotExist) {
		return at, err
	}
	parent, err := p.makeDir(dir{path: path.Dir(d.path), mode: 0o755})
	if err != nil {
		return "", err
	}
	at = path.Join(parent, path.Base(d.path))
	if p.seen[at] {
		return at, nil
	}
	p.seen[at] = true
	return at, p.header(&tar.Header{Typeflag: tar.TypeDir, Name: strings.TrimPrefix(at, "/") + "/", Mode: d.mode})
}

func (p *packer) header(h *tar.Header) error {
	if err := p.ctx.Err(); err != nil {
		return err
	}
	if err := p.tar.WriteHeader(h); err != nil {
		return fmt.Errorf("pack %s: %w", h.Name, err)
	}
	return nil
}

// host is the path of name outside the root.
func (p *packer) host(name string) string { return filepath.Join(p.root, name) }
