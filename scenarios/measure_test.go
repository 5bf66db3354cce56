package scenarios

import (
	"cmp"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"slices"
	"strconv"
	"syscall"
	"testing"
	"time"

	"github.com/prometheus/procfs"
	"github.com/stretchr/testify/require"

	"badgateway/harness"
	"badgateway/harness/builds"
	"badgateway/harness/pod"
	"badgateway/harness/pod/drivers"
)

// reloadWait is what nginx itself waits in every reload before it ends its old
// workers (ngx_process_cycle.c, ngx_master_process_cycle: ngx_msleep(100)). It
// is taken off both sides of a ratio.
const reloadWait = 100 * time.Millisecond

// floor is what any script must do to see a reload take effect in a private
// network: unshare, nginx, curl, HUP, wait for the old worker's end, curl.
const floor = `
set -e
ip link set lo up
conf() { echo "pid $D/pid; error_log $D/error.log; worker_processes 1; events {} http { access_log off;
  client_body_temp_path $D/b; proxy_temp_path $D/p; fastcgi_temp_path $D/f; uwsgi_temp_path $D/u; scgi_temp_path $D/s;
  server { listen 80; location / { return $1; } } }" > $D/nginx.conf; }
see() { [ "$(curl -s -o /dev/null -w '%{http_code}' http://127.0.0.1/)" = "$1" ]; }
conf 502
$BINARY -c $D/nginx.conf
see 502
read master < $D/pid
old=$(cat /proc/$master/task/$master/children)
conf 200
kill -HUP $master
for pid in $old; do while [ -d /proc/$pid ]; do sleep 0.002; done; done
see 200
`

// one is the time of a single scenario: pod made, all phases, pod ended. What
// a whole run does once, asking nginx what it was built with, is left out.
func one(b *testing.B, o harness.Options, name string) time.Duration {
	i := slices.IndexFunc(All(), func(s harness.Scenario) bool { return s.Name == name })
	require.GreaterOrEqual(b, i, 0, "no scenario %s", name)
	summary, err := harness.RunAll(b.Context(), All()[i:i+1], o)
	require.NoError(b, err)
	verdict := summary.Verdicts[0]
	require.Equal(b, harness.Pass, verdict.Outcome, verdict.Reason)
	return time.Duration(verdict.Seconds * float64(time.Second))
}

// options are those of a measurement: the driver that BADGATEWAY_DRIVER names,
// or the native one, and the nginx of BADGATEWAY_NGINX.
func options(b *testing.B) harness.Options {
	build, err := builds.Resolve(b.Context(), os.Getenv("BADGATEWAY_NGINX"), builds.Options{})
	require.NoError(b, err)
	driver, err := drivers.Pick(b.Context(), cmp.Or(os.Getenv("BADGATEWAY_DRIVER"), "native"), build)
	require.NoError(b, err)
	return harness.Options{Driver: driver, Nginx: build, Timeouts: pod.DefaultTimeouts, Seed: 1}
}

// BenchmarkOverhead compares a scenario that waits for nothing but one reload,
// with its sixteen requests, with the bare script: "x-floor" is the ratio of the medians
// without the waits of nginx's own reload.
func BenchmarkOverhead(b *testing.B) {
	o := options(b)
	var scripts, runs []time.Duration
	for b.Loop() {
		scripts = append(scripts, bare(b, o.Nginx.Binary))
		runs = append(runs, one(b, o, "health/no-backup"))
	}
	script, run := median(scripts), median(runs)
	b.ReportMetric(float64(script.Milliseconds()), "floor-ms")
	b.ReportMetric(float64(run.Milliseconds()), "scenario-ms")
	b.ReportMetric(float64(run-reloadWait)/float64(script-reloadWait), "x-floor")
}

