package main

import (
	"bytes"
	"context"
	"encoding/json"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"

	"github.com/stretchr/testify/require"
	"golang.org/x/sys/unix"

	"badgateway/harness"
	"badgateway/harness/builds"
	"badgateway/harness/check/result"
	"badgateway/harness/nginx"
	"badgateway/harness/pod"
)

const shopConf = `events {}
http {
    upstream app { server 127.0.0.1:3000; server 127.0.0.1:3001; }
    server { listen 80; server_name shop.example; location / { proxy_pass http://app; } }
}
`

// checkProcess is a real check of shopConf in a directory of its own, not yet
// started.
func checkProcess(t *testing.T, args ...string) (cmd *exec.Cmd, dir string) {
	t.Helper()
	needNative(t)
	dir = t.TempDir()
	require.NoError(t, os.WriteFile(filepath.Join(dir, "nginx.conf"), []byte(shopConf), 0o644))
	exe, err := os.Executable()
	require.NoError(t, err)
	return &exec.Cmd{Path: exe, Dir: dir, Args: append([]string{"badgateway", "check", "nginx.conf", "--driver", "native"}, args...)}, dir
}

// checked is what a test reads of a badgateway.check/v1.
func checked(t *testing.T, path string) (r struct {
	Schema, Aborted string
	Routes          []result.Route
	Cells           []struct {
		ID     string
		Client pod.Outcome
		Log    []string
	}
	Diff struct {
		Cells       []struct{ Cell string }
		Unfinished  []string
		Unconfirmed bool
	}
}) {
	t.Helper()
	require.NoError(t, json.Unmarshal(readFile(t, path), &r))
	require.Equal(t, result.Schema, r.Schema)
	return r
}

// until calls found when a stream says what is waited for, and gives back all
// that it said.
func until(r io.Reader, wanted string, found func()) string {
	var all []byte
	part := make([]byte, 4096)
	for {
		n, err := r.Read(part)
		all = append(all, part[:n]...)
		if found != nil && bytes.Contains(all, []byte(wanted)) {
			found()
			found = nil
		}
		if err != nil {
			return string(all)
		}
	}
}

// A signal ends a check: every report is written, and says that it is partial.
func TestCheckInterrupted(t *testing.T) {
	for sig, code := range map[syscall.Signal]int{syscall.SIGINT: 130, syscall.SIGTERM: 143} {
		cmd, dir := checkProcess(t, "--real-time", "--json", "out.json", "--junit", "out.xml", "--markdown", "out.md", "--html", "out.html", "--sarif", "out.sarif")
		var stdout bytes.Buffer
		cmd.Stdout = &stdout
		stderr, err := cmd.StderrPipe()
		require.NoError(t, err)
		require.NoError(t, cmd.Start())
		until(stderr, "running cells", func() { cmd.Process.Signal(sig) })
		cmd.Wait()
		require.Equal(t, code, cmd.ProcessState.ExitCode(), stdout.String())
		name := unix.SignalName(sig)
		require.Contains(t, stdout.String(), "not complete: received "+name)

		r := checked(t, filepath.Join(dir, "out.json"))
		require.Equal(t, "received "+name, r.Aborted)
		require.Len(t, r.Routes, 1)
		require.NotEmpty(t, r.Cells, "what ran before is there")
		for file, says := range map[string]string{"out.xml": "aborted: received " + name, "out.md": "**Not complete:** received " + name,
			"out.html": "Not complete: received " + name, "out.sarif": "received " + name} {
			require.Contains(t, string(readFile(t, filepath.Join(dir, file))), says)
		}
	}
}

