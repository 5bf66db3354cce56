// Package drivers picks a driver by name. It is the one place beside the
// drivers themselves that names them; the command, the catalogue's tests and
// third parties' tests come here.
package drivers

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"badgateway/harness/nginx"
	"badgateway/harness/pod"
	"badgateway/harness/pod/docker"
	"badgateway/harness/pod/native"
)

// Auto asks for the first driver that works here.
const Auto = "auto"

// containers is the docker driver; what it finds and builds serves all its pods.
var containers = new(docker.Driver)

// all are the drivers in order of preference.
var all = []pod.Driver{native.Driver{}, containers}

// Notify tells say, once each, what a driver decided on: the engine, the image,
// who removes what is left. Call it before the first pod.
func Notify(say func(line string)) { containers.Notice = say }

// Names are the drivers' names, in order of preference.
func Names() []string {
	var names []string
	for _, d := range all {
		names = append(names, d.Name())
	}
	return names
}

// Pick returns the driver called name that can run build on this machine, or
// for "auto" (or "") the first that can. Errors are *pod.Unavailable, one per
// driver that was tried, or *Unknown.
func Pick(ctx context.Context, name string, build nginx.Build) (pod.Driver, error) {
	var reasons []error
	for _, d := range all {
		if name != d.Name() && name != Auto && name != "" {
			continue
		}
		err := d.Check(ctx, build)
		if err == nil {
			return d, nil
		}
		reasons = append(reasons, err)
	}
	if reasons == nil {
		return nil, &Unknown{Name: name}
	}
	return nil, errors.Join(reasons...)
}

// Unknown is a driver name that does not exist.
type Unknown struct{ Name string }

func (e *Unknown) Error() string {
	return fmt.Sprintf("unknown driver %q: use auto, %s", e.Name, strings.Join(Names(), " or "))
}
