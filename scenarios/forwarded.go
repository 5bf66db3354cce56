package scenarios

import (
	"net/http"

	"badgateway/backends"
	"badgateway/harness"
	"badgateway/harness/pod"
)

// answering is an application that gives 200 to requests with a header field
// that matches, and status to all others.
func answering(field, value string, status int, header http.Header) []backends.Spec {
	return []backends.Spec{{Name: "app", Listen: "127.0.0.1:3000", Script: backends.Script{
		Status: status, Header: header, Rules: []backends.Rule{{Field: field, Value: value}},
	}}}
}

// shop is the site as its users know it.
var shop = pod.Request{URL: "http://shop.example/"}

// forwarded: what the application is told of the request's name and client.
var forwarded = family(harness.Scenario{Step: "5", Backends: []backends.Spec{app("127.0.0.1:3000")}, Probe: shop, Methods: readAndWrite},
	hostOfBlock, hostOfClient, hostEmpty, clientAddress, notInherited, forgedAddress, redirectLoop, redirectLoopBalancer)

const hostNote = "Host is missing only if set to an empty value: by default nginx sends the name in proxy_pass; $host helps an application that goes by the site's name, a fixed name one that goes by its own"

var hostOfBlock = harness.Scenario{
	Name:     "headers/host-of-block",
	Title:    "the application is asked for the name of the upstream block",
	Claims:   append(confirmed("C4"), conditional("S5.3", hostNote)),
	Cause:    "no proxy_set_header Host: an application with virtual hosts does not know the name that stands in proxy_pass",
	Why:      "Host is $proxy_host by default; the application answers 404 (others 400 or 421), which nginx hands on without a line in its log",
	Backends: answering("Host", `^shop\.example$`, 404, nil),
	Symptom:  harness.Symptom{Client: pod.StatusOutcome(404), Requests: 2, Arrival: seen("Host", "^app$")},
	Fix:      harness.Fix{Title: "proxy_set_header Host $host", Arrival: seen("Host", `^shop\.example$`)},
}

var hostOfClient = harness.Scenario{
	Name:     "headers/host-of-client",
	Title:    "Host $host before an application that goes by another name",
	Claims:   append(confirmed("C4"), conditional("S5.3", hostNote)),
	Cause:    "the usual proxy_set_header Host $host, before a hosted service or bucket that is known by its own name alone",
	Why:      "$host is the name that the client asked for; the application has no virtual host of that name and answers 404",
	Backends: answering("Host", `^app\.internal$`, 404, nil),
	Symptom:  harness.Symptom{Client: pod.StatusOutcome(404), Requests: 2, Arrival: seen("Host", `^shop\.example$`)},
	Fix:      harness.Fix{Title: "proxy_set_header Host with the application's own name", Arrival: seen("Host", `^app\.internal$`)},
}

var hostEmpty = harness.Scenario{
	Name:    "headers/host-empty",
	Title:   "proxy_set_header Host from a variable that is empty: no Host at all",
	Claims:  append(confirmed("C4"), conditional("S5.3", hostNote)),
	Cause:   "Host is taken from a header or a map that has no value for this request",
	Why:     "nginx leaves out a header whose value is empty, and HTTP/1.1 without Host must be answered 400 (RFC 9112, section 3.2)",
	Symptom: harness.Symptom{Client: pod.StatusOutcome(400), Requests: 2, Arrival: seen("Host", "")},
	Fix:     harness.Fix{Title: "proxy_set_header Host $host, which is never empty", Arrival: seen("Host", `^shop\.example$`)},
}

// seen is a header as it reaches the application; an empty value: absent.
func seen(name, value string) *harness.Arrival {
	return &harness.Arrival{Header: map[string]string{name: value}}
}

// The headers that tell the application about the client, absent and present.
var (
	untold = &harness.Arrival{Header: map[string]string{"X-Real-Ip": "", "X-Forwarded-For": "", "X-Forwarded-Proto": ""}}
	told   = &harness.Arrival{Header: map[string]string{
		"Host": `^shop\.example$`, "X-Real-Ip": `^127\.0\.0\.1$`, "X-Forwarded-For": `^127\.0\.0\.1$`, "X-Forwarded-Proto": "^http$",
	}}
)

