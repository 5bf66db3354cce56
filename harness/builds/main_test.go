package builds

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"sync"
	"syscall"
	"testing"

	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"
)

// helperEnv holds the cache directory in which this test binary, run again as
// another process, fetches testSuite.
const helperEnv = "BADGATEWAY_BUILDS_FETCH"

// testSuite is fetched by tests: released, so it changes little.
const testSuite = "trixie"

func TestMain(m *testing.M) {
	if dir := os.Getenv(helperEnv); dir != "" {
		os.Exit(helper(dir))
	}
	goleak.VerifyTestMain(m)
}

// helper fetches, prints every step as a line, and the build or error last.
func helper(dir string) int {
	if os.Getenv("BADGATEWAY_BUILDS_SMALL") != "" {
		if err := syscall.Mount("tmpfs", dir, "tmpfs", 0, "size=8m"); err != nil {
			fmt.Println("mount:", err)
			return 2
		}
	}
	last := ""
	build, err := Fetch(context.Background(), testSuite, Options{Dir: dir, Progress: func(p Progress) {
		if p.Step != last {
			last = p.Step
			fmt.Println("step:", p.Step)
		}
	}})
	if err != nil {
		fmt.Println("error:", err)
		return 1
	}
	data, err := json.Marshal(build)
	if err != nil {
		fmt.Println("error:", err)
		return 2
	}
	fmt.Println("build:", string(data))
	return 0
}

// process is a helper under way.
type process struct {
	cmd   *exec.Cmd
	lines *bufio.Scanner
}

// startHelper runs a helper on the cache in dir.
func startHelper(t *testing.T, dir string, change func(*exec.Cmd)) *process {
	t.Helper()
	self, err := os.Executable()
	require.NoError(t, err)
	cmd := exec.Command(self)
	cmd.Env = append(os.Environ(), helperEnv+"="+dir)
	cmd.Stderr = os.Stderr
	out, err := cmd.StdoutPipe()
	require.NoError(t, err)
	change(cmd)
	require.NoError(t, cmd.Start())
	t.Cleanup(func() {
		if cmd.ProcessState == nil {
			require.NoError(t, cmd.Process.Kill())
			require.Error(t, cmd.Wait())
		}
	})
	return &process{cmd: cmd, lines: bufio.NewScanner(out)}
}

// until returns the lines up to the one that contains text, or all.
func (p *process) until(text string) []string {
	var lines []string
	for p.lines.Scan() {
		lines = append(lines, p.lines.Text())
		if text != "" && strings.Contains(p.lines.Text(), text) {
			break
		}
	}
	return lines
}

// missing skips a test for a reason, or fails it where nothing may be missing.
func missing(t *testing.T, format string, args ...any) {
	t.Helper()
	if os.Getenv("BADGATEWAY_REQUIRE") == "1" {
		require.FailNow(t, fmt.Sprintf(format, args...), "BADGATEWAY_REQUIRE=1 makes this an error")
	}
	t.Skipf(format, args...)
}

// reach says once whether the machine's mirror answers: nil, or why not.
var reach = sync.OnceValue(func() error {
	dir, err := os.MkdirTemp("", "badgateway-reach-")
	if err != nil {
		return err
	}
	defer os.RemoveAll(dir)
	job := fetch{suite: Suite{Name: testSuite}, work: dir, arch: debianArch(runtime.GOARCH)}
	from, err := findArchives(context.Background(), testSuite, Options{})
	if err != nil {
		return err
	}
	a, err := newApt(filepath.Join(dir, "apt"), job.arch)
	if err != nil {
		return err
	}
	return explain(testSuite, job.update(context.Background(), a, from))
})

// needMirror skips a test on a machine that cannot fetch.
func needMirror(t *testing.T) {
	t.Helper()
	if _, err := exec.LookPath("apt-get"); err != nil {
		missing(t, "no apt on this machine: %v", err)
	}
	err := reach()
	var gone *Unavailable
	if errors.As(err, &gone) {
		missing(t, "no Debian mirror: %v", err)
	}
	require.NoError(t, err)
}