// A comparison that is broken off tells what differs in the cells that came to
// their end on both sides, and that it is a part.
func TestComparisonInterrupted(t *testing.T) {
	cmd, dir := checkProcess(t, "--against", "old.conf", "--parallel", "1", "--fault", "refused", "--fault", "status-*", "--json", "out.json", "--markdown", "out.md")
	old := strings.Replace(string(readFile(t, filepath.Join(dir, "nginx.conf"))), "location / {", "location / { proxy_intercept_errors on; error_page 500 502 503 =404 @gone;", 1)
	old = strings.Replace(old, "location / {", "location @gone { return 404; } location / {", 1)
	require.NoError(t, os.WriteFile(filepath.Join(dir, "old.conf"), []byte(old), 0o644))
	var stdout bytes.Buffer
	cmd.Stdout = &stdout
	stderr, err := cmd.StderrPipe()
	require.NoError(t, err)
	require.NoError(t, cmd.Start())
	text := until(stderr, "running cells: 10/24", func() { cmd.Process.Signal(syscall.SIGINT) })
	cmd.Wait()
	require.Equal(t, 130, cmd.ProcessState.ExitCode(), "%s\n%s", stdout.String(), text)
	require.Contains(t, stdout.String(), "changed shop")
	require.Contains(t, stdout.String(), "against old.conf (partial)")
	require.Contains(t, stdout.String(), "not confirmed by a second run")
	require.Contains(t, string(readFile(t, filepath.Join(dir, "out.md"))), "**Partial:** ")
	r := checked(t, filepath.Join(dir, "out.json"))
	require.True(t, r.Diff.Unconfirmed)
	require.NotEmpty(t, r.Diff.Cells)
	require.NotEmpty(t, r.Diff.Unfinished)
	require.Less(t, len(r.Diff.Cells)+len(r.Diff.Unfinished), len(r.Cells)+1)
}

// terminal is a pseudo-terminal of 80 columns; what it shows is read from screen.
func terminal(t *testing.T) (screen, end *os.File) {
	t.Helper()
	screen, err := os.OpenFile("/dev/ptmx", os.O_RDWR|unix.O_NOCTTY, 0)
	require.NoError(t, err)
	t.Cleanup(func() { screen.Close() })
	require.NoError(t, unix.IoctlSetPointerInt(int(screen.Fd()), unix.TIOCSPTLCK, 0))
	n, err := unix.IoctlGetInt(int(screen.Fd()), unix.TIOCGPTN)
	require.NoError(t, err)
	end, err = os.OpenFile("/dev/pts/"+strconv.Itoa(n), os.O_RDWR|unix.O_NOCTTY, 0)
	require.NoError(t, err)
	t.Cleanup(func() { end.Close() })
	require.NoError(t, unix.IoctlSetWinsize(int(end.Fd()), unix.TIOCSWINSZ, &unix.Winsize{Row: 24, Col: 80}))
	return screen, end
}

// On a terminal progress is one line, which is gone when the result comes, and
// the heat-map is coloured and fits.
func TestCheckOnTerminal(t *testing.T) {
	cmd, _ := checkProcess(t, "--fault", "refused", "--fault", "status-500")
	screen, end := terminal(t)
	cmd.Stdout, cmd.Stderr = end, end
	cmd.Env = append(os.Environ(), "TERM=xterm", "NO_COLOR=")
	require.NoError(t, cmd.Start())
	require.NoError(t, end.Close())
	out := until(screen, "", nil)
	require.NoError(t, cmd.Wait())

	shown, result, found := strings.Cut(out, eraseLine+"nginx.conf (nginx.conf, 1 file)")
	require.True(t, found, "%q", out)
	require.NotContains(t, shown, "\n", "one line of progress")
	require.Contains(t, shown, "running cells")
	require.Contains(t, result, "\x1b[33m2\x1b[0m\x1b[33m2\x1b[0m", "a 502 for both methods, in yellow")
	require.NotContains(t, result, eraseLine)
	for line := range strings.SplitSeq(result, "\r\n") {
		if strings.HasPrefix(line, "shop.example:80/ -> app") {
			require.LessOrEqual(t, len([]rune(line)), 80+4*len("\x1b[33m\x1b[0m"))
		}
	}
}

