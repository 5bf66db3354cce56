package scenarios

import (
	"net/http"

	"badgateway/backends"
	"badgateway/harness"
	"badgateway/harness/nginx"
	"badgateway/harness/pod"
)

// grpc: HTTP/2 from the client and to the application. Calls are POSTs.
var grpc = family(harness.Scenario{
	Step:     "3",
	Backends: []backends.Spec{{Name: "service", Listen: "127.0.0.1:50051", Protocol: backends.H2}},
	Methods:  []string{http.MethodPost},
	Probe: pod.Request{URL: "/shop.Orders/List", Proto: pod.HTTP2,
		Header: http.Header{"Content-Type": {"application/grpc"}, "Te": {"trailers"}}},
}, grpcRefused, grpcHTTPPort, grpcProxied, grpcGoaway, grpcRefusedStream, grpcStreamIdle)

var grpcRefused = harness.Scenario{
	Name:    "grpc/refused",
	Title:   "the gRPC service is down",
	Step:    "2",
	Claims:  append(confirmed("C1"), conditional("W1", "a gRPC client gets the 502 as an HTTP status, which it reports as UNAVAILABLE")),
	Cause:   "the service is stopped, crashed or still starting",
	Why:     "the kernel refuses the connection as for any other protocol; the log line names the upstream as grpc://",
	Break:   harness.Break{Faults: down("service")},
	Symptom: steadily(pod.BadGateway, nginx.ConnectRefused),
	Fix:     harness.Fix{Title: "start the service again; nginx needs no reload", Lift: true},
}

var grpcHTTPPort = harness.Scenario{
	Name:     "grpc/http-port",
	Title:    "grpc_pass leads to a port that speaks HTTP/1.1",
	Claims:   confirmed("W2", "S3.1"),
	Cause:    "the port of the service's metrics or REST side in grpc_pass: it is open, its protocol is another",
	Why:      "nginx reads the first bytes of the error page, HTT, as the length of an HTTP/2 frame: 4740180, far above the 16384 that it allows",
	Backends: []backends.Spec{{Name: "service", Listen: "127.0.0.1:50051", Protocol: backends.H2}, app("127.0.0.1:3000")},
	Symptom:  steadily(pod.BadGateway, nginx.H2BigFrame),
	Fix:      harness.Fix{Title: "grpc_pass to the port of the gRPC server, nginx -t, reload"},
}

var grpcProxied = harness.Scenario{
	Name:    "grpc/proxied",
	Title:   "proxy_pass leads to a gRPC server",
	Claims:  []harness.Claim{conditional("W2", "a gRPC server behind proxy_pass gives no 502 but an answer with status 000 and the server's first frame as its body")},
	Cause:   "a location copied from a web application: the gRPC server is there and speaks HTTP/2 only",
	Why:     "the server greets with HTTP/2 settings and ends; nginx finds no status line in them, takes them for HTTP/0.9 and hands them on",
	Symptom: steadily(pod.NotHTTP, nginx.NotHTTP),
	Fix:     harness.Fix{Title: "grpc_pass grpc:// instead of proxy_pass http://, nginx -t, reload"},
}

// goaway is a frame (RFC 9113, 6.8): stream 0 is the last one taken, no error.
const goaway = "\x00\x00\x08\x07\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00"

var grpcGoaway = harness.Scenario{
	Name:    "grpc/goaway",
	Title:   "the gRPC service ends its connections without finishing the calls on them",
	Claims:  []harness.Claim{conditional("W7", "over HTTP/2 a server says that it goes: the line is upstream sent goaway with error 0")},
	Cause:   "a maximum connection age without a grace period, or a deployment that ends the process at once",
	Why:     "GOAWAY names the last stream that the service has taken; a call above it was not executed, yet nginx answers 502, as it repeats no call on its own",
	Break:   harness.Break{Faults: behaves("service", backends.Speaking(goaway))},
	Symptom: steadily(pod.BadGateway, nginx.H2Goaway),
	Fix: harness.Fix{
		Title: "a grace period in the service (max_connection_age_grace): calls that came before it goes are finished",
		Lift:  true,
		Traps: []harness.Trap{{
			Title:  "grpc_next_upstream with more tries: with one server there is none to go on to",
			Client: sees(pod.BadGateway),
		}},
	},
}

var grpcRefusedStream = harness.Scenario{
	Name:    "grpc/refused-stream",
	Title:   "the gRPC service takes no more calls, and says so",
	Claims:  []harness.Claim{conditional("S9.9", "over HTTP/2 a server refuses a call without ending the connection: upstream rejected request with error 7")},
	Cause:   "a limit of calls at a time (max_concurrent_streams), or a service that is about to end",
	Why:     "RST_STREAM with REFUSED_STREAM (7) says that the call was not executed (RFC 9113, 8.7); nginx repeats no call on its own, so 502",
	Break:   harness.Break{Faults: behaves("service", backends.Speaking(refusedStream))},
	Symptom: steadily(pod.BadGateway, nginx.H2Rejected),
	Fix:     harness.Fix{Title: "raise the service's limit, or add instances", Lift: true},
}

// refusedStream is RST_STREAM for the first stream (RFC 9113, 6.4), error 7.
const refusedStream = "\x00\x00\x04\x03\x00\x00\x00\x00\x01\x00\x00\x00\x07"

var grpcStreamIdle = harness.Scenario{
	Name:  "grpc/stream-idle",
	Title: "a server-streaming call is cut while the service has nothing to say",
	Step:  "4",
	Claims: []harness.Claim{
		conditional("S4.3", "for proxy_pass only: grpc_pass has grpc_read_timeout, and a call that is cut has status 200"),
		conditional("S4.5", "only where proxy_pass is used"),
	},
	Cause:   "watches and subscriptions that are silent for longer than grpc_read_timeout (60s by default), or raised timeouts of the wrong family",
	Why:     "grpc_read_timeout bounds each pause between two reads of the answer; the header went out already, so nginx can only reset the stream",
	Break:   harness.Break{Faults: behaves("service", backends.Script{BodyBytes: 600, SendBytes: 100, Pause: 1600 * ms})},
	Symptom: harness.Symptom{Client: pod.TruncatedBody, Log: []nginx.Signature{nginx.BodyTimedOut}},
	Fix: harness.Fix{
		Title:    "grpc_read_timeout above the longest silence of a stream (or keepalive messages of the service below it)",
		Requests: 1,
		Traps: []harness.Trap{{
			Title:  "proxy_read_timeout 1h is accepted and changes nothing: it belongs to proxy_pass",
			Client: map[string]pod.Outcome{http.MethodPost: pod.TruncatedBody},
		}},
	},
	Waits: 3600 * ms,
}
