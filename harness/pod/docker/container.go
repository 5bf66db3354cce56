package docker

import (
	"context"
	"fmt"
	"maps"
	"strconv"
	"strings"
	"time"

	"github.com/moby/moby/api/types/container"
	"github.com/moby/moby/client"
	"github.com/testcontainers/testcontainers-go"

	"badgateway/harness/lazyregexp"
	"badgateway/harness/pod"
	"badgateway/harness/pod/docker/inside"
)

// createLimit bounds the creation of a container by a loaded engine.
const createLimit = 30 * time.Second

// image is an nginx image as the driver uses it.
type image struct {
	ref     string   // with the agent inside
	user    string   // that nginx's command runs as
	command []string // entrypoint and command of the image
	what    string   // one line for a person
}

// inspect reads how an image starts nginx.
func (e *engine) inspect(ctx context.Context, ref, base string) (image, error) {
	found, err := e.api.ImageInspect(ctx, ref)
	if err != nil {
		return image{}, fmt.Errorf("inspect image %s: %w", ref, err)
	}
	i := image{ref: ref, what: base}
	if c := found.Config; c != nil {
		i.user = c.User
		i.command = append(append(i.command, c.Entrypoint...), c.Cmd...)
	}
	return i, nil
}

// create makes a container that is not started. Nothing of this machine is
// mounted into it, and the engine removes it when it ends. Once asked for, a
// container is waited for even when ctx ends: else nobody would know its id.
func (e *engine) create(ctx context.Context, spec pod.Spec, role, image string,
	config func(*container.Config), host func(*container.HostConfig)) (testcontainers.Container, error) {
	if err := ctx.Err(); err != nil {
		return nil, fmt.Errorf("create %s container: %w", role, err)
	}
	limits := spec.Limits.Effective()
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), createLimit)
	defer cancel()
	ctr, err := e.CreateContainer(ctx, testcontainers.ContainerRequest{
		Image:  image,
		Name:   containerName(spec.Name, role),
		Labels: labels(spec.Name, role),
		ConfigModifier: func(c *container.Config) {
			c.OpenStdin, c.StdinOnce, c.AttachStdin, c.AttachStdout, c.AttachStderr = true, true, true, true, true
			c.User = "0" // the agent changes to the image's user
			c.Healthcheck = &container.HealthConfig{Test: []string{"NONE"}}
			config(c)
		},
		HostConfigModifier: func(h *container.HostConfig) {
			h.AutoRemove = true
			h.LogConfig.Type = "none" // standard output is the control link
			h.Memory, h.MemorySwap, h.PidsLimit = limits.Memory, limits.Memory, &limits.Processes
			host(h)
		},
	})
	if err != nil {
		return ctr, fmt.Errorf("create %s container: %w", role, err)
	}
	return ctr, nil
}

// createLab makes the container that owns the pod's namespaces. It may change
// addresses and routes, and look into nginx's file system.
func (e *engine) createLab(ctx context.Context, spec pod.Spec, ref string) (testcontainers.Container, error) {
	return e.create(ctx, spec, "lab", ref,
		func(c *container.Config) {
			c.Entrypoint, c.Cmd = []string{inside.AtLab}, []string{inside.Lab}
			c.NetworkDisabled = true // the lab sets its network up itself; a quarter of the pod's cost
		},
		func(h *container.HostConfig) {
			h.NetworkMode = "none"
			h.CapAdd = []string{"NET_ADMIN", "SYS_PTRACE"}
			// Engines switch IPv6 off where they assign no address.
			h.Sysctls = map[string]string{
				"net.ipv6.conf.all.disable_ipv6": "0", "net.ipv6.conf.default.disable_ipv6": "0", "net.ipv6.conf.lo.disable_ipv6": "0",
			}
			maps.Copy(h.Sysctls, spec.Sysctls)
		})
}

// createNginx makes the container that holds nginx, in the lab's namespaces.
// The log directory is memory: images link the logs to standard output there,
// which nobody could read from.
func (e *engine) createNginx(ctx context.Context, spec pod.Spec, i image, lab string) (testcontainers.Container, error) {
	return e.create(ctx, spec, "nginx", i.ref,
		func(c *container.Config) {
			c.Entrypoint, c.Cmd = []string{inside.AtNginx}, []string{inside.Agent, i.user, strconv.FormatInt(spec.Limits.Addresses(), 10)}
		},
		func(h *container.HostConfig) {
			h.NetworkMode = container.NetworkMode("container:" + lab)
			h.PidMode = container.PidMode("container:" + lab)
			h.SecurityOpt = []string{"no-new-privileges"}
			h.ReadonlyPaths = machineFiles
			h.Tmpfs = map[string]string{"/var/log/nginx": "mode=0755"}
			if i.user != "" && i.user != "root" && i.user != "0" {
				h.Tmpfs["/var/log/nginx"] = "mode=0777"
			}
			for _, d := range spec.Disks {
				h.Tmpfs[d.Path] = fmt.Sprintf("mode=0755,size=%d", d.Bytes)
			}
			if n := spec.Limits.OpenFiles; n > 0 {
				h.Ulimits = []*container.Ulimit{{Name: "nofile", Soft: int64(n), Hard: hardFiles}}
			}
		})
}

// machineFiles are what all containers and the machine have in common of /proc
// (proc(5)): what engines lock themselves, and the files that nginx would give
// to its workers where one is named as a temporary directory
// (src/core/ngx_file.c, ngx_create_paths). Engines pass over what is not there.
var machineFiles = func() []string {
	names := strings.Fields(`acpi asound bootconfig buddyinfo bus cgroups cmdline config.gz consoles cpuinfo crypto devices
		diskstats dma driver dynamic_debug execdomains fb filesystems fs interrupts iomem ioports irq kallsyms kcore
		key-users keys kmsg kpagecgroup kpagecount kpageflags latency_stats loadavg locks mdstat meminfo misc modules
		mtrr pagetypeinfo partitions pressure sched_debug schedstat scsi slabinfo softirqs stat swaps sys sysrq-trigger
		sysvipc timer_list tty uptime version version_signature vmallocinfo vmstat zoneinfo`)
	for i, name := range names {
		names[i] = "/proc/" + name
	}
	return names
}()

// hardFiles is the hard limit of open files where there is a soft one. nginx
// starts with that: a Go program, the agent, gives its children the soft limit
// that it was born with.
const hardFiles = 4096

// containerName tells a person which pod a container belongs to.
func containerName(podName, role string) string {
	podName = strings.Trim(noName.ReplaceAllString(podName, "-"), "-.")
	return fmt.Sprintf("badgateway-%.40s-%s-%s", podName, suffix(), role)
}

var noName = lazyregexp.New(`[^A-Za-z0-9_.-]+`)

// removed waits until the engine has removed a container.
func (e *engine) removed(ctx context.Context, id string) error {
	wait := e.api.ContainerWait(ctx, id, client.ContainerWaitOptions{Condition: container.WaitConditionRemoved})
	select {
	case <-wait.Result:
		return nil
	case err := <-wait.Error:
		return err
	}
}