// A configuration cannot write to the terminal at which it is checked.
func TestTerminalIsOutOfReach(t *testing.T) {
	cmd, dir := checkProcess(t, "--fault", "none")
	require.NoError(t, os.WriteFile(filepath.Join(dir, "nginx.conf"), []byte(`events {}
http {
    log_format evil escape=none "\x1b]0;INJECTED\x07$request";
    server { listen 80; access_log /dev/tty evil; location / { proxy_pass http://127.0.0.1:3000; } }
}
`), 0o644))
	screen, end := terminal(t)
	cmd.Stdin, cmd.Stdout, cmd.Stderr = end, end, end
	cmd.SysProcAttr = &syscall.SysProcAttr{Setsid: true, Setctty: true}
	require.NoError(t, cmd.Start())
	require.NoError(t, end.Close())
	out := until(screen, "", nil)
	require.Error(t, cmd.Wait())
	require.NotContains(t, out, "INJECTED")
	require.Equal(t, 2, cmd.ProcessState.ExitCode(), out)
	require.Contains(t, out, `nginx.conf:4: nginx: open() "/dev/tty" failed (6: No such device or address)`)
}

// What keeps a check from starting is told by the exit code and in the reports:
// 3 is the machine's, 2 the user's to mend.
func TestCheckCannotStart(t *testing.T) {
	conf := filepath.Join(t.TempDir(), "nginx.conf")
	require.NoError(t, os.WriteFile(conf, []byte(shopConf), 0o644))
	path := filepath.Join(t.TempDir(), "out.json")
	p := parts{catalogue: func() []harness.Scenario { return nil }}
	for want, err := range map[int]error{
		3: &builds.Unavailable{Spec: "nginx", Reason: "not installed", Mend: "apt-get install nginx"},
		2: &builds.SpecError{Spec: "trixi", Reason: "names no nginx", Hint: "did you mean debian:trixie?"},
	} {
		p.resolve = func(context.Context, string, io.Writer) (nginx.Build, error) { return nginx.Build{}, err }
		r := runParts(t.Context(), p, "check", conf, "--json", path)
		require.Equal(t, want, r.code, r.stderr)
		require.Contains(t, r.stderr, err.Error())
		require.Empty(t, r.stdout)
		require.Equal(t, err.Error(), checked(t, path).Aborted)
	}
	p.resolve = func(_ context.Context, spec string, _ io.Writer) (nginx.Build, error) {
		return nginx.Build{Spec: spec, Version: "1.22.1"}, nil
	}
	p.pick = func(context.Context, string, nginx.Build) (pod.Driver, error) {
		return nil, &pod.Unavailable{Driver: "native", Reason: "no user namespaces", Mend: "sysctl kernel.unprivileged_userns_clone=1"}
	}
	r := runParts(t.Context(), p, "check", conf)
	require.Equal(t, 3, r.code)
	require.Contains(t, r.stderr, "sysctl kernel.unprivileged_userns_clone=1")
}

// A signal before anything is known leaves a report too.
func TestCheckInterruptedEarly(t *testing.T) {
	ctx, stop := withSignals(t.Context(), func(int) {})
	defer stop()
	p := parts{
		catalogue: func() []harness.Scenario { return nil },
		resolve: func(ctx context.Context, _ string, _ io.Writer) (nginx.Build, error) {
			require.NoError(t, syscall.Kill(os.Getpid(), syscall.SIGTERM))
			<-ctx.Done()
			return nginx.Build{}, ctx.Err()
		},
	}
	path := filepath.Join(t.TempDir(), "out.json")
	r := runParts(ctx, p, "check", "nginx.conf", "--json", path)
	require.Equal(t, 143, r.code)
	require.Contains(t, r.stderr, "received SIGTERM")
	require.Equal(t, "received SIGTERM", checked(t, path).Aborted)
}
