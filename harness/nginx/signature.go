package nginx

import (
	"slices"
	"strings"
)

// Signature is the portable identity of an error-log line: wording that does
// not depend on libc, TLS library or nginx version.
//
// The message's beginning decides, since nginx's own words stand there; what a
// message quotes of a client or an upstream follows.
type Signature struct {
	// Name is stable and short: "connect-refused".
	Name string `json:"name"`
	// Phrase begins Message.
	Phrase string `json:"phrase"`
	// Exact demands that nothing follows Phrase.
	Exact bool `json:"exact,omitempty"`
	// AfterWord moves Phrase behind Message's first word, for the messages that
	// begin with a number or a name ("512 worker_connections are not enough").
	AfterWord bool `json:"after_word,omitempty"`
	// Any demands that one of these texts stands behind Phrase or in SSL; a text
	// that ends in a digit must not be followed by another. Letter case and "_"
	// for a space do not count: TLS libraries differ in them.
	Any []string `json:"any,omitempty"`
	// None forbids these texts in the same places.
	None []string `json:"none,omitempty"`
	// Errno must be equal; 0 demands that the line has none; -1 any but NotErrno.
	Errno    int   `json:"errno"`
	NotErrno []int `json:"not_errno,omitempty"`
	// Actions are those during which it is logged, "" for none; empty: any.
	Actions []string `json:"actions,omitempty"`
	// Levels holds the levels it is logged at, of all versions; empty: any.
	Levels []Level `json:"levels,omitempty"`
	// Unix demands (+1) or forbids (-1) a unix-socket upstream; 0: either.
	Unix int `json:"unix,omitempty"`
	// Meaning is one line for a person.
	Meaning string `json:"meaning"`
}

// String is the signature's name.
func (s Signature) String() string { return s.Name }

// Match says whether a line has the signature.
func (s Signature) Match(l Line) bool {
	message := l.Message
	if s.AfterWord {
		_, message, _ = strings.Cut(message, " ")
	}
	rest, found := strings.CutPrefix(message, s.Phrase)
	return found && s.matchBehind(&l, rest)
}

// matchBehind tests everything but the phrase; rest is what follows it.
func (s *Signature) matchBehind(l *Line, rest string) bool {
	switch {
	case s.Exact && rest != "":
	case s.Errno >= 0 && l.Errno != s.Errno:
	case s.Errno < 0 && slices.Contains(s.NotErrno, l.Errno):
	case len(s.Levels) > 0 && !slices.Contains(s.Levels, l.Level):
	case len(s.Actions) > 0 && !slices.Contains(s.Actions, l.Action):
	case s.Unix != 0 && (s.Unix > 0) != l.Unix():
	case len(s.Any) > 0 && !says(s.Any, rest, l.SSL):
	case len(s.None) > 0 && says(s.None, rest, l.SSL):
	default:
		return true
	}
	return false
}

// says reports whether one of the texts stands in one of the places.
func says(texts []string, places ...string) bool {
	for _, place := range places {
		for _, text := range texts {
			if containsFold(place, text) {
				return true
			}
		}
	}
	return false
}

// containsFold is strings.Contains without regard to ASCII case, "_" being a
// space. text is lower case; one ending in a digit ends a number.
func containsFold(s, text string) bool {
	first := text[0] // a letter, or no letter and then folding changes nothing
	for i := 0; i+len(text) <= len(s); i++ {
		if c := s[i]; c != first && c|0x20 != first {
			continue
		}
		if equalFold(s[i:i+len(text)], text) {
			end := i + len(text)
			if !digit(text[len(text)-1]) || end == len(s) || !digit(s[end]) {
				return true
			}
		}
	}
	return false
}

func equalFold(s, lower string) bool {
	for i := range len(s) {
		c := s[i]
		switch {
		case c >= 'A' && c <= 'Z':
			c += 'a' - 'A'
		case c == '_':
			c = ' '
		}
		want := lower[i]
		if want == '_' {
			want = ' '
		}
		if c != want {
			return false
		}
	}
	return true
}

func digit(c byte) bool { return c >= '0' && c <= '9' }
