package backends

import (
	"errors"
	"fmt"
	"net/http"
	"regexp"
	"slices"
	"sync"

	"golang.org/x/net/http/httpguts"
)

// rule is a Rule made ready.
type rule struct {
	target *regexp.Regexp
	field  string // empty: any request with the target
	value  *regexp.Regexp
	proto  *regexp.Regexp
	once   *sync.Map // ids that it has answered; nil: not asked for
	answer *behaviour
}

// applied is the Script that answers a request to which r applies.
func (s Script) applied(r Rule) Script {
	s.Status, s.Header, s.Rules = r.Status, r.Header, nil
	return s
}

// compileRule makes a valid Rule of s ready.
func compileRule(s Script, r Rule, backend string, p Protocol) rule {
	ready := rule{target: regexp.MustCompile(r.Target), field: http.CanonicalHeaderKey(r.Field), value: regexp.MustCompile(r.Value),
		proto: regexp.MustCompile(r.Proto), answer: compile(s.applied(r), backend, p)}
	if r.Once {
		ready.once = new(sync.Map)
	}
	return ready
}

// applies says whether the rule is for a request.
func (r rule) applies(a Attempt) bool {
	if !r.target.MatchString(a.Target) || !r.proto.MatchString(a.Proto) ||
		r.field != "" && !slices.ContainsFunc(a.Header[r.field], r.value.MatchString) {
		return false
	}
	if r.once == nil {
		return true
	}
	_, again := r.once.LoadOrStore(a.ID, true)
	return !again
}

// answering is the behaviour that the rules choose for a request.
func (b *behaviour) answering(a Attempt) *behaviour {
	for _, r := range b.rules {
		if r.applies(a) {
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
		switch {
		case r.Field == "" && r.Target == "" && r.Proto == "":
			bad("applies to every request; write a target, a proto, or a field and its value")
		case r.Field == "" && r.Value != "":
			bad("value without a field; name the header field")
		case r.Field != "" && !httpguts.ValidHeaderFieldName(r.Field):
			bad("field %q: not a header name", r.Field)
		case r.Field != "" && r.Value == "":
			bad("value: empty; write a regular expression, .* for any value")
		}
		for _, e := range []struct{ name, expression string }{{"target", r.Target}, {"value", r.Value}, {"proto", r.Proto}} {
			if _, err := regexp.Compile(e.expression); err != nil {
				bad("%s: %w", e.name, err)
			}
		}
		if s.Action == Respond {
			errs = append(errs, s.applied(r).Validate(backend))
		}
	}
	return errors.Join(errs...)
}
