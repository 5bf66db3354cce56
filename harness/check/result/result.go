package result

import "time"

// Schema is the value of "schema" in the JSON form of a [Report].
const Schema = "badgateway.check/v1"

// Report is one check: of one side, or of two with their difference.
type Report struct {
	Schema string `json:"schema"`
	// Inputs are what was checked; with a comparison the old side comes second.
	Inputs []Input `json:"inputs"`
	// Supplied is what the sandbox added to the new side.
	Supplied []Supplied `json:"supplied"`
	Routes   []Route    `json:"routes"`
	Cells    []Cell     `json:"cells"`
	Findings []Finding  `json:"findings"`
	// Diff is nil without a comparison.
	Diff *Diff `json:"diff,omitempty"`
	// Factor is by how much durations were divided; 1 in real time.
	Factor float64 `json:"factor"`
	// Aborted says why the check did not come to its end; empty when it did.
	Aborted string `json:"aborted,omitempty"`
	// AbortedAt is the directive that keeps the configuration from running, where
	// that is the reason.
	AbortedAt Place         `json:"aborted_at,omitzero"`
	Started   time.Time     `json:"started"`
	Wall      time.Duration `json:"-"`
}

// Input is one configuration with the nginx that ran it.
type Input struct {
	// Path is the argument as given: a file, "-", or an image.
	Path string `json:"path"`
	// Form is how it was read.
	Form Form `json:"form"`
	// Nginx is the build's spec and version: "debian:forky", "1.30.1".
	Nginx   string `json:"nginx"`
	Version string `json:"version"`
	// Files are the files of the configuration that nginx read.
	Files int `json:"files"`
	// Unmatched are includes whose pattern no file matches, which nginx allows.
	Unmatched []Place `json:"unmatched,omitempty"`
}

// Form is an input form.
type Form string

// The forms.
const (
	Main       Form = "nginx.conf"
	Dump       Form = "nginx -T dump"
	HTTP       Form = "http-level fragment"
	Server     Form = "server fragment"
	Locations  Form = "locations fragment"
	StreamPart Form = "stream fragment"
	Image      Form = "image"
)

// Supplied is one thing outside the text that the sandbox put there.
type Supplied struct {
	Kind SuppliedKind `json:"kind"`
	// Name is the path, host, user, variable or block supplied.
	Name string `json:"name"`
	// Note says what it is: "self-signed, names a.example b.example".
	Note string `json:"note,omitempty"`
	// For is the place in the text that asked for it.
	For Place `json:"for,omitzero"`
}

// SuppliedKind says what was supplied.
type SuppliedKind string

// The kinds, in the order in which a report lists them.
const (
	SuppliedParent      SuppliedKind = "parent block" // events, http or server around a fragment
	SuppliedContext     SuppliedKind = "context"      // log_format, upstream, map variable or zone of an absent parent
	SuppliedValue       SuppliedKind = "template value"
	SuppliedHost        SuppliedKind = "host"
	SuppliedResolver    SuppliedKind = "resolver"
	SuppliedBackend     SuppliedKind = "backend"
	SuppliedCertificate SuppliedKind = "certificate"
	SuppliedKey         SuppliedKind = "key"
	SuppliedFile        SuppliedKind = "file"
	SuppliedDirectory   SuppliedKind = "directory"
	SuppliedInclude     SuppliedKind = "standard include"
	SuppliedAbsent      SuppliedKind = "absent include" // empty, or usual settings, in the place of a file that only the owner has
	SuppliedUser        SuppliedKind = "user"
	SuppliedModule      SuppliedKind = "module" // loaded, or put where load_module looks for it
)

// Place is a place in the configuration as its owner knows it.
type Place struct {
	File string `json:"file"` // as given on the command line, or relative to the configuration's root
	Line int    `json:"line"` // from 1
	// Text is the directive on one line: "proxy_read_timeout 5s;".
	Text string `json:"text,omitempty"`
}

// Finding is a rule that a configuration breaks.
type Finding struct {
	Rule     string   `json:"rule"` // "duplicate-post"
	Severity Severity `json:"severity"`
	// Title is the rule's, Message what happens here.
	Title   string `json:"title"`
	Message string `json:"message"`
	// Route and Cell are the ids of the evidence; Cell is empty for a rule
	// about the text alone.
	Route string `json:"route,omitempty"`
	Cell  string `json:"cell,omitempty"`
	// Evidence are the request, what came of it and the log line, one each.
	Evidence []string `json:"evidence,omitempty"`
	// At is the directive that causes it, or the place where one is missing.
	At Place `json:"at"`
	// Fix is the catalogue's scenario and what its fix says.
	Fix Fix `json:"fix,omitzero"`
	// Also are the other cells that show the same.
	Also []string `json:"also,omitempty"`
	// Accepted is the policy's reason, with which the finding does not count.
	Accepted string `json:"accepted,omitempty"`
}

// Fix cites the catalogue.
type Fix struct {
	Scenario string `json:"scenario"`
	Title    string `json:"title"`
	// Directive is what to write: "proxy_next_upstream error timeout;".
	Directive string `json:"directive,omitempty"`
}

// Severity of a finding.
type Severity string

// The severities, worst first. Off in a policy switches a rule off.
const (
	Error   Severity = "error"
	Warning Severity = "warning"
	Note    Severity = "note"
	Off     Severity = "off"
)

// Diff is what a change does.
type Diff struct {
	// Against names the old side: its input's path, or its nginx.
	Against string   `json:"against"`
	Cells   []Change `json:"cells"`
	// Routes that only one side has, by id.
	Added   []string `json:"added,omitempty"`
	Removed []string `json:"removed,omitempty"`
	// Unstable are cells that differ from themselves in two runs of one side.
	Unstable []Unstable `json:"unstable,omitempty"`
	// Unfinished are cells that did not come to their end on both sides, so that
	// nothing is known of what the change does to them.
	Unfinished []string `json:"unfinished,omitempty"`
	// Unconfirmed says that the comparison was broken off before what differs ran
	// again: it may differ by chance.
	Unconfirmed bool `json:"unconfirmed,omitempty"`
	// Expected are changes that the expectation file names.
	Expected []Change `json:"expected,omitempty"`
}

// Unstable is a cell of which nothing can be said: chance decides what it does.
type Unstable struct {
	Cell string `json:"cell"`
	// What lists in words the fields that differ between two runs.
	What []string `json:"what"`
}

// Change is one cell whose behaviour differs: a counter-example.
type Change struct {
	Cell string `json:"cell"`
	// Request is what the client asks: "GET http://shop.example/api/".
	Request string `json:"request"`
	// Before and After are the whole cells; nil where the side has none.
	Before *Cell `json:"before,omitempty"`
	After  *Cell `json:"after,omitempty"`
	// What lists the fields that differ in words: "status 502 -> 504".
	What []string `json:"what"`
	// Directives of the two texts that differ and can bear on this route: of the
	// blocks around it and of its upstream. Where none of these differs they are
	// those of the whole text, and Elsewhere says so.
	Directives []DirectiveChange `json:"directives,omitempty"`
	Elsewhere  bool              `json:"elsewhere,omitempty"`
	// Nginx says what the two versions of nginx do differently that can bear on it.
	Nginx []string `json:"nginx,omitempty"`
}

// DirectiveChange is a directive that differs between two texts; a side
// without it has no Text.
type DirectiveChange struct {
	Before Place `json:"before,omitzero"`
	After  Place `json:"after,omitzero"`
}
