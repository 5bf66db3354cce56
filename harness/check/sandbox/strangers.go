package sandbox

import (
	"context"
	"fmt"
	"slices"

	"badgateway/harness/nginx/conf"
	"badgateway/harness/pod"
)

// strangers are the files of nginx's own system that patterns of the
// configuration would include: the default site of a package, the conf.d of an
// image. The owner's tree does not have them, so they are emptied.
func strangers(ctx context.Context, p *pod.Pod, t *conf.Tree, own []pod.File) ([]string, error) {
	var patterns []string
	for d := range t.Includes() {
		if pattern := d.Arg(0); conf.Wild(pattern) >= 0 {
			patterns = append(patterns, absolute("/etc/nginx", pattern))
		}
	}
	if len(patterns) == 0 {
		return nil, nil
	}
	found, err := p.Glob(ctx, patterns...)
	if err != nil {
		return nil, fmt.Errorf("list files that the configuration includes: %w", err)
	}
	var files []string
	for _, e := range found {
		mine := slices.ContainsFunc(own, func(f pod.File) bool { return f.Path == e.Path })
		if e.Regular && !mine && !slices.Contains(files, e.Path) {
			files = append(files, e.Path)
		}
	}
	return files, nil
}
