package builds

import (
	"bytes"
	"context"
	"debug/elf"
	"errors"
	"fmt"
	"os/exec"
	"path"
	"path/filepath"
	"strings"
	"time"

	"badgateway/harness/lazyregexp"
	"badgateway/harness/nginx"

	securejoin "github.com/cyphar/filepath-securejoin"
)

// versionLine is the first line of nginx -v (nginx.c:ngx_show_version_info);
// forks put their own name there.
var versionLine = lazyregexp.New(`(?m)^\S+ version: [^/\s]+/(\d+(?:\.\d+)+)`)

// version asks the binary for its version.
func version(ctx context.Context, build nginx.Build) (string, error) {
	out, err := ask(ctx, build, "-v")
	if err != nil {
		return "", err
	}
	return parseVersion(out)
}

func parseVersion(out []byte) (string, error) {
	found := versionLine.FindSubmatch(out)
	if found == nil {
		first, _, _ := bytes.Cut(bytes.TrimSpace(out), []byte("\n"))
		return "", fmt.Errorf("not nginx: -v printed %.80q", first)
	}
	return string(found[1]), nil
}

// askLimit is the longest that a flag that prints and exits may take.
const askLimit = 10 * time.Second

// ask runs a build's nginx with one flag that prints and exits, and returns
// what it printed. The binary of a foreign root is run by that root's own
// dynamic loader (ld.so(8)), which needs no privilege.
func ask(ctx context.Context, build nginx.Build, flag string) ([]byte, error) {
	args := []string{build.Binary, flag}
	if build.Root != "/" {
		loader, err := loaderArgs(build.Root, build.Binary)
		if err != nil {
			return nil, err
		}
		args = append(loader, flag)
	}
	ctx, cancel := context.WithTimeout(ctx, askLimit)
	defer cancel()
	out, err := exec.CommandContext(ctx, args[0], args[1:]...).CombinedOutput()
	if err != nil {
		return nil, fmt.Errorf("run %s %s: %w: %s", build.Binary, flag, err, bytes.TrimSpace(out))
	}
	return out, nil
}

// loaderArgs is the command that runs a program of root outside of it.
func loaderArgs(root, program string) ([]string, error) {
	file, err := securejoin.SecureJoin(root, program)
	if err != nil {
		return nil, fmt.Errorf("find %s in %s: %w", program, root, err)
	}
	interpreter, err := interpreter(file)
	if err != nil {
		return nil, err
	}
	if interpreter == "" {
		return []string{file}, nil
	}
	loader, err := securejoin.SecureJoin(root, interpreter)
	if err != nil {
		return nil, fmt.Errorf("find %s in %s: %w", interpreter, root, err)
	}
	dirs, err := filepath.Glob(filepath.Join(root, "usr/lib/*-linux-*"))
	if err != nil {
		return nil, fmt.Errorf("find libraries of %s: %w", root, err)
	}
	dirs = append(dirs, filepath.Join(root, "usr/lib"), filepath.Join(root, "lib"))
	return []string{loader, "--library-path", strings.Join(dirs, ":"), file}, nil
}

// interpreter is the dynamic loader that an ELF file asks for (PT_INTERP);
// empty for a static one or a library.
func interpreter(file string) (string, error) {
	f, err := elf.Open(file)
	if err != nil {
		return "", fmt.Errorf("read binary %s: %w", file, err)
	}
	defer f.Close()
	for _, p := range f.Progs {
		if p.Type != elf.PT_INTERP {
			continue
		}
		data := make([]byte, p.Filesz)
		if _, err := p.ReadAt(data, 0); err != nil {
			return "", fmt.Errorf("read the loader's name in %s: %w", file, err)
		}
		return string(bytes.TrimRight(data, "\x00")), nil
	}
	return "", nil
}

// libraries are the shared libraries, the loader among them, that a program or
// library of the host needs, as the loader itself finds them.
func libraries(ctx context.Context, loader, file string) ([]string, error) {
	out, err := exec.CommandContext(ctx, loader, "--list", file).CombinedOutput()
	if err != nil {
		return nil, fmt.Errorf("list libraries of %s: %w: %s", file, err, bytes.TrimSpace(out))
	}
	found, missing := parseLibraries(string(out))
	if len(missing) > 0 {
		return nil, fmt.Errorf("list libraries of %s: %w", file, errors.New("not found: "+strings.Join(missing, ", ")))
	}
	return found, nil
}

// libraryLine is one line of ld.so --list: "libc.so.6 => /lib/libc.so.6 (0x7f)"
// or, for the loader itself, "/lib64/ld-linux-x86-64.so.2 (0x7f)".
var libraryLine = lazyregexp.New(`^\s*(?:(\S+) => )?(\S.*?)(?: \(0x[0-9a-f]+\))?$`)

// parseLibraries reads the output of ld.so --list.
func parseLibraries(out string) (found, missing []string) {
	for line := range strings.Lines(out) {
		m := libraryLine.FindStringSubmatch(strings.TrimRight(line, "\r\n"))
		switch {
		case m == nil:
		case m[2] == "not found":
			missing = append(missing, m[1])
		case path.IsAbs(m[2]):
			found = append(found, path.Clean(m[2]))
		}
	}
	return found, missing
}
