package check

import (
	"io"

	"badgateway/harness/check/compare"
	"badgateway/harness/check/finding"
	"badgateway/harness/nginx"
	"badgateway/harness/pod"
)

// Side is one configuration with the nginx that runs it.
type Side struct {
	// Path is the configuration: a file, a directory or "-". Empty with an image
	// that brings its own.
	Path string
	// Root stands for /etc/nginx; empty: the configuration's directory.
	Root string
	// Env are the values of a template.
	Env map[string]string
	// EmptyIncludes takes an include that is not there for an empty file.
	EmptyIncludes bool
	// Stdin is read where Path is "-".
	Stdin io.Reader

	Build  nginx.Build
	Driver pod.Driver
}

// Options is one check.
type Options struct {
	Side
	// Against is the old side of a comparison; nil: none.
	Against *Side
	// Faults, Routes and Methods select cells by patterns ([result.Matches]);
	// empty: all. The fault "none" alone is the healthy baseline.
	Faults, Routes, Methods []string
	// RealTime switches the compression of durations off.
	RealTime bool
	// Parallel is the number of pods at a time; 0: twelve per core, as far as
	// memory goes.
	Parallel int
	// Policy judges; Expect are changes that may be; Fixes cites the catalogue.
	Policy finding.Policy
	Expect compare.Expectation
	Fixes  finding.Titler
	// Progress hears how far the check is; it must not block. nil: nobody.
	Progress func(Progress)
}

// Progress is how far a check is.
type Progress struct {
	// Step is what goes on: "reading", "starting", "routes", "cells" and, for those
	// that differ in a comparison, "again".
	Step string
	// Side is "old" or "new" in a comparison, empty where it is both.
	Side string
	// Done of Total; Total is 0 where it is not known.
	Done, Total int
	// Now is the last cell or route done.
	Now string
}
