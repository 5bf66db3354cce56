package pod

import (
	"runtime"

	"github.com/shirou/gopsutil/v4/mem"
)

// What lives in pods mostly waits (for timeouts, resets, retries), so there are
// several pods per core. Measured on two cores with scenarios and with cells of
// a check: with fewer than eight per core, waits stand in line behind waits; with
// more nothing gets faster. A pod is nginx, the lab and the sockets between them.
const (
	podBytes    = 64 << 20
	podsPerCore = 8
)

// Width is how many pods this machine bears at a time: eight for each core that
// this process may use (its share of a cgroup counts), fewer where free memory
// is short. Where free memory cannot be read, the cores alone decide.
func Width() int {
	cores := podsPerCore * runtime.GOMAXPROCS(0)
	memory, err := mem.VirtualMemory()
	if err != nil {
		return cores
	}
	return min(max(int(memory.Available/podBytes), 1), cores)
}
