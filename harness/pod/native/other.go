//go:build !linux

package native

import (
	"context"
	"runtime"

	"badgateway/harness/nginx"
	"badgateway/harness/pod"
)

// Driver is unavailable on this operating system.
type Driver struct{}

// Name is "native".
func (Driver) Name() string { return "native" }

// Check says that there are no Linux namespaces here.
func (Driver) Check(context.Context, nginx.Build) error {
	return &pod.Unavailable{Driver: "native", Reason: "needs Linux namespaces, this is " + runtime.GOOS, Mend: "use --driver docker"}
}

// Supports refuses everything.
func (d Driver) Supports(pod.Need) error { return d.Check(context.Background(), nginx.Build{}) }

// Start refuses.
func (d Driver) Start(ctx context.Context, spec pod.Spec) (pod.Machine, error) {
	return nil, d.Check(ctx, spec.Nginx)
}
