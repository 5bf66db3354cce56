package harness

import (
	"context"
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"badgateway/harness/pod"
)

// build is what the nginx to be run says about itself.
type build struct {
	version string   // "1.22.1"
	modules []string // as configured: "http_ssl_module"
}

// unfit says why a scenario cannot be run here: a reason to skip it, "" when
// it can.
func unfit(ctx context.Context, s Scenario, o Options) (build, string, error) {
	for _, need := range s.AllNeeds() {
		if err := o.Driver.Supports(need); err != nil {
			return build{}, fmt.Sprintf("needs %s, which driver %s does not have here: %v", need, o.Driver.Name(), err), nil
		}
	}
	about := build{version: o.Nginx.Version}
	if o.about != nil {
		about = *o.about
	} else if len(s.Modules) > 0 || about.version == "" {
		var err error
		if about, err = inquire(ctx, o); err != nil {
			return about, "", err
		}
	}
	return about, misfit(s, about), nil
}

// misfit compares what a scenario demands of nginx with the nginx there is.
func misfit(s Scenario, about build) string {
	switch {
	case s.Since != "" && compare(about.version, s.Since) < 0:
		return fmt.Sprintf("nginx %s: it behaves so since %s", about.version, s.Since)
	case s.Until != "" && compare(about.version, s.Until) > 0:
		return fmt.Sprintf("nginx %s: it behaved so until %s", about.version, s.Until)
	}
	for _, m := range s.Modules {
		if !slices.Contains(about.modules, m) {
			return fmt.Sprintf("nginx %s was built without %s (nginx -V)", about.version, m)
		}
	}
	return ""
}

// Inspect asks the nginx of o once what later runs with the Options that it
// returns need to know of it. RunAll does so itself.
func Inspect(ctx context.Context, o Options) (Options, error) {
	about, err := inquire(ctx, o)
	o.about = &about
	return o, err
}

// inquire asks the nginx of o for its version and modules, in a pod of its own
// in which it is not started.
func inquire(ctx context.Context, o Options) (about build, err error) {
	p, err := pod.New(ctx, o.Driver, pod.Spec{Name: "nginx-V", Nginx: o.Nginx}, o.Timeouts)
	defer func() { err = errors.Join(err, p.Close()) }()
	if err != nil {
		return about, fmt.Errorf("ask nginx for its version: %w", err)
	}
	result, err := p.Exec(ctx, pod.Command{Args: []string{"nginx", "-V"}})
	if err != nil {
		return about, fmt.Errorf("run nginx -V: %w", err)
	}
	about = parseBuild(string(result.Stderr))
	if about.version == "" {
		return about, fmt.Errorf("run nginx -V: exit %d, no version in what it said: %q", result.Code, result.Stderr)
	}
	return about, nil
}

var (
	versionPattern = regexp.MustCompile(`nginx version: [^/\s]+/([0-9.]+)`)
	modulePattern  = regexp.MustCompile(`--with-(\w+_module)\b|--with-(mail|stream)\b`)
)

// parseBuild reads what nginx -V prints (nginx.c, ngx_show_version_info).
func parseBuild(said string) build {
	var b build
	if m := versionPattern.FindStringSubmatch(said); m != nil {
		b.version = m[1]
	}
	for _, m := range modulePattern.FindAllStringSubmatch(said, -1) {
		b.modules = append(b.modules, m[1]+m[2])
	}
	return b
}

// compare orders nginx versions by their numbers.
func compare(a, b string) int { return slices.Compare(numbers(a), numbers(b)) }

func numbers(version string) []int {
	var all []int
	for part := range strings.SplitSeq(version, ".") {
		n, err := strconv.Atoi(part)
		if err != nil {
			break // "1.29.7-dev": the numbers are what orders
		}
		all = append(all, n)
	}
	return all
}
