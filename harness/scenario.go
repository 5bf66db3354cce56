package harness

import (
	"time"

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
	// Claims are the statements of the runbook that the scenario decides.
	Claims []Claim
	// Looks are the runbook's own commands, judged by what they tell.
	Looks []Look
	// Cause is what to look for at 3 a.m.; Why is the mechanism behind it.
	Cause, Why string

	// Conf is nginx.conf while healthy.
	Conf string
	// Files stand beside it.
	Files []pod.File
	// Backends are the upstreams.
	Backends []backends.Spec
	// Resolvers are the addresses of the pod's DNS server ([pod.Spec]).
	Resolvers []string
	// Users, Sysctls, Disks and Limits are the pod's ([pod.Spec]).
	Users   []string
	Sysctls map[string]string
	Disks   []pod.Disk
	Limits  pod.Limits
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

	// Waits is about how long one run waits by design (timeouts that expire,
	// answers that are slow): the schedule starts the longest first.
	Waits time.Duration

	// Needs are capabilities of driver and machine, beside those that the
	// faults imply; missing ones are a skip.
	Needs []pod.Need
	// Modules are nginx modules, as `nginx -V` names them, that must be there.
	Modules []string
	// Since and Until bound the nginx versions that behave so, both
	// inclusive; empty is unbounded.
	Since, Until string
	// Allow are signatures of [alert], [emerg] or [crit] lines, or of upstream
	// errors, that may appear while broken beside the symptom's own.
	Allow []nginx.Signature
}

// Break is what goes wrong: a configuration deployed, faults injected, or both.
type Break struct {
	Conf string // replaces nginx.conf (reload); empty: unchanged
	// Restart stops nginx and starts it with Conf instead of reloading, as a
	// reboot or a new container does. It may refuse to start: what it then
	// prints stands in the log of the step.
	Restart bool
	Faults  []pod.Fault
	// Rollout is done in this way then, under traffic, which takes the place of
	// the step's requests.
	Rollout []Change
}

// Symptom is what client and error log show while broken.
type Symptom struct {
	Client pod.Outcome
	// PerMethod overrides Client for a method.
	PerMethod map[string]pod.Outcome
	// Log are the signatures that must each appear at least once per run.
	Log []nginx.Signature
	// Requests is how many requests in a row, per method, must each show it
	// (0: 1).
	Requests int
	// Of, when not 0, is how many requests are made per method, exactly
	// Requests of which show Client while the others are answered 200: a
	// failure that meets one request in so many.
	Of int
	// Twice are the methods whose request reaches the backends more than once:
	// the work is done twice. Undeclared, that is a failure for a method that
	// is not idempotent (RFC 9110, 9.2.2).
	Twice []string
	// Arrival is what the backends see while broken; with Client 200 OK it is
	// the symptom itself. nil: not asked.
	Arrival *Arrival
	// Meanwhile is what some of the requests made before a change of the rollout
	// was over show, while the others are answered 200; empty: all are.
	Meanwhile pod.Outcome
	// Asked is what the DNS server is asked while broken; nil: any.
	Asked *Asked
	// FirstByte is when the answer begins while broken; nil: not asked.
	FirstByte *Span
}

// Fix is the documented remedy: a configuration, a repair, or both.
type Fix struct {
	Title string // "raise proxy_read_timeout above the slowest answer"
	Conf  string // replaces nginx.conf (nginx -t, reload); empty: unchanged
	Lift  bool   // the faults end: the repair happened outside nginx
	// Rollout is how it is done instead of Break.Rollout, without a request lost.
	Rollout []Change
	// Masked are the errors of a peer that is still dead after the fix: in the
	// log, but no longer at the client.
	Masked []nginx.Signature
	// Requests is how many 200s in a row verify it (0: 3).
	Requests int
	// Arrival is what the backends see after the fix; nil: not asked.
	Arrival *Arrival
	// Recovers is how long after the first failure nginx answers 200 again, if
	// not at once; until then the symptom goes on. nil: at once.
	Recovers *Span
	// Asked is what the DNS server is asked after the fix; nil: any.
	Asked *Asked
	// FirstByte is when the answer begins after the fix; nil: not asked.
	FirstByte *Span
	// Traps are half remedies around it.
	Traps []Trap
}
