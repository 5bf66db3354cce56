package builds

import (
	"context"
	"debug/elf"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"

	"badgateway/harness/nginx"

	"github.com/agnivade/levenshtein"
)

const (
	debianPrefix = "debian:"
	imagePrefix  = "image:"
	hostSpec     = "nginx"
)

// Spec forms, for messages.
const forms = "use a path, debian:SUITE (debian:bookworm) or image:NAME"

// hostPlaces are looked into after PATH: an ordinary user's PATH often lacks
// the sbin directories.
var hostPlaces = []string{"/usr/sbin/nginx", "/usr/local/sbin/nginx", "/usr/local/nginx/sbin/nginx"}

// Resolve finds the nginx that spec names:
//
//	"" or "nginx"   the one in PATH, or in the usual places
//	PATH            a binary, run with the host's libraries
//	debian:SUITE    the packages of a Debian suite, fetched when not cached;
//	                a version works too ("debian:1.26")
//	image:NAME      a container image; its version stays unknown
//
// The error is a *SpecError for a spec that names nothing, an *Unavailable for
// one that this machine cannot provide as it is.
func Resolve(ctx context.Context, spec string, opts Options) (nginx.Build, error) {
	switch {
	case spec == "" || spec == hostSpec:
		return host(ctx)
	case strings.HasPrefix(spec, imagePrefix):
		return image(spec)
	case strings.HasPrefix(spec, debianPrefix):
		return Fetch(ctx, spec, opts)
	case strings.Contains(spec, "/"):
		return binary(ctx, spec)
	}
	return nginx.Build{}, &SpecError{Spec: spec, Reason: "names no nginx", Hint: hint(spec)}
}

// hint is the nearest valid spec, or all the forms.
func hint(spec string) string {
	if _, err := os.Stat(spec); err == nil {
		return "did you mean ./" + spec + "?"
	}
	valid := []string{hostSpec}
	for _, s := range Suites {
		valid = append(valid, debianPrefix+s.Name, s.Name)
	}
	near := nearest(spec, valid)
	switch {
	case near == "":
		return forms
	case near == hostSpec || strings.HasPrefix(near, debianPrefix):
		return "did you mean " + near + "?"
	}
	return "did you mean " + debianPrefix + near + "?"
}

// nearest is the candidate at the smallest edit distance; empty when even that
// one shares too little with word.
func nearest(word string, candidates []string) string {
	if len(candidates) == 0 {
		return ""
	}
	best := slices.MinFunc(candidates, func(a, b string) int {
		return levenshtein.ComputeDistance(word, a) - levenshtein.ComputeDistance(word, b)
	})
	if levenshtein.ComputeDistance(word, best) > max(1, len(best)*2/5) {
		return ""
	}
	return best
}

func image(spec string) (nginx.Build, error) {
	name := strings.TrimPrefix(spec, imagePrefix)
	if name == "" || strings.ContainsAny(name, " \t\n") {
		return nginx.Build{}, &SpecError{Spec: spec, Reason: "names no image", Hint: "write image:NAME, as in image:nginx:stable"}
	}
	return nginx.Build{Spec: spec, Image: name}, nil
}

// host is the nginx in PATH or in the usual places.
func host(ctx context.Context) (nginx.Build, error) {
	places := hostPlaces
	if found, err := exec.LookPath("nginx"); err == nil {
		places = append([]string{found}, places...)
	}
	for _, place := range places {
		if executable(place) {
			build, err := binary(ctx, place)
			build.Spec = hostSpec
			return build, err
		}
	}
	return nginx.Build{}, &Unavailable{Spec: hostSpec, Reason: "not installed: neither in PATH nor in " + strings.Join(hostPlaces, ", "),
		Mend: "install it (apt-get install nginx), or give --nginx PATH, debian:SUITE or image:NAME"}
}

func executable(path string) bool {
	info, err := os.Stat(path)
	return err == nil && info.Mode().IsRegular() && info.Mode()&0o111 != 0
}

// binary is an nginx of the host's own file system.
func binary(ctx context.Context, spec string) (nginx.Build, error) {
	path, err := filepath.Abs(spec)
	if err != nil {
		return nginx.Build{}, fmt.Errorf("resolve %s: %w", spec, err)
	}
	if err := checkBinary(path); err != nil {
		return nginx.Build{}, &SpecError{Spec: spec, Reason: err.Error(), Hint: forms}
	}
	build := nginx.Build{Spec: spec, Root: "/", Binary: path}
	build.Version, err = version(ctx, build)
	if err != nil {
		return nginx.Build{}, &SpecError{Spec: spec, Reason: err.Error(), Hint: forms}
	}
	return build, nil
}

// checkBinary says why path cannot be run as nginx.
func checkBinary(path string) error {
	info, err := os.Stat(path)
	switch {
	case err != nil:
		return fmt.Errorf("read binary: %w", err)
	case info.IsDir():
		return fmt.Errorf("%s is a directory, not a binary", path)
	case !executable(path):
		return fmt.Errorf("%s is not executable", path)
	}
	file, err := elf.Open(path)
	if err != nil {
		return fmt.Errorf("%s is no ELF binary (a wrapper script? name the binary that it starts): %w", path, err)
	}
	return file.Close()
}
