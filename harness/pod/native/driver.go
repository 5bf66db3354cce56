//go:build linux

package native

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"os/exec"
	"strings"
	"sync"
	"syscall"
	"time"

	"golang.org/x/sys/unix"

	"badgateway/harness/nginx"
	"badgateway/harness/pod"
	"badgateway/harness/pod/lab"
)

// Driver makes native pods. The zero value is ready.
type Driver struct{}

// Name is "native".
func (Driver) Name() string { return "native" }

// Check makes an empty pod and ends it: no list of kernel settings is as sure.
func (d Driver) Check(ctx context.Context, build nginx.Build) error {
	if build.Root == "" {
		return &pod.Unavailable{Driver: "native", Reason: fmt.Sprintf("cannot run a container image (%s)", build.Spec),
			Mend: "use --driver docker, or --nginx debian:SUITE"}
	}
	m, err := d.Start(ctx, pod.Spec{Name: "check", Nginx: build})
	if err != nil {
		return explain(err)
	}
	return m.Close()
}

// Supports says whether this machine's kernel and user ids can hold need.
func (Driver) Supports(need pod.Need) error {
	switch need {
	case pod.NeedDenyConnect:
		if abi := lab.LandlockABI(); abi < lab.LandlockNet {
			return fmt.Errorf("denying connect() needs Landlock ABI %d (Linux 6.7, lsm=landlock), this kernel has %d", lab.LandlockNet, abi)
		}
	case pod.NeedUsers:
		return mappable().whyNot
	case pod.NeedRoutes:
	default:
		return fmt.Errorf("driver native does not know the need %q", need)
	}
	return nil
}

// Start makes a pod and waits until its lab is there.
func (Driver) Start(ctx context.Context, spec pod.Spec) (pod.Machine, error) {
	if spec.Nginx.Root == "" {
		return nil, fmt.Errorf("driver native cannot run %q: it is a container image", spec.Nginx.Spec)
	}
	ours, theirs, err := socketPair()
	if err != nil {
		return nil, err
	}
	defer theirs.Close()
	link, err := pod.NewLink(ours)
	if err != nil {
		return nil, errors.Join(err, ours.Close())
	}
	if err := limits.enter(spec.Limits); err != nil {
		return nil, errors.Join(err, ours.Close())
	}
	m := &machine{spec: spec, link: link, ids: mappable()}
	if err := m.spawn(theirs); err != nil {
		limits.leave(spec.Limits)
		return nil, errors.Join(err, ours.Close())
	}
	if err := m.ready(ctx); err != nil {
		return nil, errors.Join(err, m.Close())
	}
	return m, nil
}

// socketPair is the control link: our end as a connection, the lab's as a file.
func socketPair() (net.Conn, *os.File, error) {
	fds, err := unix.Socketpair(unix.AF_UNIX, unix.SOCK_STREAM|unix.SOCK_CLOEXEC, 0)
	if err != nil {
		return nil, nil, fmt.Errorf("make control link: %w", err)
	}
	file := os.NewFile(uintptr(fds[0]), "control")
	defer file.Close()
	conn, err := net.FileConn(file)
	return conn, os.NewFile(uintptr(fds[1]), "lab"), err
}

// spawn starts the lab in its namespaces.
func (m *machine) spawn(control *os.File) error {
	report, said, err := os.Pipe()
	if err != nil {
		return err
	}
	defer said.Close()
	gate, open, err := os.Pipe() // closed once the user ids are mapped
	if err != nil {
		return errors.Join(err, report.Close())
	}
	defer gate.Close()
	s := m.spec
	text, err := json.Marshal(plan{Root: s.Nginx.Root, Binary: s.Nginx.Binary, Sysctls: s.Sysctls, Disks: s.Disks, Limits: s.Limits, Shared: m.ids.root})
	if err != nil {
		return errors.Join(err, report.Close(), open.Close())
	}
	named := os.Getenv(pod.EnvProgram)
	cmd := exec.Command(cmp.Or(named, "/proc/self/exe"), Arg, string(text))
	cmd.Args[0] = "badgateway pod " + m.spec.Name
	// A container library that the program may link looks through all of /proc
	// when it is initialised; in the lab nobody needs what it looks for. Most labs
	// end within seconds: their garbage is left until the heap is five times what
	// is in use, or fills what the lab may have. Their many listeners need no
	// MPTCP, which is a second socket each. In a test with the race detector a
	// race ends the lab, as nobody would read of it, and its end is not a second late.
	cmd.Env = []string{"PATH=" + os.Getenv("PATH"), "HOST_PROC=/nonexistent", "GODEBUG=multipathtcp=0", "GORACE=halt_on_error=1 atexit_sleep_ms=0",
		"GOGC=400", fmt.Sprintf("GOMEMLIMIT=%d", labMemory)}
	cmd.ExtraFiles = []*os.File{control, said, gate} // fds 3, 4, 5
	cmd.Stderr = said
	cmd.SysProcAttr = m.ids.attributes()
	err = onImmortalThread(func() error { return errors.Join(limits.born(cmd.SysProcAttr), cmd.Start()) })
	if err != nil && named != "" {
		err = fmt.Errorf("%s: %w", pod.EnvProgram, err)
	}
	if err != nil {
		return errors.Join(fmt.Errorf("make namespaces: %w", err), report.Close(), open.Close())
	}
	m.cmd, m.report = cmd, report
	m.ended = make(chan struct{})
	go func() {
		defer close(m.ended)
		m.end = cmd.Wait()
	}()
	return errors.Join(m.ids.apply(cmd.Process.Pid), open.Close())
}

