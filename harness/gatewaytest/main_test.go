package gatewaytest_test

import (
	"testing"

	"go.uber.org/goleak"
)

func TestMain(m *testing.M) {
	// The native driver keeps one thread for the life of the process: what it
	// starts dies with its starter (PR_SET_PDEATHSIG).
	goleak.VerifyTestMain(m, goleak.IgnoreAnyFunction("badgateway/harness/pod/native.spawner"))
}
