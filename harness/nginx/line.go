package nginx

import "time"

// Line is one parsed line of an nginx error log
// (ngx_log.c:ngx_log_error_core, ngx_http_request.c:ngx_http_log_error).
type Line struct {
	Raw     string    `json:"raw"`
	Time    time.Time `json:"time"` // one-second resolution, no zone: as written, in UTC
	Level   Level     `json:"level"`
	PID     int       `json:"pid"`
	TID     int       `json:"tid"`
	Conn    int64     `json:"conn,omitempty"` // number behind "*", 0 without
	Message string    `json:"message"`        // between the connection number and the errno, action or fields
	Errno   int       `json:"errno,omitempty"`
	ErrText string    `json:"err_text,omitempty"` // "Connection refused"; libc dependent
	SSL     string    `json:"ssl,omitempty"`      // text of "(SSL: ...)"
	Action  string    `json:"action,omitempty"`   // "connecting to upstream", behind "while "
	Client  string    `json:"client,omitempty"`
	Server  string    `json:"server,omitempty"`
	Request string    `json:"request,omitempty"`
	// Upstream is the URL of the peer, or the upstream's name for "no live upstreams".
	Upstream string `json:"upstream,omitempty"`
	Host     string `json:"host,omitempty"`
	// At is the offset in a record at which the line was seen; 0 in a stranger's log.
	At time.Duration `json:"at,omitempty"`
}

// Level is an error-log level.
type Level string

// The levels, most severe first (ngx_log.h).
const (
	Emerg  Level = "emerg"
	Alert  Level = "alert"
	Crit   Level = "crit"
	Error  Level = "error"
	Warn   Level = "warn"
	Notice Level = "notice"
	Info   Level = "info"
	Debug  Level = "debug"
)

// Signature is the portable identity of an error-log line: wording that does
// not depend on libc, TLS library or nginx version.
type Signature struct {
	// Name is stable and short: "connect-refused".
	Name string `json:"name"`
	// Phrase must begin Message, or be contained in it when Within is set.
	Phrase string `json:"phrase"`
	Within bool   `json:"within,omitempty"`
	// Errno must be equal; 0 demands that the line has none; -1 any.
	Errno int `json:"errno"`
	// Action must be equal; empty: any.
	Action string `json:"action,omitempty"`
	// Levels holds the levels it is logged at; empty: any.
	Levels []Level `json:"levels,omitempty"`
	// Unix demands (+1) or forbids (-1) a unix-socket upstream; 0: either.
	Unix int `json:"unix,omitempty"`
	// Meaning is one line for a person.
	Meaning string `json:"meaning"`
}