// ready waits for the lab's word: "ready", or what went wrong. What it says
// later is kept: a lab that panics says why.
func (m *machine) ready(ctx context.Context) error {
	stop := context.AfterFunc(ctx, func() { _ = m.report.SetReadDeadline(time.Unix(1, 0)) })
	defer stop()
	buf := make([]byte, 4096)
	n, err := m.report.Read(buf)
	if word := strings.TrimSpace(string(buf[:n])); word != "ready" {
		return errors.Join(fmt.Errorf("start lab: %s", word), err, ctx.Err(), m.report.Close())
	}
	m.words = make(chan string, 1)
	go func() {
		defer m.report.Close()
		said, _ := io.ReadAll(io.LimitReader(m.report, lastWords))
		m.words <- strings.TrimSpace(string(said))
		_, _ = io.Copy(io.Discard, m.report) // a lab that cannot write would end
	}()
	m.link.Gone = sync.OnceValue(m.gone)
	return nil
}

// endLimit is how long a lab may take to end once its link is closed.
const endLimit = 5 * time.Second

// lastWords is how much of what a lab says is kept, in bytes: a panic begins
// with its reason.
const lastWords = 4 << 10

// gone says how the lab ended, and what it said: it ends with its link.
func (m *machine) gone() string {
	select {
	case <-m.ended:
	case <-time.After(endLimit):
		return "the lab goes on without it"
	}
	how := "the lab ended by itself"
	if m.end != nil {
		how = "the lab ended with " + m.end.Error()
	}
	if said := <-m.words; said != "" {
		how += ": " + said
	}
	return how
}

// onImmortalThread runs start on a thread that never ends: the kernel kills a
// child with Pdeathsig when the thread that made it ends (prctl(2)).
func onImmortalThread(start func() error) error {
	spawnerOnce.Do(func() { go spawner() })
	done := make(chan error)
	spawns <- func() { done <- start() }
	return <-done
}

var (
	spawnerOnce sync.Once
	spawns      = make(chan func())
)

func spawner() {
	lockThread()
	for start := range spawns {
		start()
	}
}

// explain says which setting forbids namespaces, as far as the kernel tells.
func explain(err error) error {
	u := &pod.Unavailable{Driver: "native", Reason: err.Error()}
	for file, why := range map[string]pod.Unavailable{
		"/proc/sys/kernel/apparmor_restrict_unprivileged_userns": {Reason: "AppArmor restricts user namespaces",
			Mend: "sudo sysctl kernel.apparmor_restrict_unprivileged_userns=0, or run as root"},
		"/proc/sys/kernel/unprivileged_userns_clone": {Reason: "the kernel forbids user namespaces to ordinary users",
			Mend: "sudo sysctl kernel.unprivileged_userns_clone=1, or run as root"},
		"/proc/sys/user/max_user_namespaces": {Reason: "the number of user namespaces is limited to 0",
			Mend: "sudo sysctl user.max_user_namespaces=15000"},
	} {
		value, readErr := os.ReadFile(file)
		if readErr != nil || os.Geteuid() == 0 {
			continue
		}
		restricts := strings.Contains(file, "restrict") == (strings.TrimSpace(string(value)) != "0")
		if restricts {
			u.Reason, u.Mend = why.Reason+" ("+err.Error()+")", why.Mend
		}
	}
	if u.Mend == "" && errors.Is(err, syscall.EPERM) {
		u.Mend = "run as root, or in a container started with --privileged, or use --driver docker"
	}
	return u
}
