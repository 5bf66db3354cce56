package pod

import (
	"cmp"
	"context"
	"fmt"
	"runtime"
	"time"

	"badgateway/backends"
	"badgateway/harness/nginx"
)

// ConfPath is where nginx finds its configuration in every pod.
const ConfPath = "/etc/nginx/nginx.conf"

// ErrorLogPath is where an nginx that refuses a reload or loses its workers says
// why, by convention.
const ErrorLogPath = "/var/log/nginx/error.log"

// OutputPath holds what nginx printed since the pod began: its error log, too,
// where that is stderr, /dev/stderr or /dev/stdout.
const OutputPath = "/run/badgateway/output"

// Spec says what one pod holds. It is plain data.
type Spec struct {
	// Name appears in process titles, container labels and errors.
	Name string
	// Nginx is the build to run.
	Nginx nginx.Build
	// Conf is the text of ConfPath, used byte for byte; where it is empty,
	// what an image has there stays.
	Conf string
	// Modules are files of dynamic modules that nginx's command line loads, for
	// a Conf written for an nginx that has them built in.
	Modules []string
	// Bare starts nginx by itself and not by the entry point of its image, which
	// may write over Conf and Files.
	Bare bool
	// Files are written into nginx's file system before it starts, at any path
	// that is not the kernel's own (/proc, /sys).
	Files []File
	// Users are names that the pod has a user and a group of, beside root,
	// www-data, nginx, nobody and those of its nginx's system.
	Users []string
	// Hosts are addresses that the pod has beside those of its backends, with
	// their names: in its hosts file, and known to its DNS server.
	Hosts []Host
	// Backends are the upstreams, each behind a toxiproxy.
	Backends []backends.Spec
	// Resolvers are addresses ("10.0.0.2:53") at which a DNS server answers,
	// over UDP and TCP, for the names of the backends. The pod's resolv.conf
	// names those on port 53, and its hosts file no longer names the backends.
	Resolvers []string
	// Sysctls are kernel settings of the pod's own network, as sysctl(8) names
	// them: "net.ipv4.ip_local_port_range".
	Sysctls map[string]string
	// Disks are small file systems in the pod, in memory.
	Disks []Disk
	// Limits bound what the pod takes of the machine.
	Limits Limits
	// Capture records every packet on the pod's loopback device.
	Capture bool
}

// Disk is a file system of its own: what does not fit is ENOSPC (28).
type Disk struct {
	Path  string // absolute; made when it is not there
	Bytes int64  // its size, in whole pages
}

// Limits bound a pod. Where the machine lets the native driver make no cgroup,
// memory is bounded for each process and the number of processes for each user
// id; a pod's time is bounded by [Timeouts] and its end.
type Limits struct {
	// Memory is how many bytes the pod may use, files in memory included; 0
	// is [DefaultMemory]. Files get half of it with the native driver, and with
	// docker, where they lie on the engine's disk, 256 MB each. A process may have eight times as many addresses
	// (RLIMIT_AS): beyond that malloc() and mmap() fail.
	Memory int64
	// Processes is how many processes and threads it may have; 0 is
	// [DefaultProcesses] and [ThreadsPerProcessor] for each processor, as many as
	// nginx has with "worker_processes auto" and "aio threads".
	Processes int64
	// OpenFiles is nginx's soft limit of open files (RLIMIT_NOFILE), as a
	// unit's LimitNOFILE sets it, which worker_rlimit_nofile may raise; 0 is the machine's.
	OpenFiles int
}

// The limits of a pod that has none of its own.
const (
	DefaultMemory    = 512 << 20
	DefaultProcesses = 512

	// ThreadsPerProcessor are a worker and its pool (ngx_thread_pool.c: 32).
	ThreadsPerProcessor = 33
)

// Effective are the limits with the defaults filled in.
func (l Limits) Effective() Limits {
	l.Memory = cmp.Or(l.Memory, DefaultMemory)
	l.Processes = cmp.Or(l.Processes, DefaultProcesses+ThreadsPerProcessor*int64(runtime.NumCPU()))
	return l
}

// Addresses is how many bytes of addresses a process may have.
func (l Limits) Addresses() int64 { return 8 * l.Effective().Memory }

// Host is an address of the pod, IPv4 or IPv6, and the names that stand for
// it; without names it can be listened on, and that is all.
type Host struct {
	Addr  string   `json:"addr"`
	Names []string `json:"names,omitempty"`
}

