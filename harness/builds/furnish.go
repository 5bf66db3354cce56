package builds

import (
	"bytes"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
)

// The files that maintainer scripts would have made. Ids are Debian's fixed
// ones (base-passwd); "nginx" is the user of nginx.org's packages, which many
// configurations name.
const (
	passwd = `root:x:0:0:root:/root:/bin/sh
daemon:x:1:1:daemon:/usr/sbin:/usr/sbin/nologin
bin:x:2:2:bin:/bin:/usr/sbin/nologin
www-data:x:33:33:www-data:/var/www:/usr/sbin/nologin
nginx:x:101:101:nginx user:/nonexistent:/usr/sbin/nologin
nobody:x:65534:65534:nobody:/nonexistent:/usr/sbin/nologin
`
	group = `root:x:0:
daemon:x:1:
bin:x:2:
adm:x:4:
tty:x:5:
www-data:x:33:
nginx:x:101:
nogroup:x:65534:
nobody:x:65533:
`
	nsswitch = `passwd: files
group: files
hosts: files dns
services: files
`
	hosts = "127.0.0.1 localhost\n::1 localhost\n"
)

// furnish makes a root of unpacked packages usable: users, name service,
// shell, modules, certificates, and the directories that nginx writes to. The
// loader needs no ld.so.cache: Debian's looks into the multiarch directories
// by itself (ld.so(8)), and ldconfig(8) in another root needs privilege.
func furnish(root string) error {
	for _, d := range standardDirs {
		path := filepath.Join(root, d.path)
		if err := os.MkdirAll(path, 0o755); err != nil {
			return fmt.Errorf("furnish root: %w", err)
		}
		if err := os.Chmod(path, unixMode(d.mode)); err != nil {
			return fmt.Errorf("furnish root: %w", err)
		}
	}
	files := map[string]string{"etc/passwd": passwd, "etc/group": group, "etc/nsswitch.conf": nsswitch, "etc/hosts": hosts}
	for name, text := range files {
		if err := os.WriteFile(filepath.Join(root, name), []byte(text), 0o644); err != nil {
			return fmt.Errorf("furnish root: %w", err)
		}
	}
	for _, l := range links {
		if err := l.make(root); err != nil {
			return err
		}
	}
	return errors.Join(enableModules(root), bundleCertificates(root))
}

// link is a symbolic link that a maintainer script would have made.
type link struct{ name, target string }

// links are made where nothing has the name but the root has the target.
var links = []link{
	{"usr/bin/sh", "dash"},
	{"usr/bin/awk", "mawk"},
	{"usr/bin/nc", "nc.openbsd"},
}

func (l link) make(root string) error {
	name := filepath.Join(root, l.name)
	if _, err := os.Lstat(name); err == nil {
		return nil
	}
	if _, err := os.Lstat(filepath.Join(filepath.Dir(name), l.target)); err != nil {
		return fmt.Errorf("furnish root: %w", err)
	}
	if err := os.Symlink(l.target, name); err != nil {
		return fmt.Errorf("furnish root: %w", err)
	}
	return nil
}

// enableModules links the modules of [packages] into modules-enabled, as Debian's
// nginx packages do. The others are there for configurations that name them, and
// what a package enabled itself is off.
func enableModules(root string) error {
	const available = "/usr/share/nginx/modules-available/"
	enabled := filepath.Join(root, "etc/nginx/modules-enabled")
	if err := os.RemoveAll(enabled); err != nil {
		return fmt.Errorf("disable modules: %w", err)
	}
	if err := os.MkdirAll(enabled, 0o755); err != nil {
		return fmt.Errorf("enable modules: %w", err)
	}
	for _, name := range packages {
		module, ok := strings.CutPrefix(name, modulePrefix)
		if !ok {
			continue
		}
		file := "mod-" + module + ".conf"
		if _, err := os.Lstat(filepath.Join(root, available, file)); err != nil {
			continue // compiled in, in this suite
		}
		if err := os.Symlink(available+file, filepath.Join(enabled, "50-"+file)); err != nil {
			return fmt.Errorf("enable module: %w", err)
		}
	}
	return nil
}

// bundleCertificates writes the bundle of all certification authorities, as
// update-ca-certificates(8) does.
func bundleCertificates(root string) error {
	authorities, err := filepath.Glob(filepath.Join(root, "usr/share/ca-certificates/mozilla/*.crt"))
	if err != nil {
		return fmt.Errorf("find certificates: %w", err)
	}
	var bundle bytes.Buffer
	for _, file := range authorities {
		data, err := os.ReadFile(file)
		if err != nil {
			return fmt.Errorf("bundle certificates: %w", err)
		}
		bundle.Write(append(bytes.TrimSpace(data), '\n'))
	}
	dir := filepath.Join(root, "etc/ssl/certs")
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return fmt.Errorf("bundle certificates: %w", err)
	}
	if err := os.WriteFile(filepath.Join(dir, "ca-certificates.crt"), bundle.Bytes(), 0o644); err != nil {
		return fmt.Errorf("bundle certificates: %w", err)
	}
	return nil
}

// unixMode is the fs.FileMode of permission bits with the sticky bit.
func unixMode(mode int64) fs.FileMode {
	m := fs.FileMode(mode).Perm()
	if mode&0o1000 != 0 {
		m |= fs.ModeSticky
	}
	return m
}