var clientAddress = harness.Scenario{
	Name:    "headers/client-address",
	Title:   "the application sees nginx as its only client",
	Claims:  confirmed("S5.1", "C4"),
	Cause:   "no proxy_set_header: everything works, but logs, limits and bans of the application know one address only",
	Why:     "nginx adds none of these headers by itself",
	Symptom: harness.Symptom{Client: pod.OK, Requests: 2, Arrival: untold},
	Fix:     harness.Fix{Title: "proxy_set_header Host, X-Real-IP, X-Forwarded-For and X-Forwarded-Proto", Arrival: told},
}

var notInherited = harness.Scenario{
	Name:    "headers/not-inherited",
	Title:   "one proxy_set_header in a location, and all outer ones are gone",
	Claims:  append(confirmed("C4"), conditional("S5.1", "a location inherits these headers only if it has no proxy_set_header of its own")),
	Cause:   "the headers are set in http or server, and a location has a proxy_set_header of its own",
	Why:     "proxy_set_header is inherited only where the level has none; the location is back at nginx's defaults for all others",
	Symptom: harness.Symptom{Client: pod.OK, Requests: 2, Arrival: untold},
	Fix:     harness.Fix{Title: "repeat the outer ones in the location (or include them from one file)", Arrival: told},
}

var forgedAddress = harness.Scenario{
	Name:    "headers/forged-address",
	Title:   "a client says itself which address it has",
	Claims:  append(confirmed("C4"), conditional("S5.1", "with $proxy_add_x_forwarded_for the first address is the client's own claim; only what the last trusted proxy added is known")),
	Cause:   "$proxy_add_x_forwarded_for on an nginx that clients reach directly, and an application that believes the first address",
	Why:     "the variable is what the client sent, a comma and its address: who sends X-Forwarded-For first passes for anybody",
	Probe:   pod.Request{URL: "http://shop.example/", Header: http.Header{"X-Forwarded-For": {"203.0.113.9"}}},
	Symptom: harness.Symptom{Client: pod.OK, Requests: 2, Arrival: seen("X-Forwarded-For", `^203\.0\.113\.9, 127\.0\.0\.1$`)},
	Fix: harness.Fix{
		Title:   "X-Forwarded-For $remote_addr on the first proxy (behind trusted ones: set_real_ip_from)",
		Arrival: seen("X-Forwarded-For", `^127\.0\.0\.1$`),
	},
}

// httpsOnly is an application that sends everybody to HTTPS who, as far as it
// can tell, is not there yet.
func httpsOnly() []backends.Spec {
	return answering("X-Forwarded-Proto", "^https$", 301, http.Header{"Location": {"https://shop.example/"}})
}

var redirectLoop = harness.Scenario{
	Name:     "headers/redirect-loop",
	Title:    "the application redirects to HTTPS, endlessly",
	Claims:   confirmed("S5.2", "C4"),
	Cause:    "TLS ends at nginx, and nothing tells the application that the client speaks HTTPS (a browser: too many redirects)",
	Why:      "what the application sees is plain HTTP, so it answers 301 to the very URL that was asked for",
	Files:    issued("shop", "shop.example"),
	Backends: httpsOnly(),
	Probe:    pod.Request{URL: "https://shop.example/"},
	Symptom:  harness.Symptom{Client: pod.StatusOutcome(301), Requests: 2, Arrival: seen("X-Forwarded-Proto", "")},
	Fix:      harness.Fix{Title: "proxy_set_header X-Forwarded-Proto $scheme", Arrival: seen("X-Forwarded-Proto", "^https$")},
	Modules:  []string{"http_ssl_module"},
}

var redirectLoopBalancer = harness.Scenario{
	Name:     "headers/redirect-loop-balancer",
	Title:    "X-Forwarded-Proto $scheme behind a balancer that ends TLS: redirects without end",
	Claims:   append(confirmed("C4"), conditional("S5.2", "the value must be what the client speaks: $scheme where TLS ends at nginx, the balancer's own header where it ended before")),
	Cause:    "the balancer said https, and nginx says http in its place",
	Why:      "$scheme is the protocol of the connection to nginx itself, and proxy_set_header replaces what came in",
	Backends: httpsOnly(),
	Probe:    pod.Request{URL: "http://shop.example/", Header: http.Header{"X-Forwarded-Proto": {"https"}}},
	Symptom:  harness.Symptom{Client: pod.StatusOutcome(301), Requests: 2, Arrival: seen("X-Forwarded-Proto", "^http$")},
	Fix: harness.Fix{
		Title:   "proxy_set_header X-Forwarded-Proto $http_x_forwarded_proto, where clients reach nginx through the balancer alone",
		Arrival: seen("X-Forwarded-Proto", "^https$"),
	},
}
