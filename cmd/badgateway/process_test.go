package main

import (
	"bufio"
	"errors"
	"io"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/prometheus/procfs"
	"github.com/stretchr/testify/require"

	"badgateway/harness/builds"
	"badgateway/harness/pod/drivers"
)

func needNative(t *testing.T) {
	t.Helper()
	needDriver(t, "native")
}

// needDriver skips a test where pods of a driver cannot be made; with
// BADGATEWAY_REQUIRE=1, as in CI, that is an error.
func needDriver(t *testing.T, name string) {
	t.Helper()
	build, err := builds.Resolve(t.Context(), "nginx", builds.Options{})
	if err == nil {
		_, err = drivers.Pick(t.Context(), name, build)
	}
	if err == nil {
		return
	}
	if os.Getenv("BADGATEWAY_REQUIRE") == "1" {
		t.Fatalf("%s driver required: %v", name, err)
	}
	t.Skipf("%s driver: %v", name, err)
}

// held is a real `run --hold`, stopped while the symptom is on.
type held struct {
	cmd    *exec.Cmd
	stdin  io.WriteCloser
	text   string // what it printed until it waited
	rest   *bufio.Reader
	report string // its JSON report
	junit  string
}

var nsenter = regexp.MustCompile(`--target (\d+)`)

func hold(t *testing.T) *held {
	t.Helper()
	needNative(t)
	dir := t.TempDir()
	h := &held{report: filepath.Join(dir, "run.json"), junit: filepath.Join(dir, "junit.xml")}
	h.cmd = exec.Command(os.Args[0], "run", "upstream/refused", "--driver", "native", "--hold", "--json", h.report, "--junit", h.junit)
	h.cmd.Args[0] = "badgateway" // what testscript.Main goes by
	h.cmd.Path, _ = os.Executable()
	h.cmd.Stderr = os.Stderr
	stdout, err := h.cmd.StdoutPipe()
	require.NoError(t, err)
	h.stdin, err = h.cmd.StdinPipe()
	require.NoError(t, err)
	require.NoError(t, h.cmd.Start())
	t.Cleanup(func() { h.cmd.Process.Kill(); h.cmd.Wait() })
	h.rest = bufio.NewReader(stdout)
	for !strings.Contains(h.text, "press Enter") {
		line, err := h.rest.ReadString('\n')
		require.NoError(t, err, h.text)
		h.text += line
	}
	return h
}

// end reads what is left and returns it with the exit code.
func (h *held) end(t *testing.T) (rest string, code int) {
	t.Helper()
	data, err := io.ReadAll(h.rest)
	require.NoError(t, err)
	err = h.cmd.Wait()
	if _, exited := errors.AsType[*exec.ExitError](err); !exited {
		require.NoError(t, err)
	}
	return string(data), h.cmd.ProcessState.ExitCode()
}

// requireGone demands that the pod's first process, and with it the pod, ends.
// Where the harness was killed and the machine's first process reaps nobody (a
// container without an init), what is left of it is a zombie.
func (h *held) requireGone(t *testing.T) {
	t.Helper()
	found := nsenter.FindStringSubmatch(h.text)
	require.NotNil(t, found, h.text)
	pid, err := strconv.Atoi(found[1])
	require.NoError(t, err)
	require.Eventually(t, func() bool {
		proc, err := procfs.NewProc(pid)
		if errors.Is(err, fs.ErrNotExist) {
			return true
		}
		stat, err := proc.Stat()
		return err == nil && stat.State == "Z"
	}, 5*time.Second, 10*time.Millisecond)
}

// printed is the command behind a label of the held run's text.
func (h *held) printed(t *testing.T, label string) string {
	t.Helper()
	for line := range strings.SplitSeq(h.text, "\n") {
		if rest, ok := strings.CutPrefix(strings.TrimSpace(line), label); ok {
			return strings.TrimSpace(rest)
		}
	}
	t.Fatalf("no %q in %s", label, h.text)
	return ""
}

