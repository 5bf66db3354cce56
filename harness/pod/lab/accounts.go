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

// accounts are the lines of passwd(5) or group(5), the third field of which
// is the id.
type accounts struct {
	path  string
	text  []byte
	names map[string]bool
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
	a := &accounts{path: path, text: text, names: map[string]bool{}, ids: map[int]bool{}}
	for line := range strings.Lines(string(text)) {
		fields := strings.Split(line, ":")
		a.names[fields[0]] = true
		if len(fields) < 4 {
			continue
		}
		if id, err := strconv.Atoi(fields[2]); err == nil {
			a.ids[id] = true
		}
	}
	return a, nil
}

func (a *accounts) add(name string, id int, line string) {
	if a.names[name] {
		return
	}
	a.names[name], a.ids[id] = true, true
	a.text = append(a.text, line...)
}

func (a *accounts) write() error { return os.WriteFile(a.path, a.text, 0o644) }
