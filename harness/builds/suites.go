package builds

import (
	"strings"

	"badgateway/harness/lazyregexp"
)

// Suite is a Debian suite whose nginx is known.
type Suite struct {
	// Name is the code name.
	Name string
	// Version is the series of its nginx; it moves on in suites that are not
	// released yet.
	Version string
	// Frozen suites get no more updates: their signed release files are past
	// their date of validity for good.
	Frozen bool
}

// Suites are the Debian suites known to hold a usable nginx, oldest first. A
// mirror may serve others; [Fetch] takes their names too.
var Suites = []Suite{
	{Name: "bullseye", Version: "1.18", Frozen: true},
	{Name: "bookworm", Version: "1.22"},
	{Name: "trixie", Version: "1.26"},
	{Name: "forky", Version: "1.30"},
}

// suiteName keeps names to what may stand in a path and in an apt source.
var suiteName = lazyregexp.New(`^[a-z][a-z0-9-]{0,40}$`)

// findSuite is the suite of a name or version ("1.26", "1.26.3").
func findSuite(text string) (Suite, error) {
	for _, s := range Suites {
		if text == s.Name || text == s.Version || strings.HasPrefix(text, s.Version+".") {
			return s, nil
		}
	}
	if suiteName.MatchString(text) {
		return Suite{Name: text}, nil
	}
	return Suite{}, &SpecError{Spec: debianPrefix + text, Reason: "names no Debian suite", Hint: suiteHint(text)}
}

// suiteHint is the nearest known suite, or all of them; empty for one of them.
func suiteHint(text string) string {
	var names, versions []string
	for _, s := range Suites {
		names, versions = append(names, s.Name), append(versions, s.Version)
	}
	switch near := nearest(text, append(names, versions...)); near {
	case "":
		return "known suites: " + strings.Join(names, ", ")
	case text:
		return ""
	default:
		return "did you mean " + debianPrefix + near + "?"
	}
}

// debianArch is Debian's name of a GOARCH
// (https://wiki.debian.org/SupportedArchitectures).
func debianArch(goarch string) string {
	names := map[string]string{"386": "i386", "arm": "armhf", "mips64le": "mips64el", "ppc64le": "ppc64el"}
	if name, ok := names[goarch]; ok {
		return name
	}
	return goarch
}
