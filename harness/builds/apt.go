package builds

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"time"

	"badgateway/harness/lazyregexp"
)

// packages are what a pod needs: nginx with the modules that scenarios use, and
// the tools that scenarios and people execute beside it. What they depend on
// comes along, what they recommend does not.
var packages = []string{
	"nginx", "libnginx-mod-stream",
	"dash", "coreutils", "grep", "sed", "mawk", "findutils", "libc-bin", "procps", "iproute2", "netcat-openbsd", "curl",
	"openssl", "ca-certificates",
}

// modulePrefix begins the names of the packages with dynamic modules. All that
// a suite has come along, for configurations that load them, except those that
// bring an interpreter of their own.
const modulePrefix = "libnginx-mod-"

var unwanted = []string{"libnginx-mod-http-perl", "libnginx-mod-http-passenger"}

// apt runs the machine's apt on directories of its own: it reads the machine's
// settings (proxies, credentials) but none of its sources, and writes nothing
// outside dir. It needs no privilege.
type apt struct {
	dir  string
	conf string
	// stall is how long apt may be without any progress before it is ended.
	// Its own timeouts end a silent mirror sooner; on a full disk apt 2.6 waits
	// for ever.
	stall time.Duration
}

const defaultStall = 2 * time.Minute

var errStalled = errors.New("no progress")

// aptConf is read behind the machine's configuration and so overrules it
// (apt.conf(5)). Hooks of the machine are cleared: they belong to the system's
// package lists, not to these.
const aptConf = `Dir::State "%[1]s/state";
Dir::State::lists "%[1]s/lists";
Dir::State::status "%[1]s/status";
Dir::Cache "%[1]s/cache";
Dir::Cache::archives "%[1]s/archives";
Dir::Log "%[1]s/log";
Dir::Etc::sourcelist "%[1]s/debian.sources";
Dir::Etc::sourceparts "%[1]s/none";
Dir::Etc::preferences "%[1]s/none/preferences";
Dir::Etc::preferencesparts "%[1]s/none";
#clear APT::Architectures;
APT::Architecture "%[2]s";
APT::Architectures { "%[2]s"; };
APT::Default-Release "";
APT::Install-Recommends "false";
APT::Install-Suggests "false";
APT::Get::AllowUnauthenticated "false";
APT::Update::Error-Mode "any";
Acquire::AllowInsecureRepositories "false";
Acquire::AllowWeakRepositories "false";
Acquire::AllowDowngradeToInsecureRepositories "false";
Acquire::Languages "none";
Acquire::Retries "2";
#clear Acquire::IndexTargets::deb::DEP-11;
#clear Acquire::IndexTargets::deb::DEP-11-icons;
#clear Acquire::IndexTargets::deb::CNF;
#clear APT::Update::Pre-Invoke;
#clear APT::Update::Post-Invoke;
#clear APT::Update::Post-Invoke-Success;
#clear DPkg::Pre-Invoke;
#clear DPkg::Post-Invoke;
#clear DPkg::Pre-Install-Pkgs;
#clear AptCli::Hooks;
`

// newApt lays out the directories of an apt of its own below dir.
func newApt(dir, arch string) (apt, error) {
	a := apt{dir: dir, conf: filepath.Join(dir, "apt.conf"), stall: defaultStall}
	for _, sub := range []string{"state", "lists/partial", "cache", "archives/partial", "log", "none"} {
		if err := os.MkdirAll(filepath.Join(dir, sub), 0o755); err != nil {
			return a, fmt.Errorf("make apt directories: %w", err)
		}
	}
	files := map[string]string{"status": "", "apt.conf": fmt.Sprintf(aptConf, dir, arch)}
	for name, text := range files {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o644); err != nil {
			return a, fmt.Errorf("write apt configuration: %w", err)
		}
	}
	return a, nil
}

// use writes the sources of a suite, with its security updates when wanted.
func (a apt) use(suite Suite, from archives, security bool) error {
	text := stanza(from.main, suite.Name, suite.Frozen)
	if security {
		text += "\n" + stanza(from.security, suite.Name+"-security", suite.Frozen)
	}
	if err := os.WriteFile(filepath.Join(a.dir, "debian.sources"), []byte(text), 0o644); err != nil {
		return fmt.Errorf("write apt sources: %w", err)
	}
	return nil
}

func stanza(m mirror, suite string, frozen bool) string {
	text := fmt.Sprintf("Types: deb\nURIs: %s\nSuites: %s\nComponents: main\n", m.uri, suite)
	if m.signed != "" {
		text += "Signed-By: " + m.signed + "\n"
	}
	if frozen {
		text += "Check-Valid-Until: no\n"
	}
	return text
}

