package builds

import (
	"fmt"
	"os"
	"path/filepath"
)

// Options says where builds come from and where they are kept. The zero value
// is the machine's own mirror and the user's cache directory.
type Options struct {
	// Dir is the cache; empty: badgateway/nginx below [os.UserCacheDir].
	Dir string
	// Mirror is the base URL of a Debian archive; empty: that of the machine's
	// apt configuration.
	Mirror string
	// SecurityMirror is the base URL of the security archive; empty: that of
	// the machine's apt configuration, or none when Mirror is set.
	SecurityMirror string
	// Keyring is the file with the archive's signing keys; empty: that of the
	// machine's apt source, or the distribution's archive keyring.
	Keyring string
	// Refresh fetches a suite anew that is already cached.
	Refresh bool
	// Progress is told of each step of a long operation; nil: nobody is. It is
	// called from one goroutine at a time.
	Progress func(Progress)
}

// Progress is one step of a long operation.
type Progress struct {
	// Step is one line for a person: "forky: download packages".
	Step string
	// Percent is how much of Step is done, 0 to 100; -1 while unknown.
	Percent float64
}

// report tells the listener, if there is one.
func (o Options) report(percent float64, format string, args ...any) {
	if o.Progress != nil {
		o.Progress(Progress{Step: fmt.Sprintf(format, args...), Percent: percent})
	}
}

// dir is the absolute path of the cache.
func (o Options) dir() (string, error) {
	if o.Dir != "" {
		return filepath.Abs(o.Dir)
	}
	user, err := os.UserCacheDir()
	if err != nil {
		return "", fmt.Errorf("find the user's cache directory: %w; set HOME or XDG_CACHE_HOME", err)
	}
	return filepath.Join(user, "badgateway", "nginx"), nil
}

// SpecError says that the text of --nginx names no nginx: bad input.
type SpecError struct {
	Spec   string
	Reason string
	Hint   string // what to write instead, may be empty
}

func (e *SpecError) Error() string {
	if e.Hint == "" {
		return fmt.Sprintf("nginx %q: %s", e.Spec, e.Reason)
	}
	return fmt.Sprintf("nginx %q: %s; %s", e.Spec, e.Reason, e.Hint)
}

// Unavailable says that this machine cannot provide an nginx as it is.
type Unavailable struct {
	Spec   string
	Reason string
	Mend   string // one command or step
}

func (e *Unavailable) Error() string {
	return fmt.Sprintf("nginx %q: %s; to mend: %s", e.Spec, e.Reason, e.Mend)
}
