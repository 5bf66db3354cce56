package docker

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"time"

	"github.com/containerd/errdefs"
	"github.com/moby/moby/client"
	"github.com/moby/moby/client/pkg/versions"
	"github.com/testcontainers/testcontainers-go"
	tclog "github.com/testcontainers/testcontainers-go/log"

	"badgateway/harness/pod"
)

const (
	// systemSocket is where an engine listens by default.
	systemSocket = "/var/run/docker.sock"
	// minAPI is that of engine 20.10, the oldest that the driver is run on.
	minAPI = "1.41"
	// checkLimit bounds a question to an engine that may not answer at all.
	checkLimit = 2 * time.Second
	// reaperSwitch is how testcontainers' own reaper is switched off.
	reaperSwitch = "TESTCONTAINERS_RYUK_DISABLED"
)

// engine is a container engine, by testcontainers where that serves.
type engine struct {
	*testcontainers.DockerProvider
	api client.APIClient
	// reaper says what ends containers besides the lab and the watcher.
	reaper string
}

// newClient makes a client for the engine that DOCKER_HOST names, else for the
// system's, else for the user's own (rootless).
func newClient() (*client.Client, error) {
	options := []client.Opt{client.FromEnv}
	rootless := filepath.Join(os.Getenv("XDG_RUNTIME_DIR"), "docker.sock")
	if os.Getenv(client.EnvOverrideHost) == "" && !exists(systemSocket) && exists(rootless) {
		options = append(options, client.WithHost("unix://"+rootless))
	}
	api, err := client.New(options...)
	if err != nil {
		return nil, &pod.Unavailable{Driver: name, Reason: err.Error(), Mend: "correct DOCKER_HOST"}
	}
	return api, nil
}

func exists(path string) bool {
	_, err := os.Stat(path)
	return err == nil
}

// ping asks the engine whether it is there and new enough.
func ping(ctx context.Context, api client.APIClient) error {
	ctx, cancel := context.WithTimeout(ctx, checkLimit)
	defer cancel()
	answer, err := api.Ping(ctx, client.PingOptions{NegotiateAPIVersion: true})
	if err != nil {
		return unreachable(api.DaemonHost(), err)
	}
	u := &pod.Unavailable{Driver: name}
	switch {
	case versions.LessThan(answer.APIVersion, minAPI):
		u.Reason = fmt.Sprintf("the engine at %s speaks API %s, %s is needed", api.DaemonHost(), answer.APIVersion, minAPI)
		u.Mend = "install Docker Engine 20.10 or newer"
	case answer.OSType != "" && answer.OSType != "linux":
		u.Reason = fmt.Sprintf("the engine at %s runs %s containers, nginx's are linux", api.DaemonHost(), answer.OSType)
		u.Mend = "switch the engine to Linux containers"
	default:
		return nil
	}
	return u
}

// unreachable says why no engine answers, and what mends it.
func unreachable(host string, err error) error {
	u := &pod.Unavailable{Driver: name, Reason: fmt.Sprintf("no container engine answers at %s: %v", host, err),
		Mend: "start Docker, or set DOCKER_HOST to a running engine"}
	switch {
	case errors.Is(err, os.ErrPermission) || strings.Contains(err.Error(), "permission denied"):
		u.Reason = fmt.Sprintf("this user may not use the container engine at %s", host)
		u.Mend = `run as root, or sudo usermod -aG docker "$USER" and log in again`
	case errors.Is(err, context.DeadlineExceeded):
		u.Reason = fmt.Sprintf("the container engine at %s does not answer within %s", host, checkLimit)
		u.Mend = "restart Docker, or correct DOCKER_HOST"
	}
	return u
}

// withoutHome lets testcontainers go on where HOME is not set, as in services: it
// looks there for credentials of registries, and there are none.
func withoutHome() error {
	const config, auth = "DOCKER_CONFIG", "DOCKER_AUTH_CONFIG"
	if _, err := os.UserHomeDir(); err == nil || os.Getenv(config) != "" || os.Getenv(auth) != "" {
		return nil
	}
	return os.Setenv(auth, "{}")
}

// connecting guards the process-wide settings of testcontainers.
var connecting sync.Mutex

// connect finds the engine. A connection is made once per driver.
func connect(ctx context.Context) (*engine, error) {
	api, err := newClient()
	if err != nil {
		return nil, err
	}
	defer api.Close()
	if err := ping(ctx, api); err != nil {
		return nil, err
	}
	connecting.Lock()
	defer connecting.Unlock()
	if err := withoutHome(); err != nil {
		return nil, fmt.Errorf("do without HOME: %w", err)
	}
	use, why := wantReaper(ctx, api)
	if !use && os.Getenv(reaperSwitch) == "" {
		if err := os.Setenv(reaperSwitch, "true"); err != nil {
			return nil, fmt.Errorf("switch testcontainers' reaper off: %w", err)
		}
		defer os.Unsetenv(reaperSwitch)
	}
	banner := tclog.Default()
	tclog.SetDefault(tclog.NewNoopLogger())
	defer tclog.SetDefault(banner)
	provider, err := testcontainers.NewDockerProvider(
		testcontainers.WithLogger(tclog.NewNoopLogger()), testcontainers.WithDefaultBridgeNetwork(testcontainers.Bridge))
	if err != nil {
		return nil, unreachable(api.DaemonHost(), err)
	}
	if !use && !provider.Config().RyukDisabled {
		return nil, &pod.Unavailable{Driver: name, Mend: "set " + reaperSwitch + "=true",
			Reason: "testcontainers was set up in this process with its reaper, whose image cannot be had (" + why + ")"}
	}
	e := &engine{DockerProvider: provider, api: provider.Client(), reaper: why}
	provider.SetClient(shared{e.api})
	return e, nil
}

// shared is the client as testcontainers has it: many use it at a time. Its
// Start and CreateContainer would close idle connections each time they return
// (docker.go), those that others are just being given among them; see [users].
type shared struct{ client.APIClient }

// Close does nothing; the last user closes the client.
func (shared) Close() error { return nil }

// Close closes the engine's idle connections.
func (e *engine) Close() error { return e.api.Close() }

// wantReaper says whether testcontainers' reaper (Ryuk) can work: it takes an
// image of its own, from the engine or from a registry that answers. The
// user's own choice comes first.
func wantReaper(ctx context.Context, api client.APIClient) (use bool, why string) {
	if choice := os.Getenv(reaperSwitch); choice != "" {
		return choice != "true", "testcontainers' reaper by choice: " + reaperSwitch + "=" + choice
	}
	//lint:ignore SA1019 the value that replaced it is internal to testcontainers
	image := os.Getenv("TESTCONTAINERS_HUB_IMAGE_NAME_PREFIX") + testcontainers.ReaperDefaultImage
	if _, err := api.ImageInspect(ctx, image); err == nil {
		return true, "testcontainers' reaper, besides the lab itself"
	}
	ctx, cancel := context.WithTimeout(ctx, checkLimit)
	defer cancel()
	_, err := api.DistributionInspect(ctx, image, client.DistributionInspectOptions{})
	if err == nil {
		return true, "testcontainers' reaper, besides the lab itself"
	}
	reason := "no registry answers"
	if errdefs.IsNotFound(err) {
		reason = "no registry has it"
	}
	return false, fmt.Sprintf("the lab itself; testcontainers' reaper is off: its image %s is not here and %s", image, reason)
}
