package nginx

import (
	"errors"
	"io"
	"strings"
)

// blockSize is how much a Scanner reads at a time.
const blockSize = 256 << 10

// Scanner reads records from an error log in constant memory: lines, and the
// few records that nginx writes over several lines because a message quotes
// text with line feeds ("FastCGI sent in stderr", "broken header", a Lua traceback).
//
// Everything else (an access log in the same stream, binary junk, a line longer
// than nginx writes) is skipped and counted. A line may carry what containers
// and syslog put in front of it: "web-1  | ", "2026-11-20T23:24:02Z " or
// "Nov 20 23:24:02 host nginx: ".
type Scanner struct {
	r       io.Reader
	buf     []byte // unread part of the block, raw
	block   string // the same bytes as a string, so that records need no copy each
	partial []byte // begin of a line whose end is in the next block
	long    bool   // that line is longer than nginx writes: skip to its end
	held    string // a record that may go on with the next line
	heldFor string // first line of held
	queued  string // a line read but not yet looked at
	record  string
	skipped int64
	err     error
	eof     bool
}

// NewScanner reads from r.
func NewScanner(r io.Reader) *Scanner {
	return &Scanner{r: r, buf: make([]byte, 0, blockSize)}
}

// Scan advances to the next record, available from Text and Line; it returns
// false at the end and on a read error, which Err gives.
func (s *Scanner) Scan() bool {
	for {
		line, ok := s.line()
		if !ok {
			return s.release("")
		}
		start := recordStart(line)
		switch {
		case start < 0 && s.held != "":
			if done := s.extend(line); done {
				return s.release("")
			}
		case start < 0:
			s.skipped++
		case open(line[start:]):
			first := line[start:]
			if s.release(first) {
				return true
			}
		default:
			if s.held == "" {
				s.record = line[start:]
				return true
			}
			// The held record never got its end: its first line comes now,
			// this line next.
			s.queued, s.held = line, s.heldFor
			return s.release("")
		}
	}
}

// Text is the record, without prefix and line end; it shares memory with the
// block it was read from.
func (s *Scanner) Text() string { return s.record }

// Line parses the record.
func (s *Scanner) Line() (Line, error) { return ParseLine(s.record) }

// Skipped counts the lines that were no part of a record.
func (s *Scanner) Skipped() int64 { return s.skipped }

// Err is the first read error other than io.EOF.
func (s *Scanner) Err() error { return s.err }

// release makes the held record current, if there is one, and holds next.
func (s *Scanner) release(next string) bool {
	s.record, s.held, s.heldFor = s.held, next, next
	return s.record != ""
}

// extend joins a line to the held record and says whether that completes it.
func (s *Scanner) extend(line string) bool {
	if len(s.held)+1+len(line) >= maxErrorStr {
		s.held = s.heldFor
		s.skipped++
		return true
	}
	s.held += "\n" + line
	return !open(s.held)
}

// open says whether a record lacks its fields, so that the next line may belong
// to it: a connection's messages end in ", client: ...".
func open(record string) bool {
	if len(record) >= maxErrorStr-1 {
		return false
	}
	at := strings.IndexByte(record, '#')
	if at < 0 || at > 64 {
		return false
	}
	head := record[at:]
	colon := strings.Index(head, ": *")
	if colon < 0 || colon > 24 || nextClient(head, 0) >= 0 {
		return false
	}
	return strings.Contains(head, `in stderr: "`) || strings.Contains(head, " lua ") || strings.Contains(head, ` broken header: "`)
}

// recordStart returns where in a line nginx's own text begins, -1 if nowhere.
func recordStart(line string) int {
	if stamped(line) {
		return 0
	}
	const furthest = 160 // a host name, a program, a time stamp
	for at := 0; at < len(line) && at < furthest; at++ {
		space := strings.IndexByte(line[at:], ' ')
		if space < 0 {
			return -1
		}
		at += space
		if stamped(line[at+1:]) && prefix(line[:at]) {
			return at + 1
		}
	}
	return -1
}

// prefix says whether p is what Docker Compose, syslog or a container runtime
// puts in front of a line, and not an access-log line that quotes one: that has
// a user between two " - ".
func prefix(p string) bool {
	if strings.Contains(p, " - ") || strings.IndexByte(p, '"') >= 0 {
		return false
	}
	last := p[strings.LastIndexByte(p, ' ')+1:]
	return last == "|" || strings.HasSuffix(last, ":") ||
		len(last) >= len("2026-11-20T23:24:02Z") && last[4] == '-' && last[10] == 'T' ||
		last == "F" || last == "P" // CRI: full or partial line
}

// line returns the next line without its end.
func (s *Scanner) line() (string, bool) {
	if line := s.queued; line != "" {
		s.queued = ""
		return line, true
	}
	for {
		end := strings.IndexByte(s.block, '\n')
		if end < 0 {
			if s.block != "" {
				s.keep(s.block)
				s.block = ""
			}
			if !s.fill() {
				return s.last()
			}
			continue
		}
		line := s.block[:end]
		s.block = s.block[end+1:]
		if s.long {
			s.long, s.partial = false, s.partial[:0]
			s.skipped++
			continue
		}
		if len(s.partial) > 0 {
			line = string(s.partial) + line
			s.partial = s.partial[:0]
		}
		return strings.TrimSuffix(line, "\r"), true
	}
}

// maxLine is the longest line that may hold a record: nginx's own limit and a
// prefix.
const maxLine = 2 * maxErrorStr

// keep stores the begin of a line.
func (s *Scanner) keep(part string) {
	if s.long || len(s.partial)+len(part) > maxLine {
		s.long, s.partial = true, s.partial[:0]
		return
	}
	s.partial = append(s.partial, part...)
}

// last is the line that the end of the input ends.
func (s *Scanner) last() (string, bool) {
	line := string(s.partial)
	s.partial = s.partial[:0]
	if s.long {
		s.long = false
		s.skipped++
	}
	return strings.TrimSuffix(line, "\r"), line != ""
}

// fill reads the next block.
func (s *Scanner) fill() bool {
	if s.eof {
		return false
	}
	n, err := io.ReadAtLeast(s.r, s.buf[:cap(s.buf)], 1)
	if err != nil {
		s.eof = true
		if !errors.Is(err, io.EOF) {
			s.err = err
		}
	}
	s.block = string(s.buf[:n])
	return n > 0
}
