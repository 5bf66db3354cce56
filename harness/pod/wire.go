package pod

import (
	"time"

	"badgateway/backends"
)

// The operations of the control link. Each is POST /v1/NAME with a JSON body
// and a JSON answer, except [OpFollow] and [OpDial], which stream.
const (
	OpSetup    = "setup"    // SetupRequest -> Empty
	OpPut      = "put"      // PutRequest -> Empty
	OpRead     = "read"     // ReadRequest -> ReadResponse
	OpGlob     = "glob"     // GlobRequest -> GlobResponse
	OpFollow   = "follow"   // query path=, offset= -> bytes until the client closes
	OpDial     = "dial"     // query address=HOST:PORT; bytes both ways
	OpStart    = "start"    // StartRequest -> NginxState
	OpAwait    = "await"    // AwaitRequest -> NginxState
	OpState    = "state"    // Empty -> NginxState
	OpReload   = "reload"   // ReloadRequest -> NginxState
	OpStop     = "stop"     // StopRequest -> Empty
	OpKill     = "kill"     // KillRequest -> NginxState
	OpExec     = "exec"     // Command -> Result
	OpRequest  = "request"  // Request -> Response
	OpInject   = "inject"   // InjectRequest -> Window
	OpLift     = "lift"     // Empty -> Empty; the last fault that is on
	OpWindows  = "windows"  // Empty -> []Window
	OpObserved = "observed" // Empty -> ObservedResponse
	OpNow      = "now"      // Empty -> NowResponse
)

// Empty is the body of an operation without arguments or answer.
type Empty struct{}

// SetupRequest gives the pod its accounts, addresses, names and backends; its
// fields are those of [Spec].
type SetupRequest struct {
	Backends  []backends.Spec `json:"backends"`
	Users     []string        `json:"users,omitempty"`
	Hosts     []Host          `json:"hosts,omitempty"`
	Resolvers []string        `json:"resolvers,omitempty"`
	Capture   bool            `json:"capture,omitempty"`
	Listens   []uint16        `json:"listens,omitempty"` // ports that nginx may listen on
}

// PutRequest writes files.
type PutRequest struct {
	Files []File `json:"files"`
}

// ReadRequest reads Path from Offset to its end.
type ReadRequest struct {
	Path   string `json:"path"`
	Offset int64  `json:"offset,omitempty"`
}

// ReadResponse holds what a file held.
type ReadResponse struct {
	Data []byte `json:"data"`
	Size int64  `json:"size"` // of the whole file
}

// GlobRequest lists what is there by patterns of path/filepath.Glob.
type GlobRequest struct {
	Patterns []string `json:"patterns"`
}

// GlobResponse holds them pattern by pattern, each sorted.
type GlobResponse struct {
	Entries []Entry `json:"entries"`
}

// Entry is something in a directory, symbolic links followed.
type Entry struct {
	Path    string `json:"path"`
	Size    int64  `json:"size"`
	Dir     bool   `json:"dir,omitempty"`
	Regular bool   `json:"regular,omitempty"`
}

// StartRequest starts nginx as a child of the lab.
type StartRequest struct {
	Args   []string      `json:"args"`
	Policy Policy        `json:"policy,omitempty"`
	Limit  time.Duration `json:"limit"`
}

// AwaitRequest waits for an nginx, started by somebody else, to have workers.
type AwaitRequest struct {
	Limit time.Duration `json:"limit"`
	// Logged and Printed are how much of ErrorLogPath and OutputPath was there before.
	Logged  int64 `json:"logged,omitempty"`
	Printed int64 `json:"printed,omitempty"`
}

// ReloadRequest reloads and waits for completion.
type ReloadRequest struct {
	Limit time.Duration `json:"limit"`
	// Workers are those of before a reload that a command has asked for, and that
	// may not be over: it is waited for, and no other is begun. nil: one is.
	Workers []int `json:"workers,omitempty"`
}

// StopRequest ends nginx gracefully and waits for its end.
type StopRequest struct {
	Limit time.Duration `json:"limit"`
}

// KillRequest kills one worker and waits for its successor.
type KillRequest struct {
	Limit time.Duration `json:"limit"`
}

// NginxState is what runs. Master is 0 when nothing does.
type NginxState struct {
	Master  int   `json:"master"`
	Workers []int `json:"workers"` // accepting, those that shut down left out
	// Confined is the master's security label (AppArmor's profile, SELinux's
	// context) where it is not the lab's: a policy of the machine's own that
	// found nginx by its path. OpState alone tells it.
	Confined string `json:"confined,omitempty"`
}

// InjectRequest turns one fault on.
type InjectRequest struct {
	Fault Fault `json:"fault"`
}

// ObservedResponse is what reached the backends and the DNS server.
type ObservedResponse struct {
	Conns    []backends.Conn    `json:"conns"`
	Attempts []backends.Attempt `json:"attempts"`
	Queries  []Query            `json:"queries,omitempty"`
}

// Query is one question to the pod's DNS server and its answer.
type Query struct {
	At        time.Duration `json:"at"`
	Server    string        `json:"server"`    // the address asked
	Transport string        `json:"transport"` // "udp" or "tcp"
	Name      string        `json:"name"`      // lower case, without the final dot
	Type      string        `json:"type"`      // "A", "AAAA"
	Code      NameCode      `json:"code,omitempty"`
	Addrs     []string      `json:"addrs,omitempty"`
}

// NowResponse is the offset from the pod's base time.
type NowResponse struct {
	Now time.Duration `json:"now"`
}

// Refusal is the body of an answer other than 200.
type Refusal struct {
	Error    string      `json:"error"`
	NotExist bool        `json:"not_exist,omitempty"` // the file named is not there
	Start    *StartError `json:"start,omitempty"`     // nginx said why
}
