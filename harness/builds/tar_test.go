package builds

import (
	"archive/tar"
	"context"
	"errors"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"syscall"
	"testing"

	"badgateway/harness/nginx"

	"github.com/stretchr/testify/require"
)

// usable is run inside a root: nginx accepts its own configuration, and every
// tool that scenarios execute starts.
const usable = `set -e
nginx -t
for tool in sh grep sed awk cat nc curl ss ip openssl sleep id; do command -v $tool; done
curl --version; ss -V; ip -V; openssl version; echo x | grep -q x; echo x | sed s/x/y/; awk 'BEGIN { print 1 }'
test "$(id -u www-data)" = 33
test -s /etc/ssl/certs/ca-certificates.crt
test -s /etc/nginx/mime.types
`

// requireUsable runs the script in root: as root by chroot(2), as an ordinary
// user in a user namespace of its own.
func requireUsable(t *testing.T, root string) {
	t.Helper()
	cmd := exec.Command("/bin/sh", "-c", usable)
	cmd.Dir, cmd.Env = "/", []string{"PATH=/usr/sbin:/usr/bin:/sbin:/bin"}
	cmd.SysProcAttr = &syscall.SysProcAttr{Chroot: root}
	if os.Getuid() != 0 {
		cmd.SysProcAttr.Cloneflags = syscall.CLONE_NEWUSER
		cmd.SysProcAttr.UidMappings = []syscall.SysProcIDMap{{HostID: os.Getuid(), Size: 1}}
		cmd.SysProcAttr.GidMappings = []syscall.SysProcIDMap{{HostID: os.Getgid(), Size: 1}}
	}
	out, err := cmd.CombinedOutput()
	require.NoError(t, err, string(out))
}

func hostBuild(t *testing.T) nginx.Build {
	t.Helper()
	build, err := Resolve(t.Context(), "", Options{Dir: t.TempDir()})
	var gone *Unavailable
	if errors.As(err, &gone) {
		missing(t, "%v", err)
	}
	require.NoError(t, err)
	return build
}

// TestTarOfHost unpacks the archive of the host's nginx elsewhere and runs it.
func TestTarOfHost(t *testing.T) {
	for _, tool := range []string{"curl", "nc", "ss", "ip", "openssl"} {
		if _, err := exec.LookPath(tool); err != nil {
			missing(t, "the host's archive holds the host's tools, and this host has no %s", tool)
		}
	}
	archive, err := Tar(t.Context(), hostBuild(t))
	require.NoError(t, err)
	root := t.TempDir()
	unpack := exec.Command("tar", "-x", "-p", "--no-same-owner", "-C", root)
	unpack.Stdin = archive
	out, err := unpack.CombinedOutput()
	require.NoError(t, err, string(out))
	require.NoError(t, archive.Close())
	requireUsable(t, root)
}

// TestTarEntries packs a small root: everything belongs to root, links stay
// links, what is not for everybody is left out, nothing comes twice.
func TestTarEntries(t *testing.T) {
	root := t.TempDir()
	require.NoError(t, os.MkdirAll(filepath.Join(root, "usr/lib/nginx"), 0o755))
	require.NoError(t, os.Symlink("usr/lib", filepath.Join(root, "lib")))
	require.NoError(t, os.Symlink("/lib/nginx/module.so", filepath.Join(root, "usr/lib/link.so")))
	require.NoError(t, os.WriteFile(filepath.Join(root, "usr/lib/nginx/module.so"), []byte("code"), 0o644))
	require.NoError(t, os.MkdirAll(filepath.Join(root, "etc/private"), 0o700))
	require.NoError(t, os.WriteFile(filepath.Join(root, "etc/private/a"), nil, 0o644))
	require.NoError(t, os.WriteFile(filepath.Join(root, "etc/key.pem"), []byte("secret"), 0o600))
	require.NoError(t, syscall.Mkfifo(filepath.Join(root, "etc/pipe"), 0o644))

	c := contents{files: []string{"/lib/link.so"}, trees: []string{"/usr", "/etc"}, public: true,
		dirs: []dir{{"/tmp", 0o1777}, {"/lib/nginx/new/deep", 0o755}}}
	r, w := io.Pipe()
	go func() { w.CloseWithError(write(context.Background(), w, root, c)) }()
	var names []string
	for archive := tar.NewReader(r); ; {
		h, err := archive.Next()
		if errors.Is(err, io.EOF) {
			break
		}
		require.NoError(t, err)
		require.Zero(t, h.Uid+h.Gid, h.Name)
		names = append(names, h.Name+h.Linkname)
	}
	require.Equal(t, []string{
		"libusr/lib", "usr/", "usr/lib/", "usr/lib/link.so/lib/nginx/module.so", "usr/lib/nginx/", "usr/lib/nginx/module.so",
		"etc/", "tmp/", "usr/lib/nginx/new/", "usr/lib/nginx/new/deep/",
	}, names)
}

func TestTarOfLinkLoop(t *testing.T) {
	root := t.TempDir()
	require.NoError(t, os.Symlink("b", filepath.Join(root, "a")))
	require.NoError(t, os.Symlink("a", filepath.Join(root, "b")))
	require.ErrorContains(t, write(t.Context(), io.Discard, root, contents{files: []string{"/a"}}), "too many symbolic links")
}

// TestTarGivenUp closes or cancels early: the leak gate sees that the packing ends.
func TestTarGivenUp(t *testing.T) {
	build := hostBuild(t)
	ctx, cancel := context.WithCancel(t.Context())
	closed, err := Tar(ctx, build)
	require.NoError(t, err)
	require.NoError(t, closed.Close())
	cancelled, err := Tar(ctx, build)
	require.NoError(t, err)
	cancel()
	_, err = io.Copy(io.Discard, cancelled)
	require.ErrorIs(t, err, context.Canceled)
}

func TestTarOfImage(t *testing.T) {
	_, err := Tar(t.Context(), nginx.Build{Spec: "image:nginx", Image: "nginx"})
	require.ErrorContains(t, err, "no root file system")
}
