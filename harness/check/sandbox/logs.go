package sandbox

import (
	"slices"
	"strings"

	"badgateway/harness/nginx/conf"
	"badgateway/harness/pod"
)

// planErrorLogs finds the files that nginx writes its error log to: the main
// one's, which is nginx's own where none is named, then those of the blocks.
func (p *plan) planErrorLogs() {
	if conf.First(p.tree.Top(), "error_log") == nil {
		p.errorLog(p.about.ErrorLogPath())
	}
	for d := range p.tree.All() {
		if d.Is("error_log") {
			p.errorLog(d.Arg(0))
		}
	}
}

// errorLog notes where one argument of error_log leads, if it can be read there.
func (p *plan) errorLog(value string) {
	if value == "" || strings.HasPrefix(value, "syslog:") || strings.HasPrefix(value, "memory:") {
		return
	}
	file := p.inPrefix(value)
	switch file {
	case p.inPrefix("stderr"), "/dev/stderr", "/dev/stdout", "/proc/self/fd/1", "/proc/self/fd/2":
		file = pod.OutputPath
	case "/dev/null":
		return
	}
	if !slices.Contains(p.errorLogs, file) {
		p.errorLogs = append(p.errorLogs, file)
	}
}
