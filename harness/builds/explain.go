package builds

import (
	"errors"
	"strings"
	"syscall"

	"badgateway/harness/lazyregexp"
)

// complaint is something apt or the kernel says, and what it means to a user.
type complaint struct {
	says   *lazyregexp.Regexp
	reason string
	mend   string
}

// complaints of apt, most telling first: one failure prints several.
var known = []complaint{
	{lazyregexp.New(`(?i)no space left on device|don't have enough free space`),
		"the disk is full", "free about 300 MB where the cache lies, or move it with XDG_CACHE_HOME"},
	{lazyregexp.New(`NO_PUBKEY|Missing key|is not signed|public key is not available|no trusted keys|unreadable .*keyring|Sub-process .*(sqv|gpgv)`),
		"the machine's keyring cannot verify the suite's signature", "apt-get install debian-archive-keyring"},
	{lazyregexp.New(`(?i)is expired|is not valid yet`),
		"the suite's signed release file is out of date", "set the machine's clock, or give a current mirror with --mirror URL"},
	{lazyregexp.New(`(?i)temporary failure resolving|could not resolve|could not connect|unable to connect|connection (refused|timed out|failed)|network is unreachable|no route to host|cannot initiate the connection`),
		"the Debian mirror cannot be reached", "check the network and proxy settings of apt, give another mirror with --mirror URL, or use --nginx PATH"},
}

// explain turns the causes that a user can mend into an *Unavailable or a
// *SpecError, and leaves other errors as they are.
func explain(spec string, err error) error {
	if errors.Is(err, syscall.ENOSPC) {
		return &Unavailable{Spec: spec, Reason: known[0].reason + " (" + err.Error() + ")", Mend: known[0].mend}
	}
	if errors.Is(err, errStalled) {
		return &Unavailable{Spec: spec, Reason: "apt makes no progress (" + err.Error() + ")",
			Mend: "look whether the disk is full or the mirror hangs, and fetch again"}
	}
	var failed *aptError
	if !errors.As(err, &failed) {
		return err
	}
	for _, c := range known {
		if c.says.MatchString(failed.output) {
			return &Unavailable{Spec: spec, Reason: c.reason + " (" + complaints(failed.output) + ")", Mend: c.mend}
		}
	}
	if strings.Contains(failed.output, "does not have a Release file") {
		return &SpecError{Spec: spec, Reason: "the mirror has no such suite", Hint: suiteHint(strings.TrimPrefix(spec, debianPrefix))}
	}
	if strings.Contains(failed.output, "Unable to locate package") {
		return &SpecError{Spec: spec, Reason: "the suite lacks a package for this architecture", Hint: suiteHint(strings.TrimPrefix(spec, debianPrefix))}
	}
	return err
}
