package pod

import (
	"time"

	"badgateway/backends"
)

// FaultKind names what is injected; toxiproxy's names where it is toxiproxy's.
type FaultKind string

// The fault kinds. Toxics act between toxiproxy and nginx, on the response
// stream unless Fault.Upstream is set.
const (
	KindDown      FaultKind = "down"        // toxiproxy stops listening: connection refused
	KindLatency   FaultKind = "latency"     // toxic: Duration before data
	KindTimeout   FaultKind = "timeout"     // toxic: no data at all, close after Duration (0: when the sender closes)
	KindResetPeer FaultKind = "reset_peer"  // toxic: RST after Duration
	KindResetEnd  FaultKind = "reset_end"   // toxiproxy passes everything on and ends every connection with RST where it would with FIN
	KindLimitData FaultKind = "limit_data"  // toxic: close after Bytes
	KindSlicer    FaultKind = "slicer"      // toxic: slices of Bytes, Duration apart
	KindBandwidth FaultKind = "bandwidth"   // toxic: Bytes per second (in steps of 1 KB)
	KindSlowClose FaultKind = "slow_close"  // toxic: Duration before close
	KindProhibit  FaultKind = "prohibit"    // route: connect() gets EACCES (13)
	KindUnreach   FaultKind = "unreachable" // route: connect() gets EHOSTUNREACH (113)
	KindDropSYN   FaultKind = "drop"        // route: SYNs vanish, connect() waits
	KindMissing   FaultKind = "missing"     // unix socket file removed
	KindStale     FaultKind = "stale"       // unix socket file left behind by a dead listener
	KindMode      FaultKind = "mode"        // unix socket file with permission Mode, and Owner unless empty
	KindBacklog   FaultKind = "backlog"     // the backend accepts nothing and its queue is full: SYNs vanish, on a unix socket connect() gets EAGAIN (11)
	KindClients   FaultKind = "clients"     // idle clients connect to nginx at Target, an "IP:port", until its one worker has one file descriptor left; as many come back after a reload
	KindBehave    FaultKind = "behave"      // the backend follows Script
	KindPolicy    FaultKind = "policy"      // nginx restarted under Policy
	KindName      FaultKind = "name"        // the DNS server gives Answer; on when nothing it said before is cached by TTL
)

// NameCode is how the DNS server answers; empty is success. Beside these, any
// RCODE by its name in RFC 6895, 2.3.
type NameCode string

// The codes.
const (
	NXDomain     NameCode = "NXDOMAIN" // there is no such name
	ServFail     NameCode = "SERVFAIL" // the server cannot tell
	QueryRefused NameCode = "REFUSED"  // the server does not want to tell
	Silence      NameCode = "silence"  // no answer at all
)

// NameAnswer is what the DNS server says of a name.
type NameAnswer struct {
	Code  NameCode      `json:"code,omitempty"`
	Addrs []string      `json:"addrs,omitempty"` // IPv4 and IPv6; none is an empty answer
	TTL   time.Duration `json:"ttl,omitempty"`   // whole seconds
}

// Fault is one thing injected, as a value.
type Fault struct {
	Kind FaultKind `json:"kind"`
	// Target is a backend's name, or for routes also an "IP:port" that no
	// backend holds; for KindName a host name, or empty for all. Empty for
	// KindPolicy.
	Target   string          `json:"target,omitempty"`
	Duration time.Duration   `json:"duration,omitempty"`
	Bytes    int64           `json:"bytes,omitempty"`
	Mode     uint32          `json:"mode,omitempty"`
	Owner    string          `json:"owner,omitempty"`    // USER:GROUP
	Upstream bool            `json:"upstream,omitempty"` // toxic on the request stream
	Script   backends.Script `json:"script,omitzero"`
	Policy   Policy          `json:"policy,omitempty"`
	Answer   NameAnswer      `json:"answer,omitzero"`
	Server   string          `json:"server,omitempty"` // KindName: at this address of Spec.Resolvers only
}

// Window is a fault while it was on, as offsets from the pod's base time.
type Window struct {
	Fault Fault         `json:"fault"`
	From  time.Duration `json:"from"`
	To    time.Duration `json:"to"` // 0 while on
	// Touched counts what the fault met, by evidence independent of the
	// symptom: connections through the proxy, packets without a route,
	// connections to the backend, queries answered by the DNS server. -1: this kind leaves no such evidence and
	// the error log must name the target.
	Touched int `json:"touched"`
	// Addr is the target's address as nginx logs it ("127.0.0.1:3000",
	// "unix:/run/app.sock").
	Addr string `json:"addr"`
}

// RouteFaults are the kinds that the kernel's routing carries out; their
// target may be any "IP:port".
var RouteFaults = []FaultKind{KindProhibit, KindUnreach, KindDropSYN}

// Toxics are the kinds that toxiproxy's toxics carry out.
var Toxics = []FaultKind{KindLatency, KindTimeout, KindResetPeer, KindResetEnd, KindLimitData,
	KindSlicer, KindBandwidth, KindSlowClose}

// SocketFaults are the kinds that need a unix socket as their target.
var SocketFaults = []FaultKind{KindMissing, KindStale, KindMode}
