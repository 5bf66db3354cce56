package harness

import (
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"

	"badgateway/harness/nginx"
)

// Stand-in until package nginx has its parser and signatures.

var lineRE = regexp.MustCompile(`^(\d{4}/\d\d/\d\d \d\d:\d\d:\d\d) \[(\w+)\] (\d+)#(\d+): (?:\*(\d+) )?(.*)$`)
var errnoRE = regexp.MustCompile(` \((\d+): ([^)]*)\)`)
var whileRE = regexp.MustCompile(` while ([a-zA-Z ]+)(,|$)`)

func parseLine(raw string) (nginx.Line, bool) {
	m := lineRE.FindStringSubmatch(raw)
	if m == nil {
		return nginx.Line{}, false
	}
	l := nginx.Line{Raw: raw, Level: nginx.Level(m[2]), Message: m[6]}
	l.Time, _ = time.Parse("2006/01/02 15:04:05", m[1])
	l.PID, _ = strconv.Atoi(m[3])
	if e := errnoRE.FindStringSubmatch(m[6]); e != nil {
		l.Errno, _ = strconv.Atoi(e[1])
		l.ErrText = e[2]
	}
	if w := whileRE.FindStringSubmatch(m[6]); w != nil {
		l.Action = w[1]
	}
	l.Upstream, l.Request = field(m[6], "upstream"), field(m[6], "request")
	return l, true
}

func field(s, name string) string {
	_, after, ok := strings.Cut(s, ", "+name+": \"")
	if !ok {
		return ""
	}
	before, _, _ := strings.Cut(after, "\"")
	return before
}

func bears(s nginx.Signature, l nginx.Line) bool {
	ok := strings.HasPrefix(l.Message, s.Phrase) || s.Within && strings.Contains(l.Message, s.Phrase)
	ok = ok && (s.Errno < 0 || s.Errno == l.Errno) && (s.Action == "" || s.Action == l.Action)
	return ok && (len(s.Levels) == 0 || slices.Contains(s.Levels, l.Level))
}

func classify(l nginx.Line) (nginx.Signature, bool) { return nginx.Signature{Name: "unknown"}, true }
