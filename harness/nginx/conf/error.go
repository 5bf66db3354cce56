package conf

import (
	"fmt"
	"strings"
)

// Error is a configuration that cannot be read, in nginx's words:
// `unexpected "}" in /etc/nginx/nginx.conf:12`.
type Error struct {
	Pos Pos
	Msg string
	// Hint is what may be the matter, at HintPos; may be empty.
	Hint    string
	HintPos Pos
	// Included are the include directives that led to Pos.File, the nearest first.
	Included []Pos
	// Path is the file or pattern that could not be read, else "".
	Path string
	// Err is the cause from a [Source], else nil; [errors.Is] finds fs.ErrNotExist.
	Err error
}

func (e *Error) Error() string {
	var b strings.Builder
	fmt.Fprintf(&b, "%s in %s:%d", e.Msg, e.Pos.File, e.Pos.Line)
	for _, p := range e.Included {
		fmt.Fprintf(&b, ", included from %s:%d", p.File, p.Line)
	}
	return b.String()
}

func (e *Error) Unwrap() error { return e.Err }
