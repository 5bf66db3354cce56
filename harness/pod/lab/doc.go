// Package lab is the helper process inside a pod. It plays everything but
// nginx: the backends, toxiproxy in front of each, the DNS server, the routes,
// the client, and the operator's hands (files, nginx -t, HUP, kill).
//
// It is driven over the control link ([pod.OpSetup] and the other operations);
// when the link closes, the lab ends, and as PID 1 of the pod's process
// namespace it takes everything in the pod with it.
//
// It judges nothing and knows no scenario. It runs on Linux only.
package lab
