// Package pod holds the pod: a private network and file system in which one
// nginx, its scripted backends behind toxiproxy, and the client live together.
//
// A [Driver] makes the namespaces and starts the lab in them (packages native
// and docker); everything else is the same for every driver and goes over the
// control link, HTTP/2 with prior knowledge on a single stream, to the lab
// (package lab), which plays everything but nginx.
//
// The package knows nothing of scenarios and judges nothing: it starts nginx
// with a configuration byte for byte, injects a [Fault], makes a [Request] and
// hands back what was seen.
package pod
