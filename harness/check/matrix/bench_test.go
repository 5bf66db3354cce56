package matrix

import (
	"fmt"
	"os"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/prometheus/procfs"
	"github.com/stretchr/testify/require"
)

// ten is a configuration with ten routes, three of them with two servers.
func ten() string {
	var locations, upstreams strings.Builder
	for i := range 10 {
		to := fmt.Sprintf("127.0.0.1:%d", 3000+2*i)
		if i < 3 {
			fmt.Fprintf(&upstreams, "upstream app%d { server %s; server 127.0.0.1:%d; keepalive 8; }\n", i, to, 3001+2*i)
			to = fmt.Sprintf("app%d", i)
		}
		fmt.Fprintf(&locations, "location /app%d/ { proxy_pass http://%s; proxy_http_version 1.1; proxy_set_header Connection ''; }\n", i, to)
	}
	return "error_log /var/log/nginx/error.log;\nworker_processes 2;\nevents { }\nhttp {\n" + upstreams.String() +
		"server { listen 80;\n" + locations.String() + "}\n}\n"
}

// twenty are the faults that every route has with GET and with POST, to which
// all-peers-dead adds some.
var twenty = []string{None, "refused", "syn-dropped", "unreachable", "reset-on-accept", "closed-before-headers", "reset-after-headers",
	"slow-headers", "stalled-body", "truncated-body", "broken-chunking", "headers-8k", "headers-32k", "not-http", "invalid-header",
	"duplicate-header", "status-500", "status-503", "status-429", "stale-keepalive"}

// BenchmarkMatrix runs 10 routes x 20 faults x 2 methods. Beside the time it
// reports processor time, also of the pods, and the greatest memory of all
// processes together (PSS).
func BenchmarkMatrix(b *testing.B) {
	o, routes := ready(b, ten())
	plan := Cells(routes, Selection{Faults: twenty})
	require.Len(b, plan, 400)
	before := processorTime(b)
	peak := watchMemory()
	for b.Loop() {
		cells, _, err := Run(b.Context(), o, plan)
		require.NoError(b, err)
		for _, c := range cells {
			require.Empty(b, c.Error, c.ID)
		}
	}
	b.ReportMetric((processorTime(b)-before).Seconds()/float64(b.N), "cpu-s/op")
	b.ReportMetric(float64(peak())/(1<<20), "peak-MB")
}

// processorTime is that of this process and of those it has waited for.
func processorTime(b *testing.B) time.Duration {
	var total time.Duration
	for _, who := range []int{syscall.RUSAGE_SELF, syscall.RUSAGE_CHILDREN} {
		var u syscall.Rusage
		require.NoError(b, syscall.Getrusage(who, &u))
		total += time.Duration(u.Utime.Nano() + u.Stime.Nano())
	}
	return total
}

// watchMemory looks at all processes below this one twice a second, until it is
// asked for the most that it saw.
func watchMemory() (peak func() uint64) {
	var most uint64
	stop := make(chan struct{})
	var wg sync.WaitGroup
	wg.Go(func() {
		for tick := time.NewTicker(time.Second / 2); ; {
			select {
			case <-tick.C:
				most = max(most, memory(os.Getpid()))
			case <-stop:
				tick.Stop()
				return
			}
		}
	})
	return func() uint64 {
		close(stop)
		wg.Wait()
		return most
	}
}

// memory is the proportional share (PSS) of a process and all below it.
func memory(root int) uint64 {
	all, err := procfs.AllProcs()
	if err != nil {
		return 0
	}
	parents := map[int]int{}
	for _, p := range all {
		if stat, err := p.Stat(); err == nil { // else it has ended
			parents[p.PID] = stat.PPID
		}
	}
	var total uint64
	for _, p := range all {
		for pid := p.PID; pid > 1; pid = parents[pid] {
			if pid == root {
				if m, err := p.ProcSMapsRollup(); err == nil {
					total += m.Pss
				}
				break
			}
		}
	}
	return total
}