// bare runs the floor script once.
func bare(b *testing.B, nginx string) time.Duration {
	args := []string{"--net", "--pid", "--fork", "--mount-proc", "--kill-child"}
	if os.Geteuid() != 0 {
		args = append(args, "--user", "--map-root-user")
	}
	dir := b.TempDir()
	require.NoError(b, os.Chmod(dir, 0o755))
	require.NoError(b, os.Chmod(filepath.Dir(dir), 0o755))
	cmd := exec.Command("unshare", append(args, "sh", "-c", floor)...)
	cmd.Env = append(os.Environ(), "D="+dir, "BINARY="+nginx)
	began := time.Now()
	out, err := cmd.CombinedOutput()
	require.NoError(b, err, "%s", out)
	return time.Since(began)
}

func median(all []time.Duration) time.Duration {
	slices.Sort(all)
	return all[len(all)/2]
}

// BenchmarkCatalogue compares the wall time of the whole catalogue with the
// ideal schedule: all its processor time spread over the cores, or its longest
// scenario run alone, whichever is longer.
func BenchmarkCatalogue(b *testing.B) {
	o := options(b)
	var longest time.Duration
	for _, s := range All() {
		_, verdict := harness.Run(b.Context(), s, o)
		require.NotEqual(b, harness.Fail, verdict.Outcome, verdict.Reason)
		longest = max(longest, time.Duration(verdict.Seconds*float64(time.Second)))
	}
	var walls, used []time.Duration
	for b.Loop() {
		before := processorTime(b)
		summary, err := harness.RunAll(b.Context(), All(), o)
		require.NoError(b, err)
		for _, v := range summary.Verdicts {
			require.NotEqual(b, harness.Fail, v.Outcome, "%s: %s", v.Name, v.Reason)
		}
		walls, used = append(walls, summary.Wall), append(used, processorTime(b)-before)
	}
	wall, cpu := median(walls), median(used)
	ideal := max(cpu/time.Duration(runtime.NumCPU()), longest)
	b.ReportMetric(wall.Seconds(), "wall-s")
	b.ReportMetric(cpu.Seconds(), "cpu-s")
	b.ReportMetric(longest.Seconds(), "longest-s")
	b.ReportMetric(float64(wall)/float64(ideal), "x-ideal")
}

// processorTime is what this process and all its ended children used.
func processorTime(b *testing.B) time.Duration {
	total := time.Duration(0)
	for _, who := range []int{syscall.RUSAGE_SELF, syscall.RUSAGE_CHILDREN} {
		var u syscall.Rusage
		require.NoError(b, syscall.Getrusage(who, &u))
		total += time.Duration(u.Utime.Nano() + u.Stime.Nano())
	}
	return total
}

// BenchmarkPod is the cost of one pod: made, nginx started, one request,
// ended; and the memory of its processes (their proportional share).
func BenchmarkPod(b *testing.B) {
	o := options(b)
	s := All()[0]
	spec := pod.Spec{Name: "measure", Nginx: o.Nginx, Conf: s.Conf, Files: s.Files, Backends: s.Backends}
	var memory uint64
	for b.Loop() {
		p, err := pod.Start(b.Context(), o.Driver, spec, o.Timeouts)
		require.NoError(b, err)
		r, err := p.Request(b.Context(), pod.Request{URL: "/"})
		require.NoError(b, err)
		require.Equal(b, pod.OK, r.Outcome)
		memory = max(memory, shareOf(b, p.Access().Root))
		require.NoError(b, p.Close())
	}
	b.ReportMetric(float64(memory)/1e6, "MB/pod")
}

// shareOf sums the proportional set size of the processes in the network
// namespace of the one whose root directory is /proc/PID/root.
func shareOf(b *testing.B, root string) uint64 {
	mine, err := os.Readlink(filepath.Join(filepath.Dir(root), "ns/net"))
	require.NoError(b, err)
	all, err := procfs.AllProcs()
	require.NoError(b, err)
	var sum uint64
	for _, proc := range all {
		ns, err := os.Readlink(filepath.Join("/proc", strconv.Itoa(proc.PID), "ns/net"))
		if err != nil || ns != mine {
			continue
		}
		if rollup, err := proc.ProcSMapsRollup(); err == nil {
			sum += rollup.Pss
		}
	}
	return sum
}
