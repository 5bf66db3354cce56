package matrix

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"

	"badgateway/harness/builds"
	"badgateway/harness/check/config"
	"badgateway/harness/check/result"
	"badgateway/harness/check/route"
	"badgateway/harness/check/sandbox"
	"badgateway/harness/nginx"
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
func machine(t testing.TB) (pod.Driver, nginx.Build) {
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

// ready reads a configuration and proves its routes, all of which are reached.
func ready(t testing.TB, text string) (Options, []result.Route) {
	t.Helper()
	o, routes, err := read(t, text)
	require.NoError(t, err)
	return o, routes
}

// read is ready with the reason why nginx does not start.
func read(t testing.TB, text string) (Options, []result.Route, error) {
	t.Helper()
	d, b := machine(t)
	file := filepath.Join(t.TempDir(), "nginx.conf")
	require.NoError(t, os.WriteFile(file, []byte(text), 0o644))
	c, err := config.Read(t.Context(), file, config.Options{})
	require.NoError(t, err)
	box, err := sandbox.Build(t.Context(), d, b, c)
	if err != nil {
		return Options{}, nil, err
	}
	plan := route.Find(t.Context(), c, box)
	routes, err := route.Prove(t.Context(), plan, d, b, nil)
	require.NoError(t, err)
	for _, r := range routes {
		require.True(t, r.Reached, "%s: %s", r.ID, r.Reason)
	}
	return Options{Driver: d, Build: b, Box: box, Config: c, Pass: plan.Pass}, routes, nil
}

// brief is a cell in one line, without its times.
func brief(c result.Cell) string {
	var tried []string
	for _, a := range c.Attempts {
		how := ""
		switch {
		case a.Executed:
			how = "!"
		case !a.Arrived:
			how = "?"
		}
		tried = append(tried, a.Peer+how)
	}
	text := fmt.Sprintf("%s, body %s, tried [%s], log [%s]", c.Client, c.Body, strings.Join(tried, " "), strings.Join(c.Log, " "))
	if c.Twice {
		text += ", twice"
	}
	for _, why := range []string{c.Unmet, c.Error} {
		if why != "" {
			text += ": " + why
		}
	}
	return text
}
