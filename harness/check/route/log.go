package route

import (
	"context"
	"fmt"
	"net"
	"strings"

	"badgateway/harness/nginx"
)

// readLog keeps of each request what nginx last logged as an error. It only
// words reasons: a log that cannot be read tells nothing.
func (pr *prover) readLog(ctx context.Context, g *gate) {
	for _, file := range pr.Logs {
		data, _, err := g.pod.ReadFrom(ctx, file, 0)
		if err != nil {
			continue
		}
		for text := range strings.Lines(string(data)) {
			line, err := nginx.ParseLine(strings.TrimRight(text, "\r\n"))
			if err == nil && line.Request != "" && (line.Level == nginx.Error || line.Level == nginx.Crit || line.Level == nginx.Alert) {
				pr.logged[logKey(line.Host, requested(line.Request))] = line
			}
		}
	}
}

// logKey tells requests of the log apart: by the host asked for, without its
// port, and by method and path.
func logKey(host, requested string) string {
	if name, _, err := net.SplitHostPort(host); err == nil {
		host = name
	}
	return strings.ToLower(host) + " " + requested
}

// requested is method and path of a request line: the arguments may be the
// harness's.
func requested(line string) string {
	method, uri, _ := strings.Cut(line, " ")
	if i := strings.LastIndexByte(uri, ' '); i >= 0 {
		uri = uri[:i]
	}
	path, _, _ := strings.Cut(uri, "?")
	return method + " " + path
}

// said is what nginx logged of a request.
func (pr *prover) said(o *observed) string {
	line, ok := pr.logged[logKey(o.host, requested(o.line))]
	if !ok {
		line, ok = pr.logged[logKey("", requested(o.line))]
	}
	if !ok {
		return ""
	}
	text := line.Message
	if line.Errno != 0 {
		text += fmt.Sprintf(" (%d: %s)", line.Errno, line.ErrText)
	}
	if line.Action != "" {
		text += " while " + line.Action
	}
	return text
}
