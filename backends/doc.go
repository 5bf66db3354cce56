// Package backends holds the scripted upstreams that stand behind nginx in a
// pod: real servers on real sockets that misbehave in exactly the declared way
// and record every connection and every attempt with the request's id.
//
// A [Spec] is plain data (it crosses the control link as JSON) and says where
// nginx will look for the backend and what the backend does. [Start] serves a
// Spec on any net.Listener; [Server.SetScript] changes what it does while it
// runs; a [Recorder] collects what arrived and can be waited on. [Healthy],
// [Slow], [Truncated] and their like name the behaviours of a catalogue.
//
// A response is the same bytes each time: no Date, Content-Length always,
// chunks never, Connection only where HTTP/1 asks for it. A malformed request
// gets the 400, 431 or 505 of a real server, at its first impossible byte or
// line; so does plain text on a TLS backend, and a TLS handshake on a backend
// without TLS.
//
// [Protocol] makes a backend speak HTTP/2 (as gRPC servers do), FastCGI, uwsgi
// or SCGI with the same scripts. HTTP/2 and WebSockets are their libraries'; the
// records of FastCGI are written here, because net/http/fcgi cannot end an
// answer in the middle. A script that its protocol cannot play is refused.
//
// It is not a mock of nginx, a fault injector (package pod injects faults
// between nginx and a backend) or a general purpose server. It is exact up to
// its own socket: a proxy in between may turn an RST into a FIN.
package backends
