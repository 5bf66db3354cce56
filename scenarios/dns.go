package scenarios

import (
	"net/http"

	"badgateway/backends"
	"badgateway/harness"
	"badgateway/harness/nginx"
	"badgateway/harness/pod"
)

// dns: the name in proxy_pass does not lead to the application. A literal name
// is resolved once, when nginx starts, by the C library; one in a variable for
// every request, by nginx itself and the server in resolver.
var dns = family(harness.Scenario{Step: "3", Backends: byName, Resolvers: nameServer, Methods: readAndWrite},
	noResolver, unknownName, shortName, serverFailure, dnsRefused, silent, addressFamily, stubResolver, publicResolver,
	absentAtStart, staleAddress, upstreamBlock, reusedAddress, untilReload, literalElsewhere, prefixKept, uriLost)

// The verdicts on statements about names.
var (
	dynamicOnlyIf = conditional("S3.4", "only with a resolver that answers and knows the whole name, and no literal use of name and port elsewhere; the URI of proxy_pass then no longer replaces the location's prefix")
	testsLiterals = conditional("S1.6", "it resolves literal names and finds one that does not exist; of a name in a variable it says nothing, not even that the resolver is missing")
	wrongHost     = conditional("W2", "a wrong name gives 502 when it is in a variable; a literal one keeps nginx from starting")
)

// nameServer is the network's own, which knows the names of the backends.
var nameServer = []string{"10.0.0.2:53"}

// byName is an application that has a name in DNS.
var byName = []backends.Spec{{Name: "app", Listen: "10.0.3.7:8080", Hosts: []string{"app.internal"}}}

// redeployed is the same application before and after a redeployment.
var redeployed = append([]backends.Spec{named("new", "10.0.3.8:8080")}, byName...)

// redeployment moves the application: the old address refuses, the name leads
// to the new one.
var redeployment = []pod.Fault{
	{Kind: pod.KindDown, Target: "app"},
	{Kind: pod.KindName, Target: "app.internal", Answer: pod.NameAnswer{Addrs: []string{"10.0.3.8"}}},
}

// answered is the DNS server's word for the application's name.
func answered(code pod.NameCode) []pod.Fault {
	return []pod.Fault{{Kind: pod.KindName, Target: "app.internal", Answer: pod.NameAnswer{Code: code}}}
}

// asked is the one name that DNS is asked for in a phase; empty: none.
func asked(name string) *harness.Asked { return &harness.Asked{Name: name} }

var noResolver = harness.Scenario{
	Name:    "dns/no-resolver",
	Title:   "the address in proxy_pass was put into a variable, and no resolver is defined",
	Claims:  []harness.Claim{dynamicOnlyIf, wrongHost, testsLiterals},
	Looks:   []harness.Look{{Claim: "S1.6", Command: "nginx -t", Broken: "test is successful", Fixed: "test is successful"}},
	Cause:   "proxy_pass with a variable and no resolver directive; nginx -t finds nothing wrong with it",
	Why:     "a literal name is resolved at the start by the C library and resolv.conf; one in a variable by nginx at the request, and nginx does not read resolv.conf",
	Symptom: harness.Symptom{Client: pod.BadGateway, Log: []nginx.Signature{nginx.NoResolver}, Requests: 2, Asked: asked("")},
	Fix:     harness.Fix{Title: "add a resolver directive with the name server of resolv.conf"},
}

var unknownName = harness.Scenario{
	Name:    "dns/unknown-name",
	Title:   "the name of the application was deleted from DNS",
	Claims:  []harness.Claim{wrongHost},
	Cause:   "the name server answers NXDOMAIN: the record is gone, the service was renamed, or never had a name",
	Why:     "a name in a variable is asked for again once its TTL is over; code 3 of the log line is the DNS code, not an errno",
	Break:   harness.Break{Faults: answered(pod.NXDomain)},
	Symptom: harness.Symptom{Client: pod.BadGateway, Log: []nginx.Signature{nginx.NameNotFound}, Requests: 2, Asked: asked("app.internal")},
	Fix:     harness.Fix{Title: "put the record back; nginx needs no reload, as it keeps no negative answers", Lift: true},
	Waits:   500 * ms,
}

var shortName = harness.Scenario{
	Name:    "dns/short-name",
	Title:   "a short name works literally in proxy_pass, and not in a variable",
	Claims:  []harness.Claim{dynamicOnlyIf, wrongHost},
	Cause:   "the short name of a service (container, Kubernetes) in a variable: nginx's resolver knows no search domains",
	Why:     "the C library completes a short name with the search list of resolv.conf; nginx's own resolver asks for it as it stands, and that name does not exist",
	Files:   []pod.File{{Path: "/etc/resolv.conf", Data: []byte("search internal\nnameserver 10.0.0.2\n")}},
	Symptom: harness.Symptom{Client: pod.BadGateway, Log: []nginx.Signature{nginx.NameNotFound}, Requests: 2, Asked: asked("app")},
	Fix:     harness.Fix{Title: "write the whole name (app.internal, app.namespace.svc.cluster.local)"},
}

