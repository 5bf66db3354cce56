package backends

import (
	"errors"
	"fmt"
	"net/http"
	"regexp"
	"slices"

	"golang.org/x/net/http/httpguts"
)

// rule is a Rule made ready.
type rule struct {
	field  string
	value  *regexp.Regexp
	answer *behaviour
}

// applied is the Script that answers a request to which r applies.
func (s Script) applied(r Rule) Script {
	s.Status, s.Header, s.Rules = r.Status, r.Header, nil
	return s
}

// compileRule makes a valid Rule of s ready.
func compileRule(s Script, r Rule, backend string) rule {
	return rule{http.CanonicalHeaderKey(r.Field), regexp.MustCompile(r.Value), compile(s.applied(r), backend)}
}

// answering is the behaviour that the rules choose for a request with header.
func (b *behaviour) answering(header http.Header) *behaviour {
	for _, r := range b.rules {
		if slices.ContainsFunc(header[r.field], r.value.MatchString) {
			return r.answer
		}
	}
	return b
}

// validateRules says everything that is wrong with the rules.
func (s Script) validateRules(backend string) error {
	var errs []error
	for i, r := range s.Rules {
		bad := func(format string, args ...any) {
			errs = append(errs, fmt.Errorf("backend %q: rule %d: "+format, append([]any{backend, i + 1}, args...)...))
		}
		if !httpguts.ValidHeaderFieldName(r.Field) {
			bad("field %q: not a header name", r.Field)
		}
		if r.Value == "" {
			bad("value: empty; write a regular expression, .* for any value")
		} else if _, err := regexp.Compile(r.Value); err != nil {
			bad("value: %w", err)
		}
		if s.Action == Respond {
			errs = append(errs, s.applied(r).Validate(backend))
		}
	}
	return errors.Join(errs...)
}
