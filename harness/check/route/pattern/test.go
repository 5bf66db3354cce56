package pattern

import "slices"

// Test is a question about a text.
type Test struct {
	Equals string
	Re     *Pattern // in place of equals
	Set    bool     // asks only whether it is neither empty nor "0"
	Not    bool
}

// Ok tells whether a value passes.
func (t Test) Ok(value string) bool {
	switch {
	case t.Re != nil:
		return t.Re.Matches(value) != t.Not
	case t.Set:
		return (value != "" && value != "0") != t.Not
	}
	return (value == t.Equals) != t.Not
}

// Opposite is the test that passes where this one fails.
func (t Test) Opposite() Test { t.Not = !t.Not; return t }

// Values are texts that pass, likely ones first.
func (t Test) Values(letters Alphabet) []string {
	var likely []string
	switch {
	case t.Not:
	case t.Re != nil:
		likely = Samples(t.Re, letters)
	case t.Set:
		likely = []string{"1"}
	default:
		likely = []string{t.Equals}
	}
	likely = append(likely, "", "bg", "1", "0", "GET", "https", "http", "POST", "Mozilla/5.0 (X11; Linux x86_64)", "/bg")
	return slices.DeleteFunc(slices.Clone(likely), func(v string) bool { return !t.Ok(v) })
}
