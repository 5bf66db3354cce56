package harness

import (
	"badgateway/backends"
	"badgateway/harness/nginx"
	"badgateway/harness/pod"
)

// Scenario is one failure, its symptom and its documented fix, as a value.
// Whoever lists, filters, documents or reports it reads fields and runs nothing.
type Scenario struct {
	// Name is a path, family first: "upstream/refused".
	Name string
	// Title is one line in plain words: what is wrong.
	Title string
	// Step is the runbook step that the failure or its fix belongs to: "3".
	Step string
	// Claims are the ids of the runbook statements that the scenario carries.
	Claims []string
	// Cause is what to look for at 3 a.m.; Why is the mechanism behind it.
	Cause, Why string

	// Conf is nginx.conf while healthy.
	Conf string
	// Files stand beside it.
	Files []pod.File
	// Backends are the upstreams.
	Backends []backends.Spec
	// Probe is the request that must be answered 200 while healthy and after
	// the fix; the zero value is GET /.
	Probe pod.Request
	// Methods are the methods that meet the symptom, each with Probe's URL;
	// empty means GET.
	Methods []string

	// Break is what goes wrong.
	Break Break
	// Symptom is what then shows.
	Symptom Symptom
	// Fix is the documented remedy.
	Fix Fix

	// Needs are capabilities of driver and machine; missing ones are a skip.
	Needs []pod.Need
	// Modules are nginx modules, as `nginx -V` names them, that must be there.
	Modules []string
	// Since and Until bound the nginx versions that behave so, both
	// inclusive; empty is unbounded.
	Since, Until string
	// Allow are signatures of [alert], [emerg] or [crit] lines, or of upstream
	// errors, that may appear beside the symptom's own.
	Allow []nginx.Signature
}

// Break is what goes wrong: a configuration deployed, faults injected, or both.
type Break struct {
	Conf   string // replaces nginx.conf (reload); empty: unchanged
	Faults []pod.Fault
}

// Symptom is what client and error log show while broken.
type Symptom struct {
	Client pod.Outcome
	// PerMethod overrides Client for a method.
	PerMethod map[string]pod.Outcome
	// Log are the signatures that must each appear at least once per run.
	Log []nginx.Signature
	// Requests is how many requests in a row must each show it (0: 1).
	Requests int
}

// Fix is the documented remedy: a configuration, a repair, or both.
type Fix struct {
	Title string // "raise proxy_read_timeout above the slowest answer"
	Conf  string // replaces nginx.conf (nginx -t, reload); empty: unchanged
	Lift  bool   // the faults end: the repair happened outside nginx
	// Failover says that errors of a dead peer still appear in the log after
	// the fix, masked from the client: these signatures are then expected.
	Masked []nginx.Signature
	// Requests is how many 200s in a row verify it (0: 3).
	Requests int
}
