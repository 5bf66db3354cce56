package check

import (
	"fmt"
	"path"
	"slices"

	"badgateway/harness"
	"badgateway/harness/check/matrix"
	"badgateway/harness/check/result"
)

// UnknownPattern says that a pattern selects nothing.
type UnknownPattern struct {
	Kind    string // "fault", "route" or "method"
	Pattern string
	Nearest string // the closest name; empty when there is none
	// Malformed says that it is no pattern at all.
	Malformed bool
}

func (e *UnknownPattern) Error() string {
	switch {
	case e.Malformed:
		return fmt.Sprintf("--%s %q: %v; an opening [ needs its ], a backslash takes its meaning", e.Kind, e.Pattern, path.ErrBadPattern)
	case e.Nearest == "":
		return fmt.Sprintf("--%s %q matches none, for there is none", e.Kind, e.Pattern)
	}
	return fmt.Sprintf("--%s %q matches no %s; nearest: %s", e.Kind, e.Pattern, e.Kind, e.Nearest)
}

// Known checks the patterns whose names are known before a configuration is
// read: those of faults and methods. Its error is an *[UnknownPattern].
func (o Options) Known() error {
	var faults []string
	for _, f := range matrix.Faults() {
		faults = append(faults, f.Name)
	}
	if err := known("fault", o.Faults, faults); err != nil {
		return err
	}
	return known("method", o.Methods, matrix.Methods())
}

// knownRoutes checks the patterns of routes against those of all sides: a
// comparison may be about a route that only one of them has.
func (o Options) knownRoutes(sides ...*side) error {
	var ids []string
	for _, s := range sides {
		for _, r := range s.routes {
			ids = append(ids, r.ID)
		}
	}
	return known("route", o.Routes, ids)
}

func known(kind string, patterns, names []string) error {
	for _, p := range patterns {
		if _, err := path.Match(p, ""); err != nil {
			return &UnknownPattern{Kind: kind, Pattern: p, Malformed: true}
		}
		if !slices.ContainsFunc(names, func(name string) bool { return result.Matches(p, name) }) {
			return &UnknownPattern{Kind: kind, Pattern: p, Nearest: harness.Nearest(p, names)}
		}
	}
	return nil
}
