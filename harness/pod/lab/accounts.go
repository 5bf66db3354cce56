//go:build linux

package lab

import (
	"bytes"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"strconv"
	"strings"
)

// firstID is where the ids of added accounts begin, beyond those of systems.
const firstID = 1000

// noID stands for an id that a line does not have; chown(2) then leaves it.
const noID = -1

// addUsers makes every name a user and a group, unless it is one already.
func addUsers(names []string) error {
	if len(names) == 0 {
		return nil
	}
	users, err := readAccounts("/etc/passwd")
	if err != nil {
		return err
	}
	groups, err := readAccounts("/etc/group")
	if err != nil {
		return err
	}
	id := firstID
	for _, name := range names {
		if name == "" || strings.ContainsAny(name, ":/\n\x00") {
			return fmt.Errorf("%q is no user name", name)
		}
		for users.ids[id] || groups.ids[id] {
			id++
		}
		users.add(name, id, fmt.Sprintf("%s:x:%d:%d::/nonexistent:/usr/sbin/nologin\n", name, id, id))
		groups.add(name, id, fmt.Sprintf("%s:x:%d:\n", name, id))
	}
	if err := errors.Join(users.write(), groups.write()); err != nil {
		return fmt.Errorf("write accounts: %w", err)
	}
	return nil
}

// chown gives a file to "USER:GROUP", names of passwd(5) and group(5).
func chown(path, owner string) error {
	user, group, _ := strings.Cut(owner, ":")
	var ids [2]int
	for i, look := range []struct{ file, name string }{{"/etc/passwd", user}, {"/etc/group", group}} {
		known, err := readAccounts(look.file)
		if err != nil {
			return err
		}
		id, ok := known.names[look.name]
		if !ok {
			return fmt.Errorf("%s has no %q", look.file, look.name)
		}
		ids[i] = id
	}
	return os.Chown(path, ids[0], ids[1])
}

// accounts are the lines of passwd(5) or group(5), the third field of which
// is the id.
type accounts struct {
	path  string
	text  []byte
	names map[string]int
	ids   map[int]bool
}

// readAccounts reads a file that may not be there.
func readAccounts(path string) (*accounts, error) {
	text, err := os.ReadFile(path)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return nil, fmt.Errorf("read accounts: %w", err)
	}
	if len(text) > 0 && !bytes.HasSuffix(text, []byte("\n")) {
		text = append(text, '\n')
	}
	a := &accounts{path: path, text: text, names: map[string]int{}, ids: map[int]bool{}}
	for line := range strings.Lines(string(text)) {
		fields := strings.Split(line, ":")
		a.names[fields[0]] = noID
		if len(fields) < 4 {
			continue
		}
		if id, err := strconv.Atoi(fields[2]); err == nil {
			a.names[fields[0]], a.ids[id] = id, true
		}
	}
	return a, nil
}

func (a *accounts) add(name string, id int, line string) {
	if _, known := a.names[name]; known {
		return
	}
	a.names[name], a.ids[id] = id, true
	a.text = append(a.text, line...)
}

func (a *accounts) write() error { return os.WriteFile(a.path, a.text, 0o644) }
