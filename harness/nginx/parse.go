package nginx

import (
	"errors"
	"strings"
	"time"
)

// maxErrorStr is the longest line nginx writes, line feed included
// (ngx_log.h:NGX_MAX_ERROR_STR).
const maxErrorStr = 2048

// stampLen is the length of "2026/11/20 23:24:02" (ngx_times.c:ngx_time_update).
const stampLen = 19

// ErrNotErrorLog says that a line was not written by nginx's error log.
var ErrNotErrorLog = errors.New(`parse line: not of an nginx error log, which begins "2026/11/20 23:24:02 [error] 7#7: "`)

// ParseLine reads one line of an error log:
//
//	2026/11/20 23:24:02 [error] 7#7: *1 MESSAGE (SSL: TEXT) (111: TEXT) while ACTION, client: A, server: S, request: "R", ...
//
// The order is the one of ngx_log.c:ngx_log_error_core: what the caller
// formatted (with the TLS library's reasons, ngx_event_openssl.c:ngx_ssl_error),
// then the errno, then what the log handler adds (ngx_http_log_error,
// ngx_http_log_error_handler, ngx_resolver_log_error, ngx_stream_log_error).
//
// nginx escapes nothing. A client's text stands in request, host and referrer,
// behind everything that identifies the line, and is never searched for it. In a
// message that itself quotes a URI or an upstream's bytes, the errno and action
// nearest to a well-formed end of the quotation count, and for local files the
// reading without an action wins, so that a forged URI cannot pose as an
// upstream's failure.
//
// The error is [ErrNotErrorLog].
func ParseLine(s string) (Line, error) {
	s = strings.TrimRight(s, "\r\n")
	l := Line{Raw: s, Truncated: len(s) >= maxErrorStr-1}
	at, ok := parseStamp(s)
	if !ok {
		return Line{Raw: s}, ErrNotErrorLog
	}
	l.Time = at
	rest, ok := l.parseHead(s[stampLen:])
	if !ok {
		return Line{Raw: s}, ErrNotErrorLog
	}
	l.parseBody(rest)
	return l, nil
}

// ParseStderr reads what the nginx command writes while it has no log yet
// (ngx_log.c:ngx_log_error_core with ngx_use_stderr, ngx_log_stderr):
//
//	nginx: [emerg] host not found in upstream "app.internal" in /etc/nginx/nginx.conf:12
//
// Time, PID and TID stay zero. The error says that the line has no level, as
// "nginx: configuration file /etc/nginx/nginx.conf test failed" has none.
func ParseStderr(s string) (Line, error) {
	s = strings.TrimRight(s, "\r\n")
	program, rest, found := strings.Cut(s, ": [")
	level, rest, closed := strings.Cut(rest, "] ")
	name, ok := parseLevel(level)
	if !found || !closed || !ok || strings.ContainsAny(program, " \t") {
		return Line{Raw: s}, errors.New(`parse stderr: line does not begin "nginx: [emerg] "`)
	}
	l := Line{Raw: s, Level: name}
	l.parseBody(rest)
	return l, nil
}

// parseHead reads " [error] 7#7: *1 " and returns what follows.
func (l *Line) parseHead(s string) (string, bool) {
	if !strings.HasPrefix(s, " [") {
		return "", false
	}
	end := strings.IndexByte(s, ']')
	if end < 0 || end > len(" [notice") {
		return "", false
	}
	level, ok := parseLevel(s[2:end])
	if !ok || !strings.HasPrefix(s[end:], "] ") {
		return "", false
	}
	pid, s, ok := number(s[end+2:])
	if !ok || !strings.HasPrefix(s, "#") {
		return "", false
	}
	tid, s, ok := number(s[1:])
	if !ok || !strings.HasPrefix(s, ": ") {
		return "", false
	}
	s = s[2:]
	l.Level, l.PID, l.TID = level, int(pid), int(tid)
	if strings.HasPrefix(s, "*") {
		if conn, after, ok := number(s[1:]); ok && strings.HasPrefix(after, " ") {
			l.Conn, s = conn, after[1:]
		}
	}
	return s, true
}

