// Package docker makes pods out of containers: the same pods that package
// native makes out of namespaces, with nginx from any image.
//
// A pod is two containers that share a process and a network namespace, as the
// containers of a Kubernetes pod may:
//
//	lab    FROM scratch + this program; PID 1 of the pod, network mode none
//	nginx  the image, plus one file (/.badgateway/badgateway), the agent that
//	       starts nginx and commands as the image's user, in its environment
//
// The lab changes its root directory to that of the nginx container before it
// serves, so it reads and writes nginx's files, sockets and logs under their
// own names. Both containers are driven over attached standard streams: no
// port, no address and no path of this machine is involved, so that a remote
// engine, or an engine beside a container that this program runs in, works as
// a local one does.
//
// Nothing outlives its creator. The lab ends when its stream closes; as it is
// PID 1, the kernel then ends nginx too, and the engine removes both
// containers. A watcher process removes what was created and not yet started
// when the creator was killed; what a killed watcher leaves is removed by the
// next creator on the machine.
//
// What the containers run is package inside, which any program may play that links
// it ([pod.EnvProgram]). The package is not a general container library and judges
// nothing.
package docker
