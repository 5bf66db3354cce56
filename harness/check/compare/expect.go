package compare

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"path"
	"slices"
	"strings"

	"github.com/goccy/go-yaml"

	"badgateway/harness"
	"badgateway/harness/check/result"
)

// Expectation is the file of intended changes:
//
//	version: 1
//	changes:
//	  - route: "shop.example:*"  # patterns (path.Match, * also for slashes); empty: every one
//	    fault: refused
//	    method: "*"
//	    what: "status 502 -> 504" # a part of what differs; empty: anything
//	    reason: the timeout is shorter now
type Expectation struct {
	Version int        `yaml:"version"`
	Changes []Intended `yaml:"changes"`
}

// Intended is one change that may be.
type Intended struct {
	Route  string `yaml:"route"`
	Fault  string `yaml:"fault"`
	Method string `yaml:"method"`
	What   string `yaml:"what"`
	Reason string `yaml:"reason"`
}

var keys = []string{"version", "changes", "route", "fault", "method", "what", "reason"}

// ReadExpectation reads such a file; name is for its errors.
func ReadExpectation(name string, r io.Reader) (Expectation, error) {
	var e Expectation
	data, err := io.ReadAll(io.LimitReader(r, 1<<20))
	if err == nil {
		err = yaml.NewDecoder(bytes.NewReader(data), yaml.Strict()).Decode(&e)
	}
	if unknown, ok := errors.AsType[*yaml.UnknownFieldError](err); ok {
		at := unknown.GetToken()
		err = fmt.Errorf("line %d: unknown key %q; nearest: %s", at.Position.Line, at.Value, harness.Nearest(at.Value, keys))
	}
	if err == nil || errors.Is(err, io.EOF) {
		err = e.check()
	}
	if err != nil {
		return e, fmt.Errorf("read expectations %s: %w", name, err)
	}
	return e, nil
}

func (e Expectation) check() error {
	if e.Version != 1 {
		return fmt.Errorf("version is %d: write version: 1", e.Version)
	}
	for _, i := range e.Changes {
		if i == (Intended{Reason: i.Reason}) {
			return errors.New("changes: an entry without route, fault, method and what would expect everything")
		}
		for _, pattern := range []string{i.Route, i.Fault, i.Method} {
			if _, err := path.Match(pattern, ""); err != nil {
				return fmt.Errorf("changes: %q: %w", pattern, err)
			}
		}
	}
	return nil
}

// Split moves the expected changes of d to d.Expected.
func (e Expectation) Split(d *result.Diff) {
	d.Cells = slices.DeleteFunc(d.Cells, func(c result.Change) bool {
		if !slices.ContainsFunc(e.Changes, func(i Intended) bool { return i.names(c) }) {
			return false
		}
		d.Expected = append(d.Expected, c)
		return true
	})
}

// names reports whether a change is intended: all that differs must be.
func (i Intended) names(c result.Change) bool {
	l := c.After
	if l == nil {
		l = c.Before
	}
	outside := func(what string) bool { return !strings.Contains(what, i.What) }
	return result.Matches(i.Route, l.Route) && result.Matches(i.Fault, l.Fault) && result.Matches(i.Method, l.Method) &&
		(i.What == "" || !slices.ContainsFunc(c.What, outside))
}
