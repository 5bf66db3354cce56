package pod

import (
	"runtime"

	"github.com/shirou/gopsutil/v4/mem"
)

// podBytes is what a pod takes: nginx, the lab and the sockets between them.
const podBytes = 64 << 20

// Width is how many pods this machine bears at a time: so many for each core
// that this process may use (its share of a cgroup counts), fewer where free
// memory is short. Where free memory cannot be read, the cores alone decide.
func Width(perCore int) int {
	cores := perCore * runtime.GOMAXPROCS(0)
	memory, err := mem.VirtualMemory()
	if err != nil {
		return cores
	}
	return min(max(int(memory.Available/podBytes), 1), cores)
}