// What --hold prints works when pasted into a shell, and Enter goes on to the
// fix.
func TestHoldShowsTheSymptom(t *testing.T) {
	if _, err := exec.LookPath("curl"); err != nil {
		require.NotEqual(t, "1", os.Getenv("BADGATEWAY_REQUIRE"), "curl required: apt-get install curl")
		t.Skip("the text of --hold is tried with curl, which this machine lacks: apt-get install curl")
	}
	h := hold(t)
	for _, label := range []string{"request", "inside"} {
		out, err := exec.Command("sh", "-c", h.printed(t, label)).Output()
		require.NoError(t, err, label)
		require.Contains(t, string(out), "502 Bad Gateway", label)
	}
	log := strings.Replace(h.printed(t, "error log"), "tail -f", "cat", 1)
	out, err := exec.Command("sh", "-c", log).Output()
	require.NoError(t, err)
	require.Contains(t, string(out), "(111: Connection refused) while connecting to upstream")

	_, err = io.WriteString(h.stdin, "\n")
	require.NoError(t, err)
	rest, code := h.end(t)
	require.Equal(t, 0, code, rest)
	require.Contains(t, rest, "1 scenario: 1 passed")
	h.requireGone(t)
}

// The end of stdin is not Enter, and a signal during a hold leaves partial
// reports and nothing else.
func TestSignalWhileHeld(t *testing.T) {
	for sig, code := range map[syscall.Signal]int{syscall.SIGINT: 130, syscall.SIGTERM: 143, syscall.SIGHUP: 129} {
		h := hold(t)
		require.NoError(t, h.stdin.Close())
		require.NoError(t, h.cmd.Process.Signal(sig))
		rest, got := h.end(t)
		require.Equal(t, code, got, rest)
		require.Contains(t, rest, "1 not run")
		require.Equal(t, []string{"skip"}, outcomes(t, readFile(t, h.report)))
		require.Contains(t, string(readFile(t, h.report)), `"aborted": true`)
		require.Contains(t, string(readFile(t, h.junit)), `type="aborted"`)
		h.requireGone(t)
	}
}

func TestKillLeavesNothing(t *testing.T) {
	h := hold(t)
	require.NoError(t, h.cmd.Process.Kill())
	h.end(t)
	h.requireGone(t)
	require.NoFileExists(t, h.report)
}

// A reader that goes away (run | head -1) does not cost the reports.
func TestClosedPipe(t *testing.T) {
	needNative(t)
	path := filepath.Join(t.TempDir(), "run.json")
	exe, err := os.Executable()
	require.NoError(t, err)
	read, write, err := os.Pipe()
	require.NoError(t, err)
	require.NoError(t, read.Close())
	cmd := &exec.Cmd{Path: exe, Args: []string{"badgateway", "run", "upstream/refused", "--json", path}, Stdout: write, Stderr: os.Stderr}
	require.NoError(t, cmd.Run())
	require.NoError(t, write.Close())
	require.Equal(t, []string{"pass"}, outcomes(t, readFile(t, path)))
}

// A full disk under stdout is told, and does not cost the reports or the run.
func TestFullStdout(t *testing.T) {
	needNative(t)
	path := filepath.Join(t.TempDir(), "run.json")
	exe, err := os.Executable()
	require.NoError(t, err)
	full, err := os.OpenFile("/dev/full", os.O_WRONLY, 0)
	require.NoError(t, err)
	defer full.Close()
	var stderr strings.Builder
	cmd := &exec.Cmd{Path: exe, Args: []string{"badgateway", "run", "upstream/refused", "--json", path}, Stdout: full, Stderr: &stderr}
	require.Error(t, cmd.Run())
	require.Equal(t, 2, cmd.ProcessState.ExitCode())
	require.Contains(t, stderr.String(), "no space left on device")
	require.Equal(t, []string{"pass"}, outcomes(t, readFile(t, path)))
	require.Contains(t, string(readFile(t, path)), `"aborted": false`)
}
