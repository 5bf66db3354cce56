package drivers

import (
	"bytes"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"badgateway/harness/nginx"
	"badgateway/harness/pod"
)

// TestIsolation tries, as the user that nginx starts as, to get out.
func TestIsolation(t *testing.T) {
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	defer ln.Close()
	_, port, err := net.SplitHostPort(ln.Addr().String())
	require.NoError(t, err)
	mine := filepath.Join(t.TempDir(), "mine")
	require.NoError(t, os.WriteFile(mine, []byte("mine"), 0o666))

	eachPod(t, func(t *testing.T, p *pod.Pod) {
		for name, try := range escapes(port, mine) {
			r, err := p.Exec(t.Context(), pod.Command{Args: []string{"bash", "-c", try.control}})
			require.NoError(t, err, name)
			if r.Code != 0 {
				t.Logf("%s: not tried, %q fails here: %s", name, try.control, r.Stderr)
				continue
			}
			r, err = p.Exec(t.Context(), pod.Command{Args: []string{"bash", "-c", try.attempt}})
			require.NoError(t, err, name)
			require.NotZero(t, r.Code, "%s: %s", name, r.Stdout)
		}
		r, err := p.Exec(t.Context(), pod.Command{Args: []string{"sh", "-c", "cat /proc/net/route /proc/net/dev"}})
		require.NoError(t, err)
		require.NotContains(t, string(r.Stdout), "eth0")
	})
}

// escape is an attempt that must fail, and a control that shows that its means
// are there.
type escape struct{ control, attempt string }

func escapes(port, file string) map[string]escape {
	return map[string]escape{
		"host's loopback":   {"exec 3<>/dev/tcp/127.0.0.1/80", "exec 3<>/dev/tcp/127.0.0.1/" + port},
		"host's files":      {"cat /etc/hosts", "cat " + file},
		"remount":           {"mount --version", "mount -o remount,rw /usr"},
		"mount":             {"mount --version", "mount -t tmpfs none /mnt"},
		"kernel settings":   {"cat /proc/sys/kernel/panic", "echo 1 > /proc/sys/kernel/panic"},
		"another namespace": {"nsenter --version", "nsenter --target 1 --net true"},
		"new devices":       {"mknod --version", "mknod /tmp/vda b 254 0 && head -c 1 /tmp/vda"},
		"raw kernel memory": {"cat /proc/version", "head -c 1 /proc/kcore"},
	}
}

// TestCannotWriteToTheHost writes to every directory that the pod shares with
// the host and looks there.
func TestCannotWriteToTheHost(t *testing.T) {
	eachPod(t, func(t *testing.T, p *pod.Pod) {
		const mark = "badgateway-was-here"
		for _, dir := range []string{"/usr/bin", "/usr/share", "/etc", "/opt", "/tmp", "/var/lib", "/dev", "/etc/ssl"} {
			_, err := p.Exec(t.Context(), pod.Command{Args: []string{"touch", dir + "/" + mark}})
			require.NoError(t, err)
			_, err = os.Lstat(dir + "/" + mark)
			require.ErrorIs(t, err, os.ErrNotExist, dir)
		}
	})
}

// TestEndsWithItsCreator kills a process that holds a pod with SIGKILL and
// demands that nothing of the pod is left.
func TestEndsWithItsCreator(t *testing.T) {
	if os.Getenv("BADGATEWAY_TEST_HOLD") != "" {
		hold(t)
	}
	eachDriver(t, func(t *testing.T, d pod.Driver, b nginx.Build) {
		marker := "badgateway-marker-" + strings.ReplaceAll(t.Name(), "/", "-")
		child := exec.Command(os.Args[0], "-test.run=^TestEndsWithItsCreator$")
		child.Env = append(os.Environ(), "BADGATEWAY_TEST_HOLD="+d.Name(), "BADGATEWAY_TEST_MARKER="+marker)
		out, err := child.StdoutPipe()
		require.NoError(t, err)
		require.NoError(t, child.Start())
		ready := make([]byte, 6)
		_, err = out.Read(ready)
		require.NoError(t, err)
		require.Equal(t, "ready\n", string(ready))
		require.NotEmpty(t, processesWith(t, marker), "the pod's nginx is seen from outside")
		require.NoError(t, child.Process.Kill())
		_ = child.Wait() // killed
		until(t, 5*time.Second, "processes of the pod are left", func() bool { return len(processesWith(t, marker)) == 0 })
	})
}

// hold starts a pod whose nginx carries the marker in its environment's
// stead, its prefix, and waits for the kill.
func hold(t *testing.T) {
	b, err := build()
	require.NoError(t, err)
	for _, d := range all {
		if d.Name() != os.Getenv("BADGATEWAY_TEST_HOLD") {
			continue
		}
		marker := os.Getenv("BADGATEWAY_TEST_MARKER")
		p, err := pod.Start(t.Context(), d, pod.Spec{Name: marker, Nginx: b, Conf: conf, Backends: upstreams}, pod.DefaultTimeouts)
		require.NoError(t, err)
		go func() { _, _ = p.Exec(t.Context(), pod.Command{Args: []string{"sh", "-c", "sleep 60; : " + marker}}) }()
		until(t, 5*time.Second, "the marked command did not start", func() bool { return len(processesWith(t, marker)) > 0 })
		_, err = os.Stdout.WriteString("ready\n")
		require.NoError(t, err)
		select {}
	}
}

// processesWith are the processes, seen from the host, whose command line
// holds marker and is not a test binary's.
func processesWith(t *testing.T, marker string) []string {
	t.Helper()
	files, err := filepath.Glob("/proc/[0-9]*/cmdline")
	require.NoError(t, err)
	var found []string
	for _, file := range files {
		line, err := os.ReadFile(file)
		if err == nil && bytes.Contains(line, []byte(marker)) && bytes.Contains(line, []byte("sleep 60")) {
			found = append(found, file)
		}
	}
	return found
}
