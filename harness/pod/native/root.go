//go:build linux

package native

import (
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"

	"golang.org/x/sys/unix"

	"badgateway/harness/pod"
)

// newRoot is where the pod's root is put together; any directory will do, what
// it held is opened before it is covered.
const newRoot = "/tmp"

// shared is what the pod reads of the nginx's root file system, read-only:
// programs and libraries, public certificates, and no private key. Symbolic
// links among them are made anew.
var shared = []string{"/usr", "/bin", "/sbin", "/lib", "/lib32", "/lib64", "/libx32",
	"/etc/alternatives", "/etc/ssl/certs", "/etc/ssl/openssl.cnf"}

// copied are the files and directories of /etc that the pod gets a writable
// copy of. The host's own nginx.conf, sites and certificates are not among them.
var copied = []string{"ld.so.cache", "ld.so.conf", "ld.so.conf.d", "nsswitch.conf", "protocols", "services",
	"passwd", "group", "mime.types",
	"nginx/mime.types", "nginx/fastcgi.conf", "nginx/fastcgi_params", "nginx/uwsgi_params", "nginx/scgi_params",
	"nginx/proxy_params", "nginx/koi-utf", "nginx/koi-win", "nginx/win-utf", "nginx/snippets"}

// made are the pod's own directories, all in memory.
var made = map[string]uint32{"/tmp": 0o1777, "/run": 0o755, "/root": 0o700, "/dev/shm": 0o1777, "/proc": 0o755,
	"/sys": 0o755, "/var/tmp": 0o1777, "/var/log/nginx": 0o755, "/var/lib/nginx": 0o755, "/var/cache/nginx": 0o755,
	"/var/www/html": 0o755, "/etc/nginx/conf.d": 0o755}

// devices are bound from the host, read-only: that keeps nobody from writing to
// the device, but from giving its file away.
var devices = []string{"null", "zero", "full", "random", "urandom", "tty"}

// users are the accounts that configurations name and that distributions lack.
var users = map[string]int{"www-data": 33, "nginx": 101, "nobody": 65534}

// makeRoot gives this process a root file system in memory, with the nginx of
// root in it, and forgets the old one.
func makeRoot(p plan) error {
	err := unix.Mount("", "/", "", unix.MS_REC|unix.MS_PRIVATE, "")
	if errors.Is(err, unix.EINVAL) {
		return errors.New("the root directory is not a mount (a chroot?): mount --bind DIR DIR before chroot DIR")
	}
	if err != nil {
		return fmt.Errorf("make mounts private: %w", err)
	}
	tree, err := openTree(p.Root, append(slices.Clone(shared), binaryHome(p.Binary)...))
	if err != nil {
		return err
	}
	defer tree.close()
	etc, err := readEtc(filepath.Join(p.Root, "etc"))
	if err != nil {
		return err
	}
	dev, err := openTree("/dev", devices)
	if err != nil {
		return err
	}
	defer dev.close()
	// Files take of the pod's memory: they are ENOSPC before that is used up.
	size := fmt.Sprintf("mode=755,size=%d", p.Limits.Effective().Memory/2)
	if err := unix.Mount("tmpfs", newRoot, "tmpfs", unix.MS_NOSUID|unix.MS_NODEV, size); err != nil {
		return fmt.Errorf("mount tmpfs: %w", err)
	}
	for _, step := range []func() error{makeDirs, etc.write, func() error { return tree.bind(newRoot) },
		func() error { return dev.bind(newRoot + "/dev") }, func() error { return mountDisks(p.Disks) },
		mountProc, func() error { return setSysctls(p.Sysctls) }, lockProc, pivot} {
		if err := step(); err != nil {
			return err
		}
	}
	return nil
}

// binaryHome is what else must be shared for an nginx outside the shared
// directories: the directory that it was installed to, the store of a package
// manager that keeps libraries beside programs, or the package in /opt.
func binaryHome(binary string) []string {
	for _, dir := range shared {
		if strings.HasPrefix(binary, dir+"/") {
			return nil
		}
	}
	if strings.HasPrefix(binary, "/nix/") {
		return []string{"/nix/store"}
	}
	if name, ok := strings.CutPrefix(binary, "/opt/"); ok {
		name, _, _ = strings.Cut(name, "/")
		return []string{"/opt/" + name}
	}
	home := filepath.Dir(binary)
	if filepath.Base(home) == "sbin" && filepath.Dir(home) != "/" {
		home = filepath.Dir(home)
	}
	return []string{home}
}

