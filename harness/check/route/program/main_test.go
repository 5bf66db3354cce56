package program

import (
	"context"
	"os"
	"strings"
	"sync"
	"testing"

	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"

	"badgateway/harness/builds"
	"badgateway/harness/nginx"
	"badgateway/harness/nginx/conf"
	"badgateway/harness/pod"
	"badgateway/harness/pod/drivers"
)

func TestMain(m *testing.M) {
	goleak.VerifyTestMain(m,
		// The thread that starts pods never ends, by design.
		goleak.IgnoreAnyFunction("badgateway/harness/pod/native.spawner"),
		// The clock of match limits ends by itself, a second after the last match.
		goleak.IgnoreAnyFunction("github.com/dlclark/regexp2.runClock"))
}

// build is the nginx under test, found once.
var build = sync.OnceValues(func() (nginx.Build, error) {
	return builds.Resolve(context.Background(), os.Getenv("BADGATEWAY_NGINX"), builds.Options{})
})

// machine is the driver under test with its nginx, of all the first that works
// here: the drivers' own suite holds them alike. Without one the test is
// skipped, or fails where BADGATEWAY_REQUIRE is set.
func machine(t *testing.T) (pod.Driver, nginx.Build) {
	t.Helper()
	b, err := build()
	require.NoError(t, err)
	d, err := drivers.Pick(t.Context(), strings.Replace(os.Getenv("BADGATEWAY_DRIVER"), "all", drivers.Auto, 1), b)
	if err != nil {
		require.Empty(t, os.Getenv("BADGATEWAY_REQUIRE"), "driver required: %v", err)
		t.Skip(err)
	}
	return d, b
}

// gateway starts nginx with a configuration in a pod of its own.
func gateway(t *testing.T, text string) *pod.Pod {
	t.Helper()
	d, b := machine(t)
	p, err := pod.Start(t.Context(), d, pod.Spec{Name: t.Name(), Nginx: b, Conf: text}, pod.DefaultTimeouts)
	t.Cleanup(func() { require.NoError(t, p.Close()) })
	require.NoError(t, err)
	return p
}

// tree reads a configuration of one file.
func tree(t testing.TB, text string) *conf.Tree {
	t.Helper()
	tr, err := conf.Load(conf.Files{pod.ConfPath: []byte(text)}, pod.ConfPath)
	require.NoError(t, err)
	return tr
}