// File is a file or directory in nginx's file system.
type File struct {
	Path string `json:"path"`           // absolute
	Data []byte `json:"data,omitempty"` // ignored for a directory
	Mode uint32 `json:"mode,omitempty"` // permission bits; 0 means 0644 (0755 for a directory)
	Dir  bool   `json:"dir,omitempty"`
}

// Policy is a security policy that nginx is started under.
type Policy string

// The policies.
const (
	NoPolicy    Policy = ""
	DenyConnect Policy = "deny-connect" // connect() on TCP is refused with EACCES by an LSM (Landlock) or seccomp
)

// Command is run in nginx's file system, network and process namespace.
type Command struct {
	Args  []string      `json:"args"`
	Stdin []byte        `json:"stdin,omitempty"`
	Limit time.Duration `json:"limit,omitempty"` // 0: Timeouts.Command
}

// Result is what a Command printed and returned.
type Result struct {
	Stdout []byte `json:"stdout"`
	Stderr []byte `json:"stderr"`
	Code   int    `json:"code"` // 128+n when killed by signal n
}

// Access tells a person how to look into a running pod from outside.
type Access struct {
	// Shell opens a shell, or runs a command given behind it, beside nginx.
	Shell []string `json:"shell"`
	// Root is the path of nginx's file system as the host sees it; empty when
	// it cannot be reached from the host (a remote engine).
	Root string `json:"root,omitempty"`
}

// EnvProgram is the environment variable that names an executable which plays the
// parts in pods instead of this very one: package harness/pod/program, or a
// command of the same version, static where containers are to hold it. A test
// program with the race detector makes pods faster so, whose own part is then
// not watched.
const EnvProgram = "BADGATEWAY_PROGRAM"

// Driver makes pods.
type Driver interface {
	// Name is "native" or "docker".
	Name() string
	// Check says whether this machine can make such pods for build: nil, or an
	// *Unavailable.
	Check(ctx context.Context, build nginx.Build) error
	// Supports says whether pods of this driver can hold need; the error is
	// the reason why not (for a skip).
	Supports(need Need) error
	// Start makes the pod with its lab; nginx is not started yet.
	Start(ctx context.Context, spec Spec) (Machine, error)
}

// Preparer is a Driver that needs something before its first pod that may take
// longer than a pod may: an image pulled or built.
type Preparer interface {
	// Prepare makes ready for build. It does its work once.
	Prepare(ctx context.Context, build nginx.Build) error
}

// Machine is what a driver gives for one pod; [Pod] does the rest over the
// control link. Paths are those of nginx's file system.
type Machine interface {
	// Link is the control link to the lab.
	Link() *Link
	// Put writes files, whether nginx runs or not.
	Put(ctx context.Context, files []File) error
	// Read returns a whole file, whether nginx runs or not.
	Read(ctx context.Context, path string) ([]byte, error)
	// StartNginx starts nginx under policy and returns when it listens; a
	// *StartError carries what nginx said.
	StartNginx(ctx context.Context, policy Policy) error
	// Exec runs a command beside nginx (nginx -t among them), whether nginx
	// runs or not.
	Exec(ctx context.Context, cmd Command) (Result, error)
	// Access tells how to look inside.
	Access() Access
	// Close ends everything in the pod. Safe twice.
	Close() error
}

// Imaged is a Machine made of a container image, which says how it is started.
type Imaged interface {
	// ImageCommand gives the words in front of nginx, none where the image does
	// not name it, and nginx with its arguments.
	ImageCommand() (entry, nginx []string)
}

// Need is a capability of a driver or machine that a scenario depends on.
type Need string

// The needs.
const (
	NeedRoutes      Need = "routes"       // prohibit, unreachable and dropped-SYN routes
	NeedDenyConnect Need = "deny-connect" // Policy DenyConnect
	NeedUsers       Need = "users"        // the config's `user` is a second user id in the pod
)

// Unavailable says why a driver cannot work here and what mends it.
type Unavailable struct {
	Driver string
	Reason string
	Mend   string // one command or step, may be empty
}

func (e *Unavailable) Error() string {
	if e.Mend == "" {
		return fmt.Sprintf("driver %s: %s", e.Driver, e.Reason)
	}
	return fmt.Sprintf("driver %s: %s; to mend: %s", e.Driver, e.Reason, e.Mend)
}

// StartError says that nginx did not start (or refused a configuration).
type StartError struct {
	Output string // all that nginx printed, its [emerg] line with file:line included
	Code   int
}

func (e *StartError) Error() string {
	return fmt.Sprintf("nginx did not start (exit %d): %s", e.Code, e.Output)
}
