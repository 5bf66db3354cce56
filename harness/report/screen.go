package report

import (
	"io"
	"os"
	"strings"
	"unicode"

	"github.com/jedib0t/go-pretty/v6/text"
	"golang.org/x/term"
)

// Screen is what text is laid out for.
type Screen struct {
	// Width and Height are a terminal's size in cells; 0 is no terminal: lines
	// are neither cut nor wrapped, and nothing is redrawn.
	Width, Height int
	// Color allows ANSI colours.
	Color bool
}

// Size of a terminal that does not tell its own.
const (
	usualWidth  = 80
	usualHeight = 24
)

// ScreenOf describes what w writes to. A terminal is a *os.File that the kernel
// calls one, unless TERM is "dumb"; NO_COLOR (https://no-color.org), when set
// and not empty, takes the colours away.
func ScreenOf(w io.Writer, getenv func(string) string) Screen {
	f, ok := w.(*os.File)
	if !ok || getenv("TERM") == "dumb" || !term.IsTerminal(int(f.Fd())) {
		return Screen{}
	}
	s := Screen{Width: usualWidth, Height: usualHeight, Color: getenv("NO_COLOR") == ""}
	if width, height, err := term.GetSize(int(f.Fd())); err == nil && width > 0 && height > 0 {
		s.Width, s.Height = width, height
	}
	return s
}

// Terminal reports whether text can be redrawn in place.
func (s Screen) Terminal() bool { return s.Width > 0 }

// Paint colours a text where that is allowed and there is something to see.
func (s Screen) Paint(str string, colors ...text.Color) string {
	if !s.Color || strings.TrimSpace(str) == "" {
		return str
	}
	return text.Escape(str, text.Colors(colors).EscapeSeq())
}

func (s Screen) bold(str string) string   { return s.Paint(str, text.Bold) }
func (s Screen) faint(str string) string  { return s.Paint(str, text.Faint) }
func (s Screen) green(str string) string  { return s.Paint(str, text.FgGreen) }
func (s Screen) yellow(str string) string { return s.Paint(str, text.FgYellow) }
func (s Screen) red(str string) string    { return s.Paint(str, text.Bold, text.FgRed) }

// cut shortens a line that is too wide for a terminal.
func (s Screen) cut(line string) string {
	if !s.Terminal() {
		return line
	}
	if s.Width < len("...") {
		return text.Trim(line, s.Width)
	}
	return text.Snip(line, s.Width, "...")
}

// wrap breaks str into lines between words; without a terminal it is one line.
func (s Screen) wrap(str string, indent int) []string {
	if room := s.Width - indent; s.Terminal() && room >= 20 {
		return strings.Split(text.WrapSoft(str, room), "\n")
	}
	return []string{str}
}

// Clean makes foreign text safe on a terminal and in XML: one line, with every
// control character (an escape sequence in a logged request, say) and what turns
// or hides text (Unicode's format characters) shown as "?".
func Clean(str string) string {
	str = strings.ToValidUTF8(str, "?")
	return strings.Map(func(r rune) rune {
		switch {
		case r == '\n' || r == '\r' || r == '\t':
			return ' '
		case unicode.IsControl(r) || unicode.In(r, unicode.Cf, unicode.Zl, unicode.Zp) || r == '\uFFFE' || r == '\uFFFF':
			return '?'
		}
		return r
	}, strings.TrimSpace(str))
}
