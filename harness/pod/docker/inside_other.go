//go:build !linux

package docker

import (
	"fmt"
	"os"
)

// init plays the one part that is played on the creator's machine; the others
// are played in containers, by a Linux build.
func init() {
	if len(os.Args) < 2 || os.Args[1] != partWatcher {
		return
	}
	if err := watch(os.Args[2:]); err != nil {
		fmt.Fprintf(os.Stderr, "%s: %v\n", partWatcher, err)
		os.Exit(1)
	}
	os.Exit(0)
}
