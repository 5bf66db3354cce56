package builds

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"time"

	"badgateway/harness/nginx"
)

// State says what it takes to use a build.
type State string

// The states.
const (
	Installed State = "installed" // on the host
	Cached    State = "cached"    // fetched before
	Fetchable State = "fetchable" // known, fetched on first use
	Missing   State = "missing"   // the host has no nginx
)

// Entry is one build of a list.
type Entry struct {
	// Build is what [Resolve] gives for its spec; of a fetchable suite Root is
	// empty and Version is the series ("1.30").
	Build nginx.Build `json:"build"`
	State State       `json:"state"`
	// Fetched is when a cached suite was fetched.
	Fetched time.Time `json:"fetched,omitzero"`
	// Note is a sentence for a person: why the host's is missing.
	Note string `json:"note,omitempty"`
}

// List tells which builds there are: the host's nginx, then the suites, by
// version. It uses no network.
func List(ctx context.Context, opts Options) ([]Entry, error) {
	entries, err := cached(opts)
	if err != nil {
		return nil, err
	}
	for _, s := range Suites {
		has := func(e Entry) bool { return e.Build.Spec == debianPrefix+s.Name }
		if !slices.ContainsFunc(entries, has) {
			entries = append(entries, Entry{Build: nginx.Build{Spec: debianPrefix + s.Name, Version: s.Version}, State: Fetchable})
		}
	}
	slices.SortFunc(entries, func(a, b Entry) int {
		return cmp.Or(compareVersions(a.Build.Version, b.Build.Version), strings.Compare(a.Build.Spec, b.Build.Spec))
	})
	first := Entry{State: Installed}
	if first.Build, err = Resolve(ctx, hostSpec, opts); err != nil {
		if ctx.Err() != nil {
			return nil, ctx.Err()
		}
		first = Entry{Build: nginx.Build{Spec: hostSpec}, State: Missing, Note: err.Error()}
	}
	return slices.Insert(entries, 0, first), nil
}

// cached lists the complete suites of the cache, those of this machine's
// architecture.
func cached(opts Options) ([]Entry, error) {
	cache, err := opts.dir()
	if err != nil {
		return nil, err
	}
	found, err := os.ReadDir(cache)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return nil, fmt.Errorf("list cache: %w", err)
	}
	var entries []Entry
	for _, e := range found {
		dir := filepath.Join(cache, e.Name())
		m, err := readManifest(dir)
		if err == nil && e.Name() == m.Suite+"-"+debianArch(runtime.GOARCH) {
			entries = append(entries, Entry{Build: m.build(dir), State: Cached, Fetched: m.Fetched})
		}
	}
	return entries, nil
}

// compareVersions orders dotted numbers by their parts.
func compareVersions(a, b string) int {
	return slices.CompareFunc(strings.Split(a, "."), strings.Split(b, "."), func(x, y string) int {
		return cmp.Or(cmp.Compare(len(x), len(y)), strings.Compare(x, y))
	})
}
