package scenarios

import (
	"net/http"
	"strings"

	"badgateway/backends"
	"badgateway/harness"
	"badgateway/harness/nginx"
	"badgateway/harness/pod"
)

// uwsgi: the application is a uWSGI server, as for Django and Flask.
var uwsgi = family(harness.Scenario{
	Step:     "3",
	Backends: []backends.Spec{uwsgiApp},
	Methods:  readAndWrite,
}, uwsgiHTTPPort, uwsgiProxied, uwsgiBigRequest, uwsgiTimeout)

var uwsgiApp = backends.Spec{Name: "django", Listen: "127.0.0.1:3031", Protocol: backends.UWSGI}

var uwsgiHTTPPort = harness.Scenario{
	Name:  "uwsgi/http-port",
	Title: "uwsgi_pass leads to a port that speaks HTTP",
	Claims: []harness.Claim{
		conditional("W2", "an HTTP server behind uwsgi_pass answers 400, which nginx takes for the application's own: no 502 and no log line"),
		conditional("S1.1", "not for this wrong protocol: the error log has no line, only the access log shows the 400"),
	},
	Cause:    "uWSGI runs with --http or behind gunicorn's port instead of --socket; the 400 looks as if the browser were wrong",
	Why:      "the first byte of a uwsgi request is 0, which begins no HTTP request: 400; and a uwsgi answer begins as HTTP's, with the status line",
	Backends: []backends.Spec{uwsgiApp, app("127.0.0.1:3000")},
	Symptom:  steadily(pod.StatusOutcome(http.StatusBadRequest)),
	Fix:      harness.Fix{Title: "uwsgi_pass to the socket of uWSGI (or proxy_pass to the HTTP port), nginx -t, reload"},
}

var uwsgiProxied = harness.Scenario{
	Name:    "uwsgi/proxied",
	Title:   "proxy_pass leads to a uwsgi socket",
	Claims:  confirmed("W2", "W7", "S3.1"),
	Cause:   "uWSGI was started with --socket where proxy_pass expects --http-socket; uWSGI's log says invalid request block size: 21573",
	Why:     "uWSGI reads GET and a space as a packet of 0x5445 bytes, above its 4k, and closes without an answer",
	Symptom: steadily(pod.BadGateway, nginx.PrematureClose),
	Fix:     harness.Fix{Title: "uwsgi_pass instead of proxy_pass, with uwsgi_params, nginx -t, reload"},
}

var uwsgiBigRequest = harness.Scenario{
	Name:  "uwsgi/big-request",
	Title: "requests with large cookies fail: uWSGI does not read them",
	Step:  "5",
	Claims: []harness.Claim{
		conditional("W5", "a large request header is no matter of proxy_buffer_size: uWSGI's own limit is 4096 bytes"),
		conditional("W7", "the line is recv() failed (104): uWSGI closes with the request unread"),
	},
	Cause:   "cookies or tokens of some users; uWSGI's log says invalid request block size: 5150 (max 4096)...skip",
	Why:     "uWSGI reads the variables of a request into buffer-size bytes, 4096 by default; of a larger request it reads nothing and closes, which the kernel makes a reset",
	Probe:   pod.Request{Header: http.Header{"Cookie": {"token=" + strings.Repeat("x", 5000)}}},
	Break:   harness.Break{Faults: append([]pod.Fault{{Kind: pod.KindResetEnd, Target: "django"}}, behaves("django", backends.Script{MostHead: 4096})...)},
	Symptom: steadily(pod.BadGateway, nginx.ReadReset),
	Fix: harness.Fix{
		Title: "buffer-size = 32768 in uWSGI; nginx needs no change",
		Lift:  true,
		Traps: []harness.Trap{{
			Title:  "large_client_header_buffers and uwsgi_buffer_size: nginx had room for the request, and the other is for the answer",
			Client: map[string]pod.Outcome{http.MethodGet: pod.BadGateway, http.MethodPost: pod.BadGateway},
		}},
	},
}

var uwsgiTimeout = harness.Scenario{
	Name:  "uwsgi/read-timeout",
	Title: "the uWSGI application takes longer than uwsgi_read_timeout, and proxy_read_timeout was raised",
	Step:  "4",
	Claims: append(confirmed("W4", "R1", "R2"),
		conditional("S4.3", "for proxy_pass only: uwsgi_pass has uwsgi_read_timeout"),
		conditional("S4.5", "only where proxy_pass is used")),
	Cause:   "a slow view, and a timeout of the wrong family: nginx -T | grep timeout shows proxy_read_timeout 300s in a location with uwsgi_pass",
	Why:     "each kind of upstream has directives of its own; nginx accepts all of them anywhere and reads only its own",
	Methods: []string{http.MethodGet},
	Break:   harness.Break{Faults: behaves("django", backends.Slow(1300*ms))},
	Symptom: harness.Symptom{Client: pod.GatewayTimeout, Log: []nginx.Signature{nginx.ReadTimedOut}},
	Fix: harness.Fix{
		Title:    "uwsgi_read_timeout above the slowest answer, and uWSGI's harakiri above that",
		Requests: 1,
		Traps: []harness.Trap{{
			Title:  "proxy_read_timeout 300s is accepted and changes nothing",
			Client: map[string]pod.Outcome{http.MethodGet: pod.GatewayTimeout},
		}},
	},
	Waits: 2700 * ms,
}
