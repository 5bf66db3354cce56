package result

import (
	"net/http"
	"time"

	"badgateway/harness/pod"
)

// Route is one location of a configuration that passes requests to an upstream.
type Route struct {
	// ID is stable across reformatting: "shop.example:443/api -> app".
	ID string `json:"id"`
	// Server is the server's first name and listening port; Location its
	// modifier and pattern ("~ \.php$"), "server" for a pass outside a location.
	Server   string `json:"server"`
	Location string `json:"location"`
	// Pass is the directive that passes the request on.
	Pass Place `json:"pass"`
	// Protocol is what it speaks to the upstream: http, https, grpc, grpcs,
	// fastcgi, uwsgi, suwsgi, scgi, tcp.
	Protocol string `json:"protocol"`
	// Upstream is the upstream's name, or its address.
	Upstream string `json:"upstream"`
	// Peers are the names of the pod's backends behind it, in the order in
	// which the configuration names them; Backup and Down those marked so.
	Peers  []string `json:"peers"`
	Backup []string `json:"backup,omitempty"`
	Down   []string `json:"down,omitempty"`
	// Hosts are names that nginx resolves at run time for this route.
	Hosts []string `json:"hosts,omitempty"`
	// Via says how a request gets there other than by its path: "try_files",
	// "error_page 404", "auth_request", "rewrite", "named".
	Via string `json:"via,omitempty"`
	// Request is the request that arrives, without an id.
	Request pod.Request `json:"request"`
	// Methods are those that the route lets through to the upstream.
	Methods []string `json:"methods,omitempty"`
	// WebSocket says that the route forwards Upgrade.
	WebSocket bool `json:"websocket,omitempty"`
	// Stream says that the route is of a stream block.
	Stream bool `json:"stream,omitempty"`
	// Own says that the upstream is a listener of this very configuration.
	Own bool `json:"own,omitempty"`
	// Seen is the header that the backend received with the request, Host
	// included; nil when none arrived.
	Seen http.Header `json:"seen,omitempty"`
	// SeenLine is the line of that request: "GET /api/ HTTP/1.0".
	SeenLine string `json:"seen_line,omitempty"`
	// Reached says that a backend saw the request; Reason why none did.
	Reached bool   `json:"reached"`
	Reason  string `json:"reason,omitempty"`
}

// Cell is one route under one fault with one method.
type Cell struct {
	// ID is ROUTE|FAULT|METHOD.
	ID     string `json:"id"`
	Route  string `json:"route"`
	Fault  string `json:"fault"` // a name of the matrix: "refused", "none"
	Method string `json:"method"`

	// Client is what the client saw; Status 0 without a status line.
	Client pod.Outcome `json:"client"`
	Status int         `json:"status,omitempty"`
	// FirstByte and Total are in the configuration's own time. FirstByte is 0
	// without an answer.
	FirstByte time.Duration `json:"first_byte,omitempty"`
	Total     time.Duration `json:"total"`
	// Within bounds their error: the real waits are at most so much shorter, and
	// not longer.
	Within time.Duration `json:"within,omitempty"`
	// Factor is by how much this cell's durations were divided; 1 in real time.
	Factor float64 `json:"factor,omitempty"`
	// Floor says that the client gave up at Total: the real wait is longer.
	Floor bool `json:"floor,omitempty"`
	// Body says whether the client got what the backend sent.
	Body Body `json:"body"`
	// Attempts are the peers that nginx tried, in order.
	Attempts []Attempt `json:"attempts"`
	// Log are the names of the signatures in the error log; Lines the lines.
	Log   []string `json:"log,omitempty"`
	Lines []string `json:"lines,omitempty"`
	// Twice says that a request that is not idempotent was executed more than
	// once.
	Twice bool `json:"twice,omitempty"`
	// AllDown says that this one request made nginx leave out every server, though
	// they are alive: requests that came after it were refused.
	AllDown bool `json:"all_down,omitempty"`
	// Recovery is how long after the end of the fault requests went on failing;
	// nil: not measured.
	Recovery *time.Duration `json:"recovery,omitempty"`
	// RecoveryWithin bounds the error of Recovery, either way.
	RecoveryWithin time.Duration `json:"recovery_within,omitempty"`
	// Unmet says why the fault met nothing; the cell then tells nothing.
	Unmet string `json:"unmet,omitempty"`
	// Error is the harness's own; the cell then tells nothing.
	Error string `json:"error,omitempty"`
}

// Body says what became of the answer's body.
type Body string

// The bodies.
const (
	BodyNone      Body = "none"      // no answer
	BodyIntact    Body = "intact"    // exactly what a healthy backend sends
	BodyTruncated Body = "truncated" // the beginning of it
	BodyBackend   Body = "backend"   // exactly what the failing backend sent
	BodyNginx     Body = "nginx"     // made by nginx: an error page, or from its cache or disk
	BodyRaw       Body = "raw"       // bytes of the backend that are no HTTP
)

// Attempt is one peer that nginx tried for the request of a cell.
type Attempt struct {
	Peer string        `json:"peer"`
	At   time.Duration `json:"at"` // after the request's start, in the configuration's own time
	// Arrived says that the request was read there; otherwise the connection
	// failed, as the log or the fault's evidence tells.
	Arrived bool `json:"arrived"`
	// Executed says that the whole request was read: its work was done.
	Executed bool `json:"executed,omitempty"`
}
