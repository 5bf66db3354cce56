package sandbox_test

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"sync"
	"testing"

	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"

	"badgateway/harness/builds"
	"badgateway/harness/check/config"
	"badgateway/harness/check/sandbox"
	"badgateway/harness/nginx"
	"badgateway/harness/pod"
	"badgateway/harness/pod/drivers"
)

func TestMain(m *testing.M) {
	goleak.VerifyTestMain(m,
		// The thread that starts pods never ends, by design.
		goleak.IgnoreAnyFunction("badgateway/harness/pod/native.spawner"))
}

// build is the nginx under test, found once.
var build = sync.OnceValues(func() (nginx.Build, error) {
	return builds.Resolve(context.Background(), os.Getenv("BADGATEWAY_NGINX"), builds.Options{})
})

// eachDriver runs a case for every driver; one that this machine lacks is a
// skip with its reason, and an error where BADGATEWAY_REQUIRE is set.
func eachDriver(t *testing.T, run func(t *testing.T, d pod.Driver, b nginx.Build)) {
	for _, name := range drivers.Names() {
		t.Run(name, func(t *testing.T) {
			d, b := driver(t, name)
			makeImage(t, d, b)
			run(t, d, b)
		})
	}
}

// makeImage lets a driver make once what it makes of a build, so that no case
// that bounds its time bounds that as well.
func makeImage(t *testing.T, d pod.Driver, b nginx.Build) {
	t.Helper()
	made, _ := images.LoadOrStore(d.Name(), sync.OnceValue(func() error {
		p, err := pod.Start(context.Background(), d, pod.Spec{Name: "first", Nginx: b, Conf: "events {}\n"}, pod.DefaultTimeouts)
		return errors.Join(err, p.Close())
	}))
	require.NoError(t, made.(func() error)())
}

var images sync.Map // by driver: func() error

func driver(t *testing.T, name string) (pod.Driver, nginx.Build) {
	t.Helper()
	b, err := build()
	require.NoError(t, err)
	d, err := drivers.Pick(t.Context(), name, b)
	if err != nil {
		require.Empty(t, os.Getenv("BADGATEWAY_REQUIRE"), "driver required: %v", err)
		t.Skip(err)
	}
	return d, b
}

// read writes a tree of files and reads its nginx.conf.
func read(t *testing.T, files map[string]string) *config.Config {
	t.Helper()
	dir := t.TempDir()
	for name, text := range files {
		file := filepath.Join(dir, name)
		require.NoError(t, os.MkdirAll(filepath.Dir(file), 0o755))
		require.NoError(t, os.WriteFile(file, []byte(text), 0o600))
	}
	c, err := config.Read(t.Context(), filepath.Join(dir, "nginx.conf"), config.Options{})
	require.NoError(t, err)
	return c
}

// open starts the pod of a box.
func open(t *testing.T, d pod.Driver, box *sandbox.Box) *pod.Pod {
	t.Helper()
	spec := box.Spec
	spec.Name = t.Name()
	p, err := pod.Start(t.Context(), d, spec, pod.DefaultTimeouts)
	t.Cleanup(func() { require.NoError(t, p.Close()) })
	require.NoError(t, err)
	return p
}
