// Package ordinary runs a test's own program once more as an ordinary user, for
// tests that root runs: what the user may not do, the program must do without.
// It is no part of the command.
package ordinary

import (
	"io"
	"os"
	"os/exec"
	"os/user"
	"path/filepath"
	"strconv"
)

// T is what it needs of a test.
type T interface {
	Helper()
	Cleanup(func())
	Skipf(format string, args ...any)
	Fatalf(format string, args ...any)
}

// Name is the user: one that every system has and that owns nothing.
const Name = "nobody"

// Kind is what the user may map into a user namespace.
type Kind string

// The kinds (user_namespaces(7), subuid(5)).
const (
	Alone  Kind = "no subordinate ids"
	Mapped Kind = "subordinate ids"
)

// become changes to the user. The files with subordinate ids are covered in a
// mount namespace of its own: the machine's stay as they are.
const become = `mount --bind "$1" /etc/subuid && mount --bind "$1" /etc/subgid && shift && exec setpriv --reuid="$1" --regid="$2" --clear-groups "$3" "${@:4}"`

// Command is a command that runs a copy of this program, called name, as a user
// of a kind, in a directory of the user's own, which is HOME and TMPDIR too and
// ends with the test. It skips where the caller is no root.
func Command(t T, kind Kind, name string, args ...string) *exec.Cmd {
	t.Helper()
	if os.Geteuid() != 0 {
		t.Skipf("this user is an ordinary one, for the other tests too")
	}
	who, err := user.Lookup(Name)
	must(t, err)
	dir, err := os.MkdirTemp("", "badgateway-user-")
	must(t, err)
	t.Cleanup(func() { must(t, os.RemoveAll(dir)) })
	program, home, ids := filepath.Join(dir, name), filepath.Join(dir, "home"), filepath.Join(dir, "ids")
	must(t, copyTo(program))
	must(t, os.Mkdir(home, 0o755))
	must(t, os.Chmod(dir, 0o755))
	uid, err := strconv.Atoi(who.Uid)
	must(t, err)
	gid, err := strconv.Atoi(who.Gid)
	must(t, err)
	must(t, os.Chown(home, uid, gid))
	ranges := ""
	if kind == Mapped {
		ranges = Name + ":300000:65536\n"
	}
	must(t, os.WriteFile(ids, []byte(ranges), 0o644))
	cmd := exec.Command("unshare", append([]string{"--mount", "bash", "-c", become, "bash", ids, who.Uid, who.Gid, program}, args...)...)
	cmd.Dir = home
	cmd.Env = append(os.Environ(), "HOME="+home, "TMPDIR="+home, "USER="+Name, "XDG_CACHE_HOME="+filepath.Join(home, ".cache"))
	return cmd
}

// copyTo copies this program to where everybody may run it.
func copyTo(path string) error {
	self, err := os.Open("/proc/self/exe")
	if err != nil {
		return err
	}
	defer self.Close()
	to, err := os.OpenFile(path, os.O_CREATE|os.O_WRONLY|os.O_EXCL, 0o755)
	if err != nil {
		return err
	}
	if _, err := io.Copy(to, self); err != nil {
		return err
	}
	return to.Close()
}

func must(t T, err error) {
	t.Helper()
	if err != nil {
		t.Fatalf("run as %s: %v", Name, err)
	}
}
