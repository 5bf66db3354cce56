package backends

import (
	"errors"
	"fmt"
	"net/netip"
	"slices"
	"strings"
	"unicode"
)

// maxSunPath is the longest path of a unix socket (unix(7): 108 bytes with the
// final NUL).
const maxSunPath = 107

// Addr splits Listen for net.Listen and net.Dial: "tcp" and "IP:port", or
// "unix" and an absolute path.
func (s Spec) Addr() (network, address string, err error) {
	if path, ok := strings.CutPrefix(s.Listen, "unix:"); ok {
		switch {
		case !strings.HasPrefix(path, "/"):
			return "", "", fmt.Errorf("listen %q: not an absolute path; write unix:/run/NAME.sock", s.Listen)
		case len(path) > maxSunPath:
			return "", "", fmt.Errorf("listen %q: path of %d bytes; a unix socket's path may have %d, shorten it", s.Listen, len(path), maxSunPath)
		}
		return "unix", path, nil
	}
	ap, err := netip.ParseAddrPort(s.Listen)
	if err != nil {
		return "", "", fmt.Errorf("listen %q: not IP:port; write it like 127.0.0.1:3000, [::1]:3000 or unix:/run/app.sock, and names into hosts: %w", s.Listen, err)
	}
	if ap.Port() == 0 {
		return "", "", fmt.Errorf("listen %q: port 0; write the port that nginx connects to", s.Listen)
	}
	return "tcp", s.Listen, nil
}

// Validate says everything that is wrong with the Spec, each error naming the
// backend and what to write instead. Nil means that [Start] will take it.
func (s Spec) Validate() error {
	var errs []error
	bad := func(format string, args ...any) {
		errs = append(errs, fmt.Errorf("backend %q: "+format, append([]any{s.Name}, args...)...))
	}
	if s.Name == "" || strings.ContainsFunc(s.Name, func(r rune) bool { return unicode.IsSpace(r) || !unicode.IsPrint(r) }) {
		bad("name must be printable text without spaces; give it one that faults can refer to")
	}
	network, _, err := s.Addr()
	if err != nil {
		bad("%w", err)
	}
	if s.Mode > 0o777 {
		bad("mode %#o: not a permission; write 0 to 0777", s.Mode)
	}
	if s.Mode != 0 && network == "tcp" {
		bad("mode %#o: only a unix socket has one; remove it or listen on unix:/PATH", s.Mode)
	}
	if user, group, both := strings.Cut(s.Owner, ":"); s.Owner != "" && (network == "tcp" || !both || user == "" || group == "") {
		bad("owner %q: only a unix socket has one, USER:GROUP; correct or remove it", s.Owner)
	}
	s.validateProtocol(bad)
	names := s.Hosts
	if s.TLS != nil {
		names = slices.Concat(names, s.TLS.Names)
		s.validateTLS(bad)
	}
	for _, name := range duplicates(s.Hosts) {
		bad("host %q: given twice; remove one", name)
	}
	for _, name := range names {
		if !validHost(name) {
			bad("host %q: not a host name; write letters, digits, hyphens and dots", name)
		}
	}
	if err := s.Script.Validate(s.Name); err != nil {
		errs = append(errs, err)
	}
	return errors.Join(errs...)
}

// ValidateAll validates every Spec of a pod, and that no two of them share
// their name or their address.
func ValidateAll(specs []Spec) error {
	var errs []error
	names, listens := make(map[string]bool), make(map[string]string)
	for _, s := range specs {
		errs = append(errs, s.Validate())
		if names[s.Name] {
			errs = append(errs, fmt.Errorf("backend %q: name given twice; rename one", s.Name))
		}
		if first, taken := listens[s.Listen]; taken {
			errs = append(errs, fmt.Errorf("backend %q: listen %q is taken by backend %q; give one another address", s.Name, s.Listen, first))
		}
		names[s.Name], listens[s.Listen] = true, s.Name
	}
	return errors.Join(errs...)
}

// duplicates returns each string that appears again, once per repetition.
func duplicates(list []string) []string {
	var again []string
	for i, s := range list {
		if slices.Contains(list[:i], s) {
			again = append(again, s)
		}
	}
	return again
}

// validHost accepts IP addresses and host names as hosts(5) and certificates
// hold them: labels of at most 63 letters, digits, hyphens and underscores, a
// leading "*." for certificates.
func validHost(name string) bool {
	if _, err := netip.ParseAddr(name); err == nil {
		return true
	}
	if len(name) > 253 {
		return false
	}
	for label := range strings.SplitSeq(strings.TrimPrefix(name, "*."), ".") {
		if label == "" || len(label) > 63 || label[0] == '-' || label[len(label)-1] == '-' {
			return false
		}
		for _, r := range label {
			if r > unicode.MaxASCII || !unicode.IsLetter(r) && !unicode.IsDigit(r) && r != '-' && r != '_' {
				return false
			}
		}
	}
	return true
}
