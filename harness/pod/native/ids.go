//go:build linux

package native

import (
	"bytes"
	"cmp"
	"fmt"
	"os"
	"os/exec"
	"os/user"
	"runtime"
	"strconv"
	"strings"
	"sync"
	"syscall"
)

// namespaces of every pod; a user namespace is added for an ordinary user.
const namespaces = syscall.CLONE_NEWNET | syscall.CLONE_NEWPID | syscall.CLONE_NEWNS | syscall.CLONE_NEWIPC | syscall.CLONE_NEWUTS

// lockThread keeps the goroutine on its thread for ever.
func lockThread() { runtime.LockOSThread() }

// ids is how user ids get into a pod.
type ids struct {
	root   bool     // real root: no user namespace
	helper bool     // a range of subordinate ids, through newuidmap(1)
	uids   []string // arguments of newuidmap
	gids   []string
	whyNot error // why the pod has no second user id; nil when it has
}

// mappable finds out once what this user may map.
var mappable = sync.OnceValue(func() ids {
	if os.Geteuid() == 0 {
		return ids{root: true}
	}
	uids, uerr := subordinate("/etc/subuid", "newuidmap", os.Geteuid())
	gids, gerr := subordinate("/etc/subgid", "newgidmap", os.Getegid())
	if err := cmp.Or(uerr, gerr); err != nil {
		return ids{whyNot: err}
	}
	return ids{helper: true, uids: uids, gids: gids}
})

// subordinate reads the caller's range of subordinate ids (subuid(5)) and makes
// the map: 0 is the caller, 1 and up the range.
func subordinate(file, tool string, self int) ([]string, error) {
	if _, err := exec.LookPath(tool); err != nil {
		return nil, fmt.Errorf("a second user id in the pod needs %s: sudo apt-get install uidmap", tool)
	}
	who, err := user.Current()
	if err != nil {
		return nil, fmt.Errorf("find current user: %w", err)
	}
	data, err := os.ReadFile(file)
	if err != nil {
		return nil, fmt.Errorf("a second user id in the pod needs %s: %w", file, err)
	}
	for line := range strings.Lines(string(data)) {
		f := strings.Split(strings.TrimSpace(line), ":")
		if len(f) == 3 && (f[0] == who.Username || f[0] == who.Uid) {
			return []string{"0", strconv.Itoa(self), "1", "1", f[1], f[2]}, nil
		}
	}
	return nil, fmt.Errorf("a second user id in the pod needs a range for %s in %s: sudo usermod --add-subuids 100000-165535 --add-subgids 100000-165535 %s",
		who.Username, file, who.Username)
}

// attributes are those of the process that becomes the lab. A session of its own
// keeps the pod from the user's terminal, which /dev/tty would be: nginx can be
// told to log there.
func (i ids) attributes() *syscall.SysProcAttr {
	attr := &syscall.SysProcAttr{Cloneflags: namespaces, Pdeathsig: syscall.SIGKILL, Setsid: true}
	if i.root {
		return attr
	}
	attr.Cloneflags |= syscall.CLONE_NEWUSER
	if !i.helper {
		attr.UidMappings = []syscall.SysProcIDMap{{ContainerID: 0, HostID: os.Geteuid(), Size: 1}}
		attr.GidMappings = []syscall.SysProcIDMap{{ContainerID: 0, HostID: os.Getegid(), Size: 1}}
	}
	return attr
}

// apply maps the range of a started process; it waits for it.
func (i ids) apply(pid int) error {
	if !i.helper {
		return nil
	}
	for tool, args := range map[string][]string{"newuidmap": i.uids, "newgidmap": i.gids} {
		cmd := exec.Command(tool, append([]string{strconv.Itoa(pid)}, args...)...)
		if out, err := cmd.CombinedOutput(); err != nil {
			return fmt.Errorf("%s: %w: %s", tool, err, bytes.TrimSpace(out))
		}
	}
	return nil
}
