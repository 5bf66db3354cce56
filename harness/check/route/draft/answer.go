package draft

import (
	"regexp"
	"strconv"
	"strings"

	"badgateway/backends"
	"badgateway/harness/check/route/program"
)

// AnswerHeader tells one backend to answer otherwise than usual, so that what
// stands behind error_page and X-Accel-Redirect is reached: "NAME=404". The
// request carries it, [Find] gives the backends the rules ([backends.Rule]).
const AnswerHeader = "Badgateway-Answer"

// Answer is what the backends of a pass do for this request alone.
type Answer struct {
	From *program.Scope
	// Status is 404 or the like; badGateway is an answer that nginx cannot use.
	Status int
	// Accel is a location for X-Accel-Redirect.
	Accel string
}

// BadGateway is nginx's own 502, had by a header larger than any buffer.
const BadGateway = 502

// word is the value of [AnswerHeader] behind the backend's name.
func (a Answer) word() string {
	if a.Accel != "" {
		return "accel:" + a.Accel
	}
	return strconv.Itoa(a.Status)
}

// Rule is what a backend needs to give the answer.
func (a Answer) Rule(backend string) backends.Rule {
	r := backends.Rule{Field: AnswerHeader, Value: "^" + regexp.QuoteMeta(backend+"="+a.word()) + "$"}
	switch {
	case a.Accel != "":
		r.Header, r.Once = map[string][]string{"X-Accel-Redirect": {a.Accel}}, true
	case a.Status == BadGateway:
		r.Header = map[string][]string{"Badgateway-Padding": {strings.Repeat("x", 1<<20)}}
	default:
		r.Status = a.Status
	}
	return r
}
