package result

import (
	"path"
	"strings"
	"time"
)

// Brief is a duration as a person writes it: "120ms", "2.5s", "1m30s".
func Brief(d time.Duration) string {
	switch {
	case d < time.Second:
		d = d.Round(time.Millisecond)
	case d < 10*time.Second:
		d = d.Round(100 * time.Millisecond)
	default:
		d = d.Round(time.Second)
	}
	text := d.String()
	if strings.HasSuffix(text, "m0s") {
		text = strings.TrimSuffix(text, "0s")
	}
	if strings.HasSuffix(text, "h0m") {
		text = strings.TrimSuffix(text, "0m")
	}
	return text
}

// flat hides the slashes, which path.Match would not let a * stand for.
var flat = strings.NewReplacer("/", "\x00")

// Matches reports whether a pattern (path.Match, in which * also stands for
// slashes) names text; an empty one names everything, a malformed one nothing.
func Matches(pattern, text string) bool {
	if pattern == "" {
		return true
	}
	ok, err := path.Match(flat.Replace(pattern), flat.Replace(text))
	return err == nil && ok
}
