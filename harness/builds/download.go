package builds

import (
	"context"
	"errors"
	"fmt"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
)

// download has apt fetch the packages of the suite, with all that they depend
// on, and returns the files.
func (f fetch) download(ctx context.Context) ([]string, error) {
	for _, tool := range []string{"apt-get", "apt-config", "dpkg-deb", "tar"} {
		if _, err := exec.LookPath(tool); err != nil {
			return nil, &Unavailable{Spec: debianPrefix + f.suite.Name, Reason: "no " + tool + " on this machine; Debian suites need a Debian or Ubuntu",
				Mend: "use --nginx PATH or --nginx image:NAME"}
		}
	}
	from, err := findArchives(ctx, debianPrefix+f.suite.Name, f.opts)
	if err != nil {
		return nil, err
	}
	a, err := newApt(filepath.Join(f.work, "apt"), f.arch)
	if err != nil {
		return nil, err
	}
	if err := f.update(ctx, a, from); err != nil {
		return nil, err
	}
	step := func(p float64) { f.opts.report(p, "%s: download packages", f.suite.Name) }
	if err := a.get(ctx, step, append([]string{"install", "--download-only"}, packages...)...); err != nil {
		return nil, err
	}
	if err := f.downloadModules(ctx, a, step); err != nil {
		return nil, err
	}
	files, err := filepath.Glob(filepath.Join(a.dir, "archives", "*.deb"))
	if err != nil {
		return nil, fmt.Errorf("find downloaded packages: %w", err)
	}
	if len(files) < len(packages) {
		return nil, fmt.Errorf("download packages: apt left %d files for %d packages", len(files), len(packages))
	}
	slices.Sort(files)
	return files, nil
}

// downloadModules fetches the dynamic modules. A mirror that has not all of them
// any more (of a suite that was archived) is taken with those that it has.
func (f fetch) downloadModules(ctx context.Context, a apt, step func(float64)) error {
	modules, err := a.modules(ctx)
	if err != nil || len(modules) == 0 {
		return err
	}
	args := slices.Concat([]string{"install", "--download-only", "--ignore-missing"}, packages, modules)
	err = a.get(ctx, step, args...)
	var failed *aptError
	if errors.As(err, &failed) {
		f.opts.report(-1, "%s: some dynamic modules are not on the mirror", f.suite.Name)
		return nil
	}
	return err
}

// update reads the package lists. A suite without security updates (one in
// the making may have none) is taken without them.
func (f fetch) update(ctx context.Context, a apt, from archives) error {
	step := func(p float64) { f.opts.report(p, "%s: read package lists", f.suite.Name) }
	step(-1)
	security := from.security.uri != ""
	if err := a.use(f.suite, from, security); err != nil {
		return err
	}
	err := a.get(ctx, step, "update")
	var failed *aptError
	if security && errors.As(err, &failed) && strings.Contains(failed.output, f.suite.Name+"-security Release' does not have a Release file") &&
		!strings.Contains(failed.output, f.suite.Name+" Release' does not have a Release file") {
		f.opts.report(-1, "%s: no security updates on the mirror", f.suite.Name)
		if err := a.use(f.suite, from, false); err != nil {
			return err
		}
		err = a.get(ctx, step, "update")
	}
	return err
}
