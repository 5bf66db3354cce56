package harness

import (
	"fmt"
	"path"
	"slices"
	"strings"

	"github.com/agnivade/levenshtein"
	"github.com/bmatcuk/doublestar/v4"
)

// UnknownPattern says that a pattern selects no scenario.
type UnknownPattern struct {
	Pattern string
	Nearest string // the closest name, family or pattern that does; empty without scenarios
}

func (e *UnknownPattern) Error() string {
	if e.Nearest == "" {
		return fmt.Sprintf("pattern %q matches no scenario", e.Pattern)
	}
	return fmt.Sprintf("pattern %q matches no scenario; nearest: %s", e.Pattern, e.Nearest)
}

// Match returns the scenarios that any of patterns selects, each once, in the
// order of all; without patterns it returns all of them. A pattern is a path
// glob ("upstream/*", "**/timeout", "{fastcgi,uwsgi}/*") and selects a scenario
// when it matches its name or a folder that the name lies in, so that
// "upstream" is the whole family. A pattern that selects nothing is an
// [UnknownPattern]; one that is no glob is an error that says so.
func Match(all []Scenario, patterns ...string) ([]Scenario, error) {
	if len(patterns) == 0 {
		return all, nil
	}
	chosen := make([]bool, len(all))
	for _, pattern := range patterns {
		pattern = strings.TrimSuffix(pattern, "/")
		if !doublestar.ValidatePattern(pattern) {
			return nil, fmt.Errorf("read pattern %q: %w", pattern, doublestar.ErrBadPattern)
		}
		hit := false
		for i := range all {
			if matches(pattern, all[i].Name) {
				chosen[i], hit = true, true
			}
		}
		if !hit {
			return nil, &UnknownPattern{Pattern: pattern, Nearest: nearestPattern(all, pattern)}
		}
	}
	var out []Scenario
	for i := range all {
		if chosen[i] {
			out = append(out, all[i])
		}
	}
	return out, nil
}

// matches reports whether the valid pattern matches name or a folder above it.
func matches(pattern, name string) bool {
	for ; name != "." && name != "/"; name = path.Dir(name) {
		if doublestar.MatchUnvalidated(pattern, name) {
			return true
		}
	}
	return false
}

// Family is the first element of a scenario's name.
func (s Scenario) Family() string {
	family, _, _ := strings.Cut(s.Name, "/")
	return family
}

func nearestPattern(all []Scenario, pattern string) string {
	family, rest, _ := strings.Cut(pattern, "/")
	var names, families []string
	for _, s := range all {
		names = append(names, s.Name)
		if !slices.Contains(families, s.Family()) {
			families = append(families, s.Family())
		}
		if path.Base(s.Name) == pattern {
			return s.Name
		}
	}
	if strings.ContainsAny(rest, "*?[{") {
		return Nearest(family, families) + "/*"
	}
	return Nearest(pattern, append(names, families...))
}

// Nearest returns the candidate with the smallest edit distance to word, the
// first of equals; empty without candidates.
func Nearest(word string, candidates []string) string {
	best, least := "", -1
	for _, c := range candidates {
		d := levenshtein.ComputeDistance(strings.ToLower(word), strings.ToLower(c))
		if least < 0 || d < least {
			best, least = c, d
		}
	}
	return best
}
