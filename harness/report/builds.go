package report

import (
	"slices"
	"strings"

	"badgateway/harness"
)

// The words for one build or several, separated by commas.

func (r Run) nginxVersions() string {
	return r.each(func(part Run) string { return part.Nginx.Version })
}

func (r Run) specs() string { return r.each(Run.nginxSpec) }

// nginxNames are the builds for a person: "nginx 1.18.0 (debian:bullseye),
// 1.30.6 (debian:forky)".
func (r Run) nginxNames() string {
	return strings.ReplaceAll(r.each(Run.nginxName), ", nginx ", ", ")
}

// drivers are the drivers used, each once.
func (r Run) drivers() string {
	return r.each(func(part Run) string { return part.Driver })
}

// each joins the words of the parts in order, equal ones and empty ones left out.
func (r Run) each(word func(Run) string) string {
	var words []string
	for _, part := range r.Parts() {
		if w := word(part); w != "" && !slices.Contains(words, w) {
			words = append(words, w)
		}
	}
	return strings.Join(words, ", ")
}

// size is what the run is to do: "24 scenarios", "24 scenarios on 4 builds".
func (r Run) size() string {
	size := harness.Plural(len(r.Scenarios), "scenario")
	if n := len(r.Builds); n > 0 {
		size += " on " + harness.Plural(n, "build")
	}
	return size
}
