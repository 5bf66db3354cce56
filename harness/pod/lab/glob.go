//go:build linux

package lab

import (
	"context"
	"fmt"
	"os"
	"path/filepath"

	"badgateway/harness/pod"
)

// maxEntries bounds one answer of glob.
const maxEntries = 20000

// glob lists what is there by patterns; a path without any is one.
func (l *Lab) glob(ctx context.Context, r pod.GlobRequest) (pod.GlobResponse, error) {
	var out pod.GlobResponse
	for _, pattern := range r.Patterns {
		if err := ctx.Err(); err != nil {
			return out, err
		}
		names, err := filepath.Glob(pattern)
		if err != nil {
			return out, fmt.Errorf("list %s: %w", pattern, err)
		}
		for _, name := range names {
			info, err := os.Stat(name)
			if err != nil {
				continue // a link that leads nowhere
			}
			out.Entries = append(out.Entries, pod.Entry{Path: name, Size: info.Size(), Dir: info.IsDir(), Regular: info.Mode().IsRegular()})
		}
		if len(out.Entries) > maxEntries {
			return out, fmt.Errorf("list %s: more than %d files", pattern, maxEntries)
		}
	}
	return out, nil
}
