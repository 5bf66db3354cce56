package scenarios

import (
	"net/http"

	"badgateway/backends"
	"badgateway/harness"
	"badgateway/harness/nginx"
	"badgateway/harness/pod"
)

// limits: nginx or the application has no room for another request.
var limits = family(harness.Scenario{Step: "9", Backends: []backends.Spec{app("127.0.0.1:3000")}, Methods: readAndWrite},
	limitReq, limitedAs502, backendBusy, backendLimits, workerConnections, openFiles, acceptQueue, ephemeralPorts)

var limitReq = harness.Scenario{
	Name:    "limits/limit-req",
	Title:   "requests above the rate limit are refused",
	Methods: readOnly,
	Claims: []harness.Claim{
		refuted("S9.7", "limit_req answers 503 (or what limit_req_status says) and never asks the upstream; 502 is not its status"),
		conditional("S9.8", "burst=50 nodelay lets fifty through at once and leaves the rate as it is; without nodelay each of them waits"),
	},
	Cause:   "a page with many parts, or many clients behind one address, against a limit_req without burst",
	Why:     "without burst nginx takes one request per interval and answers the next 503 at once, with limiting requests in the error log and no upstream in it",
	Probe:   pod.Request{Limit: 2000 * ms},
	Symptom: harness.Symptom{Client: pod.StatusOutcome(http.StatusServiceUnavailable), Log: []nginx.Signature{nginx.LimitedRequests}, Requests: 4, Of: 5},
	Fix: harness.Fix{
		Title:    "burst=50 nodelay: as many at once, the rate in the long run",
		Requests: 20,
		Traps: []harness.Trap{{
			Title:  "burst without nodelay: nothing is refused, each request waits for its turn at the rate",
			Client: map[string]pod.Outcome{http.MethodGet: pod.Hung},
		}},
	},
	Waits: 2000 * ms,
}

var limitedAs502 = harness.Scenario{
	Name:    "limits/limited-as-502",
	Title:   "a rate limit looks like a dead application, because limit_req_status says 502",
	Methods: readOnly,
	Claims: []harness.Claim{
		conditional("S9.7", "a rate limit gives 502 only where limit_req_status 502 is configured; the default is 503"),
		conditional("S9.8", "burst=50 nodelay lets fifty through at once and leaves the rate as it is; without nodelay each of them waits"),
	},
	Cause:   "limit_req_status 502 in the configuration: monitoring and load balancers take the limit for a failure",
	Why:     "the status is nginx's own, the application was never asked; only the line limiting requests tells it from a bad gateway",
	Symptom: harness.Symptom{Client: pod.BadGateway, Log: []nginx.Signature{nginx.LimitedRequests}, Requests: 4, Of: 5},
	Fix: harness.Fix{
		Title:    "limit_req_status 429, which says what it is, and a burst",
		Requests: 20,
	},
}

var backendBusy = harness.Scenario{
	Name:  "limits/backend-busy",
	Title: "the application is overloaded and says so",
	Claims: []harness.Claim{
		conditional("S9.9", "an application that answers 503 is passed through as 503, without a log line; only one that refuses or breaks the connection is a 502"),
	},
	Cause: "the application's own pool (threads, database connections) is used up: its log and metrics tell, nginx's error log does not",
	Why:   "a complete answer is an answer: nginx passes 503 on as it is (proxy_intercept_errors is off) and logs no error",
	Break: harness.Break{Faults: behaves("app", backends.Failing(http.StatusServiceUnavailable))},
	Symptom: harness.Symptom{
		Client: pod.StatusOutcome(http.StatusServiceUnavailable), Requests: 3,
		Arrival: &harness.Arrival{Attempts: 1},
	},
	Fix: harness.Fix{Title: "give the application room (workers, connections, fewer requests); nginx needs no change", Lift: true},
}

var backendLimits = harness.Scenario{
	Name:  "limits/backend-limits",
	Title: "the application limits its clients, and takes all of them for one: nginx",
	Claims: []harness.Claim{
		refuted("S9.7", "an application's own rate limit is passed through as its 429, not turned into 502"),
	},
	Cause: "a rate limit inside the application that counts by address and sees nginx's address for every client",
	Why:   "nginx passes the application's 429 on as it is, and logs no error",
	Break: harness.Break{Faults: behaves("app", backends.Failing(http.StatusTooManyRequests))},
	Symptom: harness.Symptom{
		Client: pod.StatusOutcome(http.StatusTooManyRequests), Requests: 3,
		Arrival: &harness.Arrival{Attempts: 1},
	},
	Fix: harness.Fix{Title: "make the application count by X-Forwarded-For from nginx, or limit in nginx", Lift: true},
}

var workerConnections = harness.Scenario{
	Name:  "limits/worker-connections",
	Title: "a worker has no connection left for the upstream",
	Claims: []harness.Claim{
		conditional("S9.9", "the same shortage in nginx itself is 500, not 502: worker_connections counts clients and upstreams together"),
	},
	Cause:   "worker_connections too small for the load: each proxied request takes two of them, the listening sockets some more",
	Why:     "the client's connection was accepted, and none is left to connect to the upstream: [alert] worker_connections are not enough, and 500",
	Symptom: steadily(pod.ServerError, nginx.WorkerConnections),
	Fix:     harness.Fix{Title: "raise worker_connections (and worker_rlimit_nofile with it)"},
}
