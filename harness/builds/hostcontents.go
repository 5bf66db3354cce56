package builds

import (
	"context"
	"fmt"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"

	"badgateway/harness/lazyregexp"
	"badgateway/harness/nginx"
)

// tools are packed beside the host's nginx where the host has them: what
// scenarios and people execute inside a pod.
var tools = []string{
	"sh", "dash", "bash", "nc", "curl", "ss", "ip", "ps", "pgrep", "top", "openssl",
	"cat", "chmod", "chown", "cp", "cut", "date", "env", "false", "head", "id", "kill", "ln", "ls", "mkdir", "mkfifo",
	"mv", "od", "readlink", "rm", "rmdir", "sleep", "sort", "stat", "tail", "tee", "timeout", "touch", "tr", "true",
	"uname", "uniq", "wc", "whoami", "grep", "sed", "awk", "find", "xargs", "getent",
}

var toolPlaces = []string{"/bin", "/usr/bin", "/sbin", "/usr/sbin", "/usr/local/bin"}

// standardFiles are packed where the host has them. The name service reads the
// first ones (nsswitch.conf(5)).
var standardFiles = []string{
	"/etc/passwd", "/etc/group", "/etc/nsswitch.conf", "/etc/services", "/etc/protocols", "/etc/localtime",
	"/etc/ssl/openssl.cnf", "/etc/ssl/certs/ca-certificates.crt", "/etc/pki/tls/certs/ca-bundle.crt",
}

// standardTrees are packed where the host has them.
var standardTrees = []string{"/etc/nginx", "/usr/lib/nginx", "/usr/share/nginx", "/etc/ld.so.conf.d"}

// standardDirs exist in every image, and are empty.
var standardDirs = []dir{
	{"/dev", 0o755}, {"/proc", 0o755}, {"/sys", 0o755}, {"/run", 0o755}, {"/root", 0o700},
	{"/tmp", 0o1777}, {"/var/tmp", 0o1777}, {"/var/log/nginx", 0o755}, {"/var/lib/nginx", 0o755},
}

// builtinPath is a path of nginx's build configuration
// (nginx.c:ngx_show_version_info prints NGX_CONFIGURE).
var builtinPath = lazyregexp.New(`--([a-z-]+-path|prefix)='?(/[^\s']+)`)

// hostContents lists what the image of a host's nginx consists of.
func hostContents(ctx context.Context, build nginx.Build) (contents, error) {
	c := contents{dirs: slices.Clone(standardDirs), public: true}
	programs := []string{build.Binary}
	for _, name := range tools {
		if file := firstPresent(name); file != "" {
			programs = append(programs, file)
		}
	}
	printed, err := ask(ctx, build, "-V")
	if err != nil {
		return c, err
	}
	modules, err := filepath.Glob(path.Join(c.addBuiltin(printed), "*.so"))
	if err != nil {
		return c, fmt.Errorf("find modules: %w", err)
	}
	if c.files, err = withLibraries(ctx, programs, modules); err != nil {
		return c, err
	}
	c.files = append(c.files, present(standardFiles)...)
	c.trees = append(c.trees, present(standardTrees)...)
	return c, nil
}

func firstPresent(name string) string {
	for _, place := range toolPlaces {
		if file := path.Join(place, name); checkBinary(file) == nil {
			return file
		}
	}
	return ""
}

func present(paths []string) []string {
	return slices.DeleteFunc(slices.Clone(paths), func(p string) bool {
		_, err := os.Stat(p)
		return err != nil
	})
}

// addBuiltin adds what the binary was built to find: its prefix and the
// directories of its configuration, modules, logs and temporary files. It
// returns the directory of the modules.
func (c *contents) addBuiltin(printed []byte) (modules string) {
	modules = "/usr/lib/nginx/modules"
	for _, m := range builtinPath.FindAllSubmatch(printed, -1) {
		name, value := string(m[1]), path.Clean(string(m[2]))
		switch name {
		case "prefix":
			if !slices.Contains([]string{"/", "/usr", "/usr/local", "/etc", "/var"}, value) {
				c.trees = append(c.trees, present([]string{value})...)
			}
		case "conf-path":
			c.trees = append(c.trees, present([]string{path.Dir(value)})...)
		case "modules-path":
			modules = value
			c.trees = append(c.trees, present([]string{value})...)
		case "sbin-path":
		default:
			c.dirs = append(c.dirs, dir{path.Dir(value), 0o755})
		}
	}
	return modules
}

// withLibraries adds to programs the shared libraries that they and the
// modules need, and the name services. Modules are loaded by the first
// program.
func withLibraries(ctx context.Context, programs, modules []string) ([]string, error) {
	first, err := interpreter(programs[0])
	if err != nil {
		return nil, err
	}
	files := slices.Concat(programs, modules)
	for i, file := range slices.Clone(files) {
		loader := first
		if i < len(programs) {
			if loader, err = interpreter(file); err != nil {
				return nil, err
			}
		}
		if loader == "" {
			continue // static
		}
		found, err := libraries(ctx, loader, file)
		if err != nil {
			return nil, err
		}
		files = append(files, found...)
	}
	slices.Sort(files)
	files = slices.Compact(files)
	for _, file := range slices.Clone(files) {
		if strings.HasPrefix(path.Base(file), "libc.so") {
			files = append(files, present(nameServices(path.Dir(file)))...)
		}
	}
	return files, nil
}

// nameServices are loaded by glibc when it looks up users and hosts, without
// being named in any binary (nss(5)).
func nameServices(dir string) []string {
	return []string{path.Join(dir, "libnss_files.so.2"), path.Join(dir, "libnss_dns.so.2"), path.Join(dir, "libresolv.so.2")}
}
