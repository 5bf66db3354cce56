package nginx

import (
	"strings"
	"time"
)

// Line is one parsed line of an nginx error log
// (ngx_log.c:ngx_log_error_core, ngx_http_request.c:ngx_http_log_error).
//
// Its strings are cut out of Raw: they share memory with it, and with the block
// a [Scanner] read it from. Keep a line for long with [Line.Clone].
type Line struct {
	Raw     string    `json:"raw"`
	Time    time.Time `json:"time"` // one-second resolution, no zone: as written, in UTC
	Level   Level     `json:"level"`
	PID     int       `json:"pid"`
	TID     int       `json:"tid"`
	Conn    int64     `json:"conn,omitempty"`     // number behind "*", 0 without
	Message string    `json:"message"`            // between the connection number and the errno, action or fields
	Errno   int       `json:"errno,omitempty"`    // also the resolver's: 3 in "(3: Host not found)"
	ErrText string    `json:"err_text,omitempty"` // "Connection refused"; libc dependent
	SSL     string    `json:"ssl,omitempty"`      // text of "(SSL: ...)"; TLS library dependent
	Action  string    `json:"action,omitempty"`   // "connecting to upstream", behind "while "
	Client  string    `json:"client,omitempty"`
	Server  string    `json:"server,omitempty"`
	Request string    `json:"request,omitempty"`
	// Subrequest is the URI of the subrequest (auth_request, SSI, mirror) that
	// wrote the line.
	Subrequest string `json:"subrequest,omitempty"`
	// Upstream is the URL of the peer, or the upstream's name for "no live upstreams".
	Upstream string `json:"upstream,omitempty"`
	Host     string `json:"host,omitempty"`
	Referrer string `json:"referrer,omitempty"`
	// Resolver is the name server that a line of the resolver is about.
	Resolver string `json:"resolver,omitempty"`
	// File and FileLine say where in the configuration, for start-up lines.
	File     string `json:"file,omitempty"`
	FileLine int    `json:"file_line,omitempty"`
	// Truncated says that nginx cut the line (ngx_log.h:NGX_MAX_ERROR_STR,
	// 2048 bytes): the last field is incomplete and further ones are missing.
	Truncated bool `json:"truncated,omitempty"`
	// At is the offset in a record at which the line was seen; 0 in a stranger's log.
	At time.Duration `json:"at,omitempty"`
}

// Unix says whether the line is about an upstream behind a unix socket.
func (l Line) Unix() bool {
	_, peer, found := strings.Cut(l.Upstream, "://")
	if !found {
		peer = l.Upstream // the stream module writes no scheme
	}
	return strings.HasPrefix(peer, "unix:")
}

// Clone returns a copy of the line that shares no memory with the block it was
// read from.
func (l Line) Clone() Line {
	for _, s := range []*string{
		&l.Raw, &l.Message, &l.ErrText, &l.SSL, &l.Action, &l.Client, &l.Server, &l.Request,
		&l.Subrequest, &l.Upstream, &l.Host, &l.Referrer, &l.Resolver, &l.File,
	} {
		*s = strings.Clone(*s)
	}
	return l
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

// parseLevel returns the constant of that name, so that lines do not pin memory.
func parseLevel(s string) (Level, bool) {
	switch s {
	case "error":
		return Error, true
	case "warn":
		return Warn, true
	case "crit":
		return Crit, true
	case "alert":
		return Alert, true
	case "emerg":
		return Emerg, true
	case "notice":
		return Notice, true
	case "info":
		return Info, true
	case "debug":
		return Debug, true
	}
	return "", false
}
