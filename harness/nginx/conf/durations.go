package conf

import (
	"strings"
	"time"
)

// Duration is an argument that nginx reads as a time, and waits for.
type Duration struct {
	Directive *Directive
	Arg       Arg
	// Key is the key of a key=value argument ("fail_timeout"), else "".
	Key   string
	Value time.Duration
	// Granularity is the unit nginx keeps the time in: [time.Millisecond] or
	// [time.Second]. A directive of the latter takes no "ms".
	Granularity time.Duration
	// Text is the time alone, at the bytes from Start up to End of the file.
	Text       string
	Start, End int
	// Source is the function of nginx that reads it.
	Source string
}

// Edit replaces the time by another, rounded up to the granularity.
func (d Duration) Edit(value time.Duration) Edit {
	return Edit{Start: d.Start, End: d.End, Text: FormatTime(value, d.Granularity)}
}

// Durations are all times of a tree that nginx waits for, in nginx's order; those
// of a file that is included twice come twice. Left out are times that clients
// are told and nginx does not wait for (expires, userid_expires, the expires of
// sticky) and words that are no time ("off", a variable that a template left).
func Durations(t *Tree) []Duration {
	var found []Duration
	for d := range t.All() {
		if d.Entry || d.HasBlock {
			continue
		}
		for _, s := range slotsOf[d.Name.Text] {
			if s.notWait == "" {
				found = append(found, s.of(d)...)
			}
		}
	}
	return found
}

// of gives the times of one slot in a directive.
func (s timeSlot) of(d *Directive) []Duration {
	if s.keys == nil {
		index := s.index
		if index < 0 {
			index += len(d.Args)
		}
		if index < 0 || index >= len(d.Args) {
			return nil
		}
		return s.at(d, d.Args[index], "", 0, d.Args[index].Text)
	}
	var found []Duration
	for _, a := range d.Args {
		for _, key := range s.keys {
			value, ok := strings.CutPrefix(a.Text, key+"=")
			switch {
			case ok && key == "so_keepalive": // idle:interval:count
				idle, rest, _ := strings.Cut(value, ":")
				interval, _, _ := strings.Cut(rest, ":")
				found = append(found, s.at(d, a, key, len(key)+1, idle)...)
				found = append(found, s.at(d, a, key, len(key)+len(idle)+2, interval)...)
			case ok:
				found = append(found, s.at(d, a, key, len(key)+1, value)...)
			}
		}
	}
	return found
}

// at gives the time that stands in an argument's text from offset, if it is one.
func (s timeSlot) at(d *Directive, a Arg, key string, offset int, text string) []Duration {
	value, err := ParseTimeIn(text, s.granularity)
	if err != nil {
		return nil
	}
	start := a.Pos.Offset + offset
	if a.Quote != 0 {
		start++
	}
	return []Duration{{Directive: d, Arg: a, Key: key, Value: value, Granularity: s.granularity,
		Text: text, Start: start, End: start + len(text), Source: s.source}}
}
