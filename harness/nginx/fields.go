package nginx

import "strings"

// maxCandidates bounds the work on a line made of nothing but ", client: ".
const maxCandidates = 32

// clientField returns where the log handler's fields begin (", client: "), -1
// without.
//
// The first ", client: " is the right one unless the message quotes something:
// then a forged one may stand inside the quotation.
func clientField(s string) int {
	first := nextClient(s, 0)
	if first < 0 || strings.IndexByte(s[:first], '"') < 0 {
		return first
	}
	second := nextClient(s, first+len(", client: "))
	if second < 0 {
		return first
	}
	local := quotesLocalFile(s)
	closed := -1
	at := first
	for range maxCandidates {
		action, head := cutAction(s[:at])
		if closesQuotes(head) {
			if !local || action == "" {
				return at
			}
			if closed < 0 {
				closed = at
			}
		}
		if at = nextClient(s, at+len(", client: ")); at < 0 {
			break
		}
	}
	if closed >= 0 {
		return closed
	}
	return first
}

// nextClient finds ", client: ADDRESS" (", udp client: " in a stream block).
func nextClient(s string, from int) int {
	for {
		at := strings.Index(s[from:], "client: ")
		if at < 0 {
			return -1
		}
		at += from
		from = at + 1
		behind := s[at+len("client: "):]
		if behind == "" || !addressByte(behind[0]) {
			continue
		}
		before := s[:at]
		switch {
		case strings.HasSuffix(before, ", udp "):
			return at - len(", udp ")
		case strings.HasSuffix(before, ", "):
			return at - len(", ")
		}
	}
}

// addressByte says whether a textual address may begin with c: a digit, a
// hexadecimal one, "[", ":" or the "u" of "unix:".
func addressByte(c byte) bool {
	return c >= '0' && c <= '9' || c >= 'a' && c <= 'f' || c >= 'A' && c <= 'F' || c == '[' || c == ':' || c == 'u'
}

// quotesLocalFile says whether the message quotes a path made of the request's
// URI: `open() "/srv/x" failed`, `"/srv/x/index.html" is not found`,
// `directory index of "/srv/x/" is forbidden`.
func quotesLocalFile(s string) bool {
	quote := strings.IndexByte(s, '"')
	if quote < 0 {
		return false
	}
	before := s[:quote]
	return before == "" || strings.HasSuffix(before, "() ") || strings.HasPrefix(before, "directory index of ")
}

// closesQuotes says whether a message without errno could end here: its
// quotation marks pair up, or it ends in one (a quoted text that holds others).
func closesQuotes(head string) bool {
	_, _, head = cutErrno(head)
	return strings.HasSuffix(head, `"`) || strings.Count(head, `"`)%2 == 0
}

// The fields behind the client, in the order in which the log handlers write
// them (ngx_http_request.c:ngx_http_log_error_handler; "login" is the mail
// module's, "bytes from" the stream module's).
const (
	fieldRequest    = `, request: "`
	fieldSubrequest = `, subrequest: "`
	fieldLogin      = `, login: "`
	fieldUpstream   = `, upstream: "`
	fieldHost       = `, host: "`
	fieldReferrer   = `, referrer: "`
	fieldBytes      = `, bytes from`
)

var fieldOrder = []string{
	fieldRequest, fieldSubrequest, fieldLogin, fieldUpstream, fieldHost, fieldReferrer, fieldBytes,
}

// parseFields reads from ", client: " on.
func (l *Line) parseFields(s string) {
	_, s, _ = strings.Cut(s, "client: ")
	end := strings.IndexByte(s, ',')
	if end < 0 {
		l.Client = s
		return
	}
	l.Client, s = s[:end], s[end:]
	after, found := strings.CutPrefix(s, ", server: ")
	if !found {
		return
	}
	end = nextField(after, 0, false)
	l.Server, s = after[:end], after[end:]
	fields := [...]*string{&l.Request, &l.Subrequest, nil, &l.Upstream, &l.Host, &l.Referrer, nil}
	for i, name := range fieldOrder {
		value, found := strings.CutPrefix(s, name)
		if !found {
			continue
		}
		if name == fieldRequest && !routed(l.Action) {
			end = unroutedEnd(value)
		} else {
			end = nextField(value, i+1, true)
		}
		if fields[i] != nil {
			*fields[i] = strings.TrimSuffix(value[:end], `"`)
		}
		s = value[end:]
	}
}

// nextField returns where the first of fieldOrder[from:] begins in s, or len(s).
// With quoted, a quotation mark must stand before it.
func nextField(s string, from int, quoted bool) int {
	for at := 0; at < len(s); at++ {
		comma := strings.IndexByte(s[at:], ',')
		if comma < 0 {
			break
		}
		at += comma
		if quoted && (at == 0 || s[at-1] != '"') {
			continue
		}
		for _, name := range fieldOrder[from:] {
			if strings.HasPrefix(s[at:], name) {
				return at
			}
		}
	}
	return len(s)
}

// routed says whether a request was read far enough to have an upstream. Before
// that its line is whatever the client sent, and an upstream in it is forged.
func routed(action string) bool {
	switch action {
	case "waiting for request", "reading client request line", "reading client request headers",
		"reading PROXY protocol", "SSL handshaking":
		return false
	}
	return true
}

// unroutedEnd is the end of a request line that nginx refused: only a host may
// follow, and the last one is nginx's.
func unroutedEnd(s string) int {
	if at := strings.LastIndex(s, `"`+fieldHost); at >= 0 {
		return at + 1
	}
	return len(s)
}
