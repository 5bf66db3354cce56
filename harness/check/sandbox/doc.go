// Package sandbox makes the pod in which a configuration runs as it is written:
// what the text names and does not hold, [Build] supplies, and lists.
//
//	conf.Tree --> plan     addresses, names, backends, certificates, accounts,
//	                |      directories, as the text asks for them
//	                v
//	              pod.Spec --> nginx starts ------------------> Box
//	                ^              | [emerg] ... in FILE:LINE
//	                +-- repairs ---+
//	                       |
//	                       v nothing to repair
//	                  config.InputError: nginx's words, the owner's file and line
//
// nginx itself is the oracle: what the plan leaves out it asks for on its start,
// one thing at a time. A repair that makes no difference ends the attempts.
//
// # Addresses
//
// An upstream's IP address and a unix socket's path are used as they are. A host
// name gets an address of 10.199.0.0/16 made of the name alone, so that two
// configurations that name it give the same. A backend stands at every address
// that is not the configuration's own listener.
//
// # Certificates
//
// All are issued by backends.CA, for the names of the servers that use them.
// Files that are joined by a server (a certificate and its key) get one key, so
// that they match wherever they are used again.
//
// # Alternatives considered
//
//   - Repairs alone, without a plan: each start tells one thing, and nginx never
//     asks for what it needs only when requests come (a resolver, a htpasswd).
//   - A plan alone: has to know every directive of every module.
package sandbox
