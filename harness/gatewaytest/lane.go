package gatewaytest

import (
	"context"
	"fmt"
	"os"
	"sync"

	"badgateway/harness"
	"badgateway/harness/builds"
	"badgateway/harness/pod"
	"badgateway/harness/pod/drivers"
)

// The environment variables.
const (
	EnvDriver  = "BADGATEWAY_DRIVER"
	EnvNginx   = "BADGATEWAY_NGINX"
	EnvRequire = "BADGATEWAY_REQUIRE"
	EnvKeep    = "BADGATEWAY_KEEP"
)

// all asks Drivers for every driver, one after the other.
const all = "all"

// Drivers are the names of the drivers that the environment asks for: one, or
// with BADGATEWAY_DRIVER=all each of them, for a subtest per driver.
func Drivers() []string {
	switch name := os.Getenv(EnvDriver); name {
	case all:
		return drivers.Names()
	case "":
		return []string{drivers.Auto}
	default:
		return []string{name}
	}
}

// Options are how the environment wants scenarios run, by the driver called
// name. The test is skipped with the reason when this machine cannot, or fails
// with it when BADGATEWAY_REQUIRE says so.
func Options(t harness.T, name string) harness.Options {
	t.Helper()
	o, err := lane(name)
	if err == nil {
		o.Keep = os.Getenv(EnvKeep)
		return o
	}
	if os.Getenv(EnvRequire) == "1" {
		t.Fatalf("%s=1: %v", EnvRequire, err)
	}
	t.Skipf("cannot run here: %v", err)
	return o
}

// lanes remembers for the process what was found out per driver.
var lanes sync.Map // of func() (harness.Options, error)

func lane(name string) (harness.Options, error) {
	find, _ := lanes.LoadOrStore(name, sync.OnceValues(func() (harness.Options, error) { return look(context.Background(), name) }))
	return find.(func() (harness.Options, error))()
}

// look finds driver and nginx, and what that nginx says about itself.
func look(ctx context.Context, name string) (harness.Options, error) {
	o := harness.Options{Timeouts: pod.DefaultTimeouts}
	build, err := builds.Resolve(ctx, os.Getenv(EnvNginx), builds.Options{})
	if err != nil {
		return o, fmt.Errorf("find nginx: %w", err)
	}
	o.Nginx = build
	if o.Driver, err = drivers.Pick(ctx, name, build); err != nil {
		return o, fmt.Errorf("find driver: %w", err)
	}
	return harness.Inspect(ctx, o)
}