// parseBody takes apart everything behind the connection number.
func (l *Line) parseBody(s string) {
	head := s
	if at := clientField(s); at >= 0 {
		head = s[:at]
		l.Action, head = cutAction(head)
		l.parseFields(s[at:])
	} else {
		if at := strings.LastIndex(s, ", resolver: "); at >= 0 {
			head, l.Resolver = s[:at], s[at+len(", resolver: "):]
		}
		l.Action, head = cutAction(head)
		if l.Action == "" && l.Conn == 0 {
			head = l.cutPlace(head)
		}
	}
	l.Errno, l.ErrText, head = cutErrno(head)
	l.SSL, l.Message = cutSSL(head)
}

// cutAction splits " while ACTION" off the end. An action is a constant of
// nginx's source: words, slashes, addresses, but never a quotation.
func cutAction(s string) (action, head string) {
	const longest = 128
	for at := len(s) - 1; at >= 0 && len(s)-at < longest; at-- {
		switch c := s[at]; {
		case c == ' ' && strings.HasPrefix(s[at:], " while ") && at+len(" while ") < len(s):
			return s[at+len(" while "):], s[:at]
		case c < ' ' || c > '~' || strings.IndexByte(`"'(),;`, c) >= 0:
			return "", s
		}
	}
	return "", s
}

// cutErrno splits " (111: Connection refused)" off the end
// (ngx_log.c:ngx_log_errno).
func cutErrno(s string) (errno int, text, head string) {
	if !strings.HasSuffix(s, ")") {
		return 0, "", s
	}
	at := strings.LastIndex(s, " (")
	if at < 0 {
		return 0, "", s
	}
	n, rest, ok := number(s[at+2 : len(s)-1])
	if !ok || n > 1<<16 || !strings.HasPrefix(rest, ": ") {
		return 0, "", s
	}
	return int(n), rest[2:], s[:at]
}

// cutSSL splits " (SSL: ...)" off the end (ngx_event_openssl.c:ngx_ssl_error);
// the closing parenthesis is missing when nginx cut the text.
func cutSSL(s string) (text, head string) {
	const nearlyCut = 1000 // of the 1024 bytes that ngx_ssl_error formats into
	if !strings.HasSuffix(s, ")") && len(s) < nearlyCut {
		return "", s
	}
	at := strings.LastIndex(s, " (SSL: ")
	if at < 0 {
		return "", s
	}
	text = s[at+len(" (SSL: "):]
	return strings.TrimSuffix(text, ")"), s[:at]
}

// cutPlace splits " in FILE:LINE" off the end
// (ngx_conf_file.c:ngx_conf_log_error).
func (l *Line) cutPlace(s string) string {
	colon := strings.LastIndexByte(s, ':')
	if colon < 0 {
		return s
	}
	n, rest, ok := number(s[colon+1:])
	at := strings.LastIndex(s[:colon], " in ")
	if !ok || rest != "" || n > 1<<31 || at < 0 || strings.IndexByte(s[at:colon], '"') >= 0 {
		return s
	}
	l.File, l.FileLine = s[at+len(" in "):colon], int(n)
	return s[:at]
}

// parseStamp reads "2026/11/20 23:24:02".
func parseStamp(s string) (time.Time, bool) {
	if !stamped(s) {
		return time.Time{}, false
	}
	two := func(i int) int { return int(s[i]-'0')*10 + int(s[i+1]-'0') }
	year, month, day := two(0)*100+two(2), two(5), two(8)
	hour, minute, second := two(11), two(14), two(17)
	if month < 1 || month > 12 || day < 1 || day > 31 || hour > 23 || minute > 59 || second > 60 {
		return time.Time{}, false
	}
	return time.Date(year, time.Month(month), day, hour, minute, second, 0, time.UTC), true
}

// stamped says whether s begins with the shape of a time stamp.
func stamped[T string | []byte](s T) bool {
	const shape = "0000/00/00 00:00:00"
	if len(s) < stampLen {
		return false
	}
	for i := range stampLen {
		if c := s[i]; shape[i] == '0' {
			if c < '0' || c > '9' {
				return false
			}
		} else if c != shape[i] {
			return false
		}
	}
	return true
}

// number reads up to 18 decimal digits.
func number(s string) (n int64, rest string, ok bool) {
	i := 0
	for i < len(s) && i < 18 && s[i] >= '0' && s[i] <= '9' {
		n = n*10 + int64(s[i]-'0')
		i++
	}
	return n, s[i:], i > 0
}