// aptError is a failed apt command with what it printed.
type aptError struct {
	command string
	output  string
	err     error
}

func (e *aptError) Error() string {
	return fmt.Sprintf("run apt-get %s: %v: %s", e.command, e.err, complaints(e.output))
}

func (e *aptError) Unwrap() error { return e.err }

// complaints are apt's error lines, or the last line without any.
func complaints(output string) string {
	var errs []string
	last := ""
	for line := range strings.Lines(output) {
		line = strings.TrimSpace(line)
		if strings.HasPrefix(line, "E: ") {
			errs = append(errs, line)
		}
		if line != "" {
			last = line
		}
	}
	if len(errs) == 0 {
		return last
	}
	return strings.Join(errs, " ")
}

// get runs apt-get; progress hears percentages (APT::Status-Fd).
func (a apt) get(ctx context.Context, progress func(float64), args ...string) error {
	r, w, err := os.Pipe()
	if err != nil {
		return fmt.Errorf("make progress pipe: %w", err)
	}
	defer r.Close()
	ctx, give := context.WithCancelCause(ctx)
	defer give(nil)
	cmd := command(ctx, "apt-get", append([]string{"-c", a.conf, "-o", "APT::Status-Fd=3", "-q", "-y"}, args...)...)
	cmd.ExtraFiles = []*os.File{w}
	var output bytes.Buffer
	cmd.Stdout, cmd.Stderr = &output, &output
	watch := time.AfterFunc(a.stall, func() { give(errStalled) })
	defer watch.Stop()
	listened := make(chan error, 1)
	go func() {
		listened <- listen(r, func(percent float64) {
			watch.Reset(a.stall)
			progress(percent)
		})
	}()
	err = run(cmd)
	err = errors.Join(err, w.Close(), <-listened)
	if err != nil && ctx.Err() != nil {
		err = context.Cause(ctx)
	}
	switch {
	case err == nil || errors.Is(err, context.Canceled) || errors.Is(err, context.DeadlineExceeded):
		return err
	}
	return &aptError{command: args[0], output: output.String(), err: err}
}

// modules are the packages of dynamic modules that the lists have.
func (a apt) modules(ctx context.Context) ([]string, error) {
	cmd := command(ctx, "apt-cache", "-c", a.conf, "pkgnames", modulePrefix)
	var said bytes.Buffer
	cmd.Stderr = &said
	out, err := cmd.Output()
	if err != nil {
		return nil, &aptError{command: "pkgnames", output: said.String(), err: err}
	}
	names := strings.Fields(string(out))
	slices.Sort(names)
	return slices.DeleteFunc(names, func(name string) bool {
		return slices.Contains(unwanted, name) || strings.HasSuffix(name, "-dbgsym") || slices.Contains(packages, name)
	}), nil
}

// statusLine is apt's progress: "dlstatus:3:41.5:Retrieving file 3 of 61".
var statusLine = lazyregexp.New(`^(?:dlstatus|pmstatus):[^:]*:(\d{1,3}(?:\.\d+)?):`)

func parseStatus(line string) (percent float64, ok bool) {
	m := statusLine.FindStringSubmatch(line)
	if m == nil {
		return 0, false
	}
	percent, err := strconv.ParseFloat(m[1], 64)
	return min(percent, 100), err == nil
}

// listen hands on each change of the percentage.
func listen(r io.Reader, progress func(float64)) error {
	last := -1.0
	lines := bufio.NewScanner(r)
	for lines.Scan() {
		if percent, ok := parseStatus(lines.Text()); ok && percent != last {
			last = percent
			progress(percent)
		}
	}
	if err := lines.Err(); err != nil {
		return fmt.Errorf("read progress: %w", err)
	}
	return nil
}

// command is a command that ends with ctx, and with this process.
func command(ctx context.Context, name string, args ...string) *exec.Cmd {
	cmd := exec.CommandContext(ctx, name, args...)
	cmd.Env = append(os.Environ(), "LC_ALL=C.UTF-8", "DEBIAN_FRONTEND=noninteractive")
	cmd.SysProcAttr = dieWithParent()
	cmd.Cancel = func() error { return cmd.Process.Signal(syscall.SIGTERM) }
	cmd.WaitDelay = 5 * time.Second
	return cmd
}

// run keeps its thread while the command runs: Pdeathsig is about the thread
// that started it (prctl(2)).
func run(cmd *exec.Cmd) error {
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	return cmd.Run()
}