var serverFailure = harness.Scenario{
	Name:    "dns/server-failure",
	Title:   "the name server answers SERVFAIL",
	Claims:  []harness.Claim{dynamicOnlyIf},
	Cause:   "the name server cannot reach those that it asks, or rejects their answer (DNSSEC): ask it with dig",
	Why:     "nginx keeps an address for its TTL only; from then on a failing name server is a failing gateway, while a name resolved at the start would go on",
	Break:   harness.Break{Faults: answered(pod.ServFail)},
	Symptom: harness.Symptom{Client: pod.BadGateway, Log: []nginx.Signature{nginx.NameServerFailure}, Requests: 2, Asked: asked("app.internal")},
	Fix:     harness.Fix{Title: "mend the name server; nginx needs no reload", Lift: true},
	Waits:   500 * ms,
}

var dnsRefused = harness.Scenario{
	Name:    "dns/refused",
	Title:   "the name server refuses to answer the gateway",
	Claims:  []harness.Claim{dynamicOnlyIf},
	Cause:   "the name server's access list leaves out the gateway's network, or it does not recurse for it",
	Why:     "REFUSED (code 5) is an answer, so it fails the request at once; it has nothing to do with a refused connection (errno 111)",
	Break:   harness.Break{Faults: answered(pod.QueryRefused)},
	Symptom: harness.Symptom{Client: pod.BadGateway, Log: []nginx.Signature{nginx.NameServerRefused}, Requests: 2, Asked: asked("app.internal")},
	Fix:     harness.Fix{Title: "let the gateway's network ask (access list of the name server)", Lift: true},
	Waits:   500 * ms,
}

var silent = harness.Scenario{
	Name:    "dns/silent",
	Methods: []string{http.MethodGet},
	Title:   "the name server does not answer",
	Claims:  []harness.Claim{dynamicOnlyIf},
	Cause:   "queries to the name server vanish: a firewall drops port 53, or the server hangs",
	Why:     "nginx waits for resolver_timeout (30s by default) and then answers 502, not 504, though the line says 110 timed out; proxy_connect_timeout has no part in it",
	Break:   harness.Break{Faults: answered(pod.Silence)},
	Symptom: harness.Symptom{Client: pod.BadGateway, Log: []nginx.Signature{nginx.NameTimedOut}, Requests: 2, Asked: asked("app.internal")},
	Fix:     harness.Fix{Title: "open port 53 to the name server, or bring it back; nginx needs no reload", Lift: true},
	Waits:   2100 * ms,
}

// nginx begins with either address by chance: of twenty requests one meets the other.
var addressFamily = harness.Scenario{
	Name:    "dns/ipv6",
	Title:   "the name has an IPv6 address too, and the gateway has no way to it",
	Claims:  []harness.Claim{dynamicOnlyIf, conditional("W2", "an address without a route beside one with: the other answers, and only the log shows it")},
	Cause:   "an AAAA record was added, and the gateway's network or container has IPv4 only",
	Why:     "nginx asks for A and AAAA, takes both for servers, and connect() to the second fails with 101; a name with AAAA alone is a 502 for every request",
	Break:   harness.Break{Faults: []pod.Fault{{Kind: pod.KindName, Target: "app.internal", Answer: pod.NameAnswer{Addrs: []string{"10.0.3.7", "2001:db8::7"}}}}},
	Symptom: harness.Symptom{Client: pod.OK, Log: []nginx.Signature{nginx.ConnectNoNetwork}, Requests: 10, Asked: asked("app.internal")},
	Fix:     harness.Fix{Title: "resolver ... ipv6=off, until there is a route", Requests: 10, Asked: asked("app.internal")},
	Waits:   500 * ms,
}

var stubResolver = harness.Scenario{
	Name:    "dns/stub-resolver",
	Methods: []string{http.MethodGet},
	Title:   "resolver names an address on which no name server listens",
	Claims:  []harness.Claim{dynamicOnlyIf},
	Cause:   "resolver 127.0.0.53 was copied from a machine with systemd-resolved into a container, where nothing listens there",
	Why:     "the kernel answers the query with ICMP port unreachable (errno 111 while resolving); nginx does not give up at that, and ends with 110 after resolver_timeout",
	Symptom: harness.Symptom{Client: pod.BadGateway, Log: []nginx.Signature{nginx.ResolverSendFailed, nginx.NameTimedOut}, Asked: asked("")},
	Fix:     harness.Fix{Title: "name a server that answers there: nginx does not read resolv.conf itself"},
	Waits:   800 * ms,
}

var publicResolver = harness.Scenario{
	Name:      "dns/public-resolver",
	Title:     "the runbook's own form, with a public name server for an internal name",
	Claims:    []harness.Claim{dynamicOnlyIf, wrongHost},
	Cause:     "resolver 8.8.8.8 (or another public one) beside a name that only the own network's name server knows",
	Why:       "the literal name was resolved by the server of resolv.conf, which knows it; the public one answers that there is no such name",
	Resolvers: []string{"10.0.0.2:53", "8.8.8.8:53"},
	Break: harness.Break{
		Faults: []pod.Fault{{Kind: pod.KindName, Server: "8.8.8.8:53", Answer: pod.NameAnswer{Code: pod.NXDomain}}},
	},
	Symptom: harness.Symptom{Client: pod.BadGateway, Log: []nginx.Signature{nginx.NameNotFound}, Requests: 2, Asked: &harness.Asked{Name: "app.internal", Server: "8.8.8.8:53"}},
	Fix:     harness.Fix{Title: "resolver with the own network's name server"},
}
