// Package native makes pods from Linux namespaces, without a container engine:
// the program executes itself again in new network, process, mount, IPC and
// host-name namespaces (and a user namespace when not root), gives itself a
// root file system of its own, and becomes the lab.
//
// The pod sees the host's /usr (or that of another Debian suite) and its public
// certificates read-only, and nothing else of the host but copies of a few
// public files of /etc; everything it writes is in memory. Memory and processes
// are bounded by a control group where one can be made (both versions), else by
// resource limits. The lab is PID 1
// of the pod and dies with the thread that made it, so whatever ends the
// harness ends the pod: namespaces, mounts and processes go with it.
//
// Elsewhere than on Linux the driver says so and makes nothing.
package native
