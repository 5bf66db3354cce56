package harness

import (
	"context"
	"slices"
	"strings"
	"time"

	"badgateway/harness/nginx"
	"badgateway/harness/pod"
)

// Log reads the error log of a pod from where it was read before. The runner
// is one user of it; a test that goes step by step by hand is another.
type Log struct{ tail tail }

// NewLog begins at the beginning of the file.
func NewLog(p *pod.Pod) *Log { return &Log{tail{pod: p, path: ErrorLog}} }

// Next gives the lines written since the last call. nginx writes a line before
// it answers the request that the line is about, so after an answer there is
// nothing to wait for; only while a signature in due has no line is the file
// followed, for at most limit. Lines carry the offset at which they were seen.
func (l *Log) Next(ctx context.Context, due []nginx.Signature, limit time.Duration) ([]nginx.Line, error) {
	raw, err := l.tail.until(ctx, limit, func(raw []string) bool { return len(Missing(due, parse(raw, 0))) == 0 })
	if err != nil || len(raw) == 0 {
		return nil, err
	}
	now, err := l.tail.pod.Now(ctx)
	return parse(raw, now), err
}

// Missing are the signatures that no line has.
func Missing(due []nginx.Signature, lines []nginx.Line) []nginx.Signature {
	var without []nginx.Signature
	for _, s := range due {
		if !slices.ContainsFunc(lines, s.Match) {
			without = append(without, s)
		}
	}
	return without
}

// parse reads error-log lines seen at an offset. Those that go on with the next
// line are joined; what is no such line keeps its text and has no level.
func parse(raw []string, at time.Duration) []nginx.Line {
	lines := make([]nginx.Line, 0, len(raw))
	if records, all := joined(raw); all {
		raw = records
	}
	for _, text := range raw {
		line, err := nginx.ParseLine(text)
		if err != nil {
			line = nginx.Line{Raw: text}
		}
		line.At = at
		lines = append(lines, line)
	}
	return lines
}

// joined are the records of a log that has nothing else in it.
func joined(raw []string) (records []string, all bool) {
	s := nginx.NewScanner(strings.NewReader(strings.Join(raw, "\n")))
	for s.Scan() {
		records = append(records, s.Text())
	}
	return records, s.Skipped() == 0
}
