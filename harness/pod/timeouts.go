package pod

import "time"

// Timeouts bounds every wait on a pod. None of them is a pause: each is the
// longest that an event may take before the run gives up and says so.
type Timeouts struct {
	Start   time.Duration // pod and lab ready
	Nginx   time.Duration // nginx started, stopped, or reloaded
	Command time.Duration // a command beside nginx
	Request time.Duration // a client request; longer is the outcome Hung
	Log     time.Duration // a log line that must come
}

// DefaultTimeouts suit scenarios whose own waits are a few seconds.
var DefaultTimeouts = Timeouts{
	Start:   60 * time.Second,
	Nginx:   30 * time.Second,
	Command: 30 * time.Second,
	Request: 15 * time.Second,
	Log:     10 * time.Second,
}

// What nginx gets in addition to read a large configuration: 5 MB with 10,000
// expressions take it 7 s on an idle machine. The most is for a text without end.
const (
	perMegabyte = 10 * time.Second
	mostForText = 2 * time.Minute
)

// forText are the timeouts of an nginx that reads so many bytes.
func (t Timeouts) forText(bytes int) Timeouts {
	more := min(time.Duration(bytes>>20)*perMegabyte, mostForText)
	t.Nginx += more
	t.Command += more
	return t
}