func makeDirs() error {
	for dir, mode := range made {
		path := filepath.Join(newRoot, dir)
		if err := os.MkdirAll(path, 0o755); err != nil {
			return err
		}
		if err := unix.Chmod(path, mode); err != nil {
			return err
		}
	}
	links := map[string]string{"/var/run": "/run", "/dev/fd": "/proc/self/fd", "/dev/stdin": "/proc/self/fd/0",
		"/dev/stdout": "/proc/self/fd/1", "/dev/stderr": "/proc/self/fd/2"}
	for link, to := range links {
		if err := os.Symlink(to, newRoot+link); err != nil {
			return err
		}
	}
	return nil
}

// mountDisks mounts file systems of a given size.
func mountDisks(disks []pod.Disk) error {
	for _, d := range disks {
		at := filepath.Join(newRoot, d.Path)
		if err := os.MkdirAll(at, 0o755); err != nil {
			return err
		}
		if err := unix.Mount("tmpfs", at, "tmpfs", unix.MS_NOSUID|unix.MS_NODEV, fmt.Sprintf("mode=755,size=%d", d.Bytes)); err != nil {
			return fmt.Errorf("mount disk %s: %w", d.Path, err)
		}
	}
	return nil
}

// mountProc mounts the pod's own /proc.
func mountProc() error {
	if err := unix.Mount("proc", newRoot+"/proc", "proc", unix.MS_NOSUID|unix.MS_NODEV|unix.MS_NOEXEC, ""); err != nil {
		return fmt.Errorf("mount proc: %w", err)
	}
	return nil
}

// setSysctls sets what belongs to the pod's own network. An nginx that is not
// the pod's root listens on port 80 all the same.
func setSysctls(values map[string]string) error {
	all := map[string]string{"net.ipv4.ip_unprivileged_port_start": "0"}
	maps.Copy(all, values)
	for name, value := range all {
		if !strings.HasPrefix(name, "net.") || strings.ContainsAny(name, "/") {
			return fmt.Errorf("kernel setting %q is not of the pod's own network: only net.* is", name)
		}
		path := filepath.Join(newRoot, "proc/sys", strings.ReplaceAll(name, ".", "/"))
		if err := os.WriteFile(path, []byte(value), 0); err != nil {
			return fmt.Errorf("set %s: %w", name, err)
		}
	}
	return nil
}

// lockProc makes read-only what all pods and the machine have in common of
// /proc: uid 0 could write some of it without any capability, and nginx gives a
// file that is named as a temporary directory to its workers
// (src/core/ngx_file.c, ngx_create_paths).
func lockProc() error {
	entries, err := os.ReadDir(newRoot + "/proc")
	if err != nil {
		return err
	}
	for _, e := range entries {
		if _, err := strconv.Atoi(e.Name()); err == nil || e.Type()&fs.ModeSymlink != 0 {
			continue // a process of the pod, or a link to one
		}
		path := filepath.Join(newRoot, "proc", e.Name())
		if err := errors.Join(bind(path, path), readOnly(path)); err != nil {
			return fmt.Errorf("lock %s: %w", path, err)
		}
	}
	return nil
}

// pivot makes the new root the only one (pivot_root(2), "pivot_root(".", ".")").
func pivot() error {
	if err := unix.Chdir(newRoot); err != nil {
		return err
	}
	if err := unix.PivotRoot(".", "."); err != nil {
		return fmt.Errorf("pivot root: %w", err)
	}
	if err := unix.Unmount(".", unix.MNT_DETACH); err != nil {
		return fmt.Errorf("leave old root: %w", err)
	}
	return unix.Chdir("/")
}

func bind(from, to string) error {
	return unix.Mount(from, to, "", unix.MS_BIND|unix.MS_REC, "")
}

// readOnly makes a mount and all below it read-only (mount_setattr(2), Linux
// 5.12): it adds flags and keeps those that a user namespace may not clear.
func readOnly(path string) error {
	attr := &unix.MountAttr{Attr_set: unix.MOUNT_ATTR_RDONLY | unix.MOUNT_ATTR_NOSUID}
	if err := unix.MountSetattr(unix.AT_FDCWD, path, unix.AT_RECURSIVE, attr); err != nil {
		return fmt.Errorf("make %s read-only (Linux 5.12 or later): %w", path, err)
	}
	return nil
}
