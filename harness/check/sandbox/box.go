package sandbox

import (
	"badgateway/harness/check/result"
	"badgateway/harness/check/upstream"
	"badgateway/harness/nginx"
	"badgateway/harness/pod"
)

// User and Password are known to every file of auth_basic_user_file.
const (
	User     = "badgateway"
	Password = "badgateway"
)

// Box is a pod in which a configuration starts.
type Box struct {
	// Spec has everything but its Name.
	Spec pod.Spec
	// Supplied is what the text names and does not hold, in the order of the
	// report.
	Supplied []result.Supplied
	// Passes are those of the configuration.
	Passes []upstream.Pass
	// Backends are the names of the backends by address and protocol, as [Key]
	// writes them.
	Backends map[string]string
	// Conflicts say of a key without a backend why it has none.
	Conflicts map[string]string
	// ErrorLogs are the files that nginx writes its error log to, as they can be
	// read in the pod, the main one first. There is none for syslog and
	// /dev/null.
	ErrorLogs []string
	// About is what nginx -V says.
	About nginx.About
	// Notes are things that a reader of the results should know.
	Notes []string
}

// Key is an address with the protocol spoken there.
func Key(e upstream.Endpoint) string { return e.Address + " " + e.Protocol }

// Backend is the name of the backend at an address, or why there is none.
func (b *Box) Backend(e upstream.Endpoint) (name, why string) {
	if name, ok := b.Backends[Key(e)]; ok {
		return name, ""
	}
	if why, ok := b.Conflicts[Key(e)]; ok {
		return "", why
	}
	return "", "no backend stands at " + e.Address
}
