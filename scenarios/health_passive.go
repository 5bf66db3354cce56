package scenarios

import (
	"net/http"
	"time"

	"badgateway/backends"
	"badgateway/harness"
	"badgateway/harness/nginx"
	"badgateway/harness/pod"
)

// passive are nginx's own health checks: failures of requests, counted.
var passive = []harness.Scenario{maxFails, recovery, singlePeer, allDown}

var maxFails = harness.Scenario{
	Name:  "health/max-fails",
	Title: "a server that fails every request is asked again and again",
	Claims: append(confirmed("S8.3"),
		conditional("S8.1", "they are no checks: three requests must fail first (a GET is then saved by another server, a POST is not), and never with a single server")),
	Cause: "max_fails=0: nobody counts, so every request goes to the failing server first, and each POST is lost there",
	Why:   "after the third failure nginx logs upstream server temporarily disabled and leaves the server out for fail_timeout; it makes no requests of its own",
	Break: harness.Break{Faults: behaves("app1", backends.Closing())},
	Symptom: harness.Symptom{
		Client:    pod.BadGateway,
		PerMethod: map[string]pod.Outcome{http.MethodGet: pod.OK},
		Log:       []nginx.Signature{nginx.PrematureClose},
		Requests:  4,
		Arrival:   &harness.Arrival{Reached: map[string]int{"app1": 8, "app2": 4}},
	},
	Fix: harness.Fix{
		Title:    "max_fails=3 fail_timeout=30s: after three GETs that the backup saved, it gets the POSTs too",
		Masked:   []nginx.Signature{nginx.PrematureClose, nginx.PeerDisabled},
		Requests: 4,
		Arrival:  &harness.Arrival{Reached: map[string]int{"app1": 3, "app2": 8}},
	},
}

var recovery = harness.Scenario{
	Name:  "health/recovery",
	Title: "the servers are back, and nginx goes on answering 502 until fail_timeout is over",
	Claims: []harness.Claim{
		conditional("S8.1", "fail_timeout is also how long a server is left out when it is well again: in whole seconds, more than fail_timeout and up to one second longer"),
		conditional("S2.5", "with several servers the 502s go on for fail_timeout after all of them have failed, unless nginx is reloaded"),
	},
	Cause:   "all servers failed once (a restart of all at once); here fail_timeout=2s, by default it is 10s",
	Why:     "nginx makes no requests of its own to find a server well again: it sends none until fail_timeout has passed since the failure, and then the next request is the test",
	Break:   harness.Break{Faults: down("app1", "app2")},
	Symptom: steadily(pod.BadGateway, nginx.ConnectRefused, nginx.NoLiveUpstreams),
	Fix: harness.Fix{
		Title: "start the servers, and wait for fail_timeout (or reload nginx, which forgets the failures)",
		Lift:  true, Recovers: &harness.Span{AtLeast: 1900 * ms, Below: 6 * time.Second},
	},
	Waits: 2600 * ms,
}

var singlePeer = harness.Scenario{
	Name:  "health/single-peer",
	Title: "with one server, max_fails is ignored",
	Claims: []harness.Claim{
		conditional("S8.1", "they are no checks: three requests must fail first (a GET is then saved by another server, a POST is not), and never with a single server"),
	},
	Cause:    "an upstream block with one server: every request is sent to it, however often it failed",
	Why:      "nginx counts no failures of a single server, so it neither leaves it out (no live upstreams) nor needs fail_timeout to find it again",
	Backends: []backends.Spec{app("127.0.0.1:3000")},
	Break:    harness.Break{Faults: behaves("app", backends.Closing())},
	Symptom: harness.Symptom{
		Client: pod.BadGateway, Log: []nginx.Signature{nginx.PrematureClose}, Requests: 5,
		Arrival: &harness.Arrival{Attempts: 1},
	},
	Fix: harness.Fix{Title: "mend the application: the first request after that is answered, without waiting for fail_timeout", Lift: true},
}

var allDown = harness.Scenario{
	Name:    "health/all-down",
	Title:   "every server is marked down",
	Claims:  confirmed("S8.7"),
	Cause:   "down was set for maintenance on one server after the other, and never taken away",
	Why:     "a server marked down is never asked; with none left nginx answers 502 without connecting, although the applications run",
	Symptom: steadily(pod.BadGateway, nginx.NoLiveUpstreams),
	Fix:     harness.Fix{Title: "remove down from a server that is back, nginx -t, reload"},
}
