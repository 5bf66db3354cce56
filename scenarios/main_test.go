package scenarios

import (
	"flag"
	"strconv"
	"testing"

	"go.uber.org/goleak"

	"badgateway/harness"
	"badgateway/harness/pod"
)

// pods is how many scenarios run at a time unless -parallel says otherwise:
// they mostly wait, so Go's default (one per core) leaves the machine idle.
var pods = pod.Width(harness.PodsPerCore)

func TestMain(m *testing.M) {
	flag.Parse()
	chosen := false
	flag.Visit(func(f *flag.Flag) { chosen = chosen || f.Name == "test.parallel" })
	if !chosen {
		if err := flag.Set("test.parallel", strconv.Itoa(pods)); err != nil {
			panic(err)
		}
	}
	// The native driver keeps one thread for the life of the process: what it
	// starts dies with its starter (PR_SET_PDEATHSIG).
	goleak.VerifyTestMain(m, goleak.IgnoreAnyFunction("badgateway/harness/pod/native.spawner"))
}

// update rewrites the recorded runs: go test ./scenarios -run TestScenarios -update.
var update = flag.Bool("update", false, "rewrite the recorded runs in fixtures/records")
