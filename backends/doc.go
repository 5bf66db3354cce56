// Package backends holds the scripted upstreams that stand behind nginx in a
// pod: real servers on real sockets that misbehave in exactly the declared way
// and record every connection and every attempt with the request's id.
//
// A [Spec] is plain data (it crosses the control link as JSON) and says where
// nginx will look for the backend and what the backend does. [Start] serves a
// Spec on any net.Listener. It is not a mock of nginx, a fault injector
// (package pod injects faults between nginx and a backend) or a general
// purpose server.
package backends
