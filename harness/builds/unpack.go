package builds

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"sync"

	"golang.org/x/sync/errgroup"
)

// merged are the top-level links of a merged /usr (file-hierarchy(7)). They
// come first, so that packages of older suites unpack through them.
var merged = []string{"bin", "sbin", "lib", "lib32", "lib64", "libx32"}

// leftOut of the root: nothing of it is read while nginx or a tool runs.
var leftOut = []string{
	"./usr/share/doc/*", "./usr/share/man/*", "./usr/share/locale/*", "./usr/share/info/*", "./usr/share/lintian/*",
	"./usr/share/bash-completion/*", "./usr/share/bug/*", "./usr/share/perl5/*", "./usr/share/fonts/*",
	"./usr/lib/*/gconv/*", "./usr/lib/*/perl-base/*", "./usr/lib/*/perl/*", "./usr/share/perl/*", "./usr/lib/*/libperl.so*", "./usr/bin/perl*", "./usr/share/zoneinfo/*", "./usr/lib/udev/*", "./lib/udev/*",
	"./usr/lib/systemd/*", "./lib/systemd/*", "./usr/share/i18n/*", "./usr/share/mime/*",
}

// unpackers is how many packages are unpacked at once: decompression is the work.
const unpackers = 4

// unpack makes the root from the packages and says what they are.
func (f fetch) unpack(ctx context.Context, files []string, root string) ([]Package, error) {
	if err := layOut(root); err != nil {
		return nil, err
	}
	packages := make([]Package, len(files))
	var mu sync.Mutex
	done := 0
	group, ctx := errgroup.WithContext(ctx)
	group.SetLimit(unpackers)
	for i, file := range files {
		group.Go(func() (err error) {
			if packages[i], err = describe(ctx, file); err != nil {
				return err
			}
			if err := unpackOne(ctx, file, root); err != nil {
				return err
			}
			mu.Lock()
			defer mu.Unlock()
			done++
			f.opts.report(100*float64(done)/float64(len(files)), "%s: unpack %d packages", f.suite.Name, len(files))
			return nil
		})
	}
	if err := group.Wait(); err != nil {
		return nil, err
	}
	return packages, dropPrivileges(root)
}

// layOut makes the directories and links that packages rely on.
func layOut(root string) error {
	for _, name := range merged {
		if err := os.MkdirAll(filepath.Join(root, "usr", name), 0o755); err != nil {
			return fmt.Errorf("make root: %w", err)
		}
		if err := os.Symlink("usr/"+name, filepath.Join(root, name)); err != nil {
			return fmt.Errorf("make root: %w", err)
		}
	}
	return nil
}

// describe reads a package's name and version, and hashes it.
func describe(ctx context.Context, file string) (Package, error) {
	cmd := command(ctx, "dpkg-deb", "--show", "--showformat=${Package} ${Version}", file)
	var out bytes.Buffer
	cmd.Stdout = &out
	if err := run(cmd); err != nil {
		return Package{}, fmt.Errorf("read package %s: %w", filepath.Base(file), err)
	}
	name, version, _ := strings.Cut(out.String(), " ")
	data, err := os.Open(file)
	if err != nil {
		return Package{}, fmt.Errorf("read package: %w", err)
	}
	defer data.Close()
	sum := sha256.New()
	if _, err := io.Copy(sum, data); err != nil {
		return Package{}, fmt.Errorf("read package %s: %w", filepath.Base(file), err)
	}
	return Package{Name: name, Version: version, SHA256: hex.EncodeToString(sum.Sum(nil))}, nil
}

// unpackOne is dpkg-deb --fsys-tarfile FILE | tar -x. Its files belong to
// whoever fetches, so it works without privilege.
func unpackOne(ctx context.Context, file, root string) error {
	args := []string{"-x", "-C", root, "--keep-directory-symlink", "--no-same-owner", "--same-permissions"}
	for _, pattern := range leftOut {
		args = append(args, "--exclude="+pattern)
	}
	r, w, err := os.Pipe()
	if err != nil {
		return fmt.Errorf("unpack %s: %w", filepath.Base(file), err)
	}
	var complaint, grievance bytes.Buffer
	unpack, list := command(ctx, "tar", args...), command(ctx, "dpkg-deb", "--fsys-tarfile", file)
	unpack.Stdin, unpack.Stderr = r, &complaint
	list.Stdout, list.Stderr = w, &grievance
	packed := make(chan error, 1)
	go func() {
		err := run(list)
		packed <- errors.Join(err, w.Close())
	}()
	err = run(unpack)
	err = errors.Join(err, r.Close(), <-packed)
	if err != nil {
		return fmt.Errorf("unpack %s: %w: %s%s", filepath.Base(file), err, complaint.Bytes(), grievance.Bytes())
	}
	return nil
}

// dropPrivileges takes the set-id bits off: nothing here is meant to be run by
// another user.
func dropPrivileges(root string) error {
	return filepath.WalkDir(root, func(path string, entry fs.DirEntry, err error) error {
		if err != nil {
			return fmt.Errorf("walk root: %w", err)
		}
		info, err := entry.Info()
		if err != nil {
			return fmt.Errorf("walk root: %w", err)
		}
		if !info.Mode().IsRegular() || info.Mode()&(fs.ModeSetuid|fs.ModeSetgid) == 0 {
			return nil
		}
		if err := os.Chmod(path, info.Mode().Perm()); err != nil {
			return fmt.Errorf("take set-id bits off: %w", err)
		}
		return nil
	})
}
