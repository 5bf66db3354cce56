package scenarios

import (
	"net/http"
	"slices"

	"badgateway/backends"
	"badgateway/harness"
	"badgateway/harness/nginx"
	"badgateway/harness/pod"
)

// headers: what reaches the application of the request, and what of its answer
// nginx has room for.
var headers = slices.Concat([]harness.Scenario{tooBigHeader, bufferSizeAlone}, forwarded, []harness.Scenario{authorization})

var tooBigHeader = harness.Scenario{
	Name:     "headers/too-big",
	Title:    "the response header is larger than proxy_buffer_size",
	Step:     "5",
	Claims:   append(confirmed("W5", "S7.1", "S7.2", "C6"), conditional("S5.5", "only all three together: proxy_buffer_size raised alone keeps nginx from starting")),
	Cause:    "large cookies, tokens, Link or cache-tag headers from the application, often for some users only",
	Why:      "the whole response header must fit into one buffer of proxy_buffer_size, a memory page (4k) by default; one byte more is a 502 although the application answered 200",
	Backends: []backends.Spec{app("127.0.0.1:3000")},
	Methods:  readAndWrite,
	Break:    harness.Break{Faults: behaves("app", backends.Script{HeaderBytes: 4097})},
	Symptom:  steadily(pod.BadGateway, nginx.TooBigHeader),
	Fix: harness.Fix{
		Title: "proxy_buffer_size 128k, together with proxy_buffers and proxy_busy_buffers_size (raised alone, nginx -t refuses it)",
		Traps: []harness.Trap{{
			Title:   "proxy_buffer_size 128k alone is refused, and the 502s go on",
			Refused: []nginx.Signature{nginx.BuffersTooSmall},
		}, {
			Title:  "proxy_buffering off: the header needs its buffer all the same",
			Client: map[string]pod.Outcome{http.MethodGet: pod.BadGateway, http.MethodPost: pod.BadGateway},
		}},
	},
}

var bufferSizeAlone = harness.Scenario{
	Name:     "headers/buffer-size-alone",
	Title:    "proxy_buffer_size was raised alone, and nginx does not start any more",
	Step:     "5",
	Claims:   append(confirmed("S1.6", "S3.6"), conditional("S5.5", "only all three together: proxy_buffer_size raised alone keeps nginx from starting")),
	Cause:    "half of the usual remedy for large headers, deployed without nginx -t: a reload keeps the old configuration, the next restart ends the service",
	Why:      "proxy_busy_buffers_size follows proxy_buffer_size and must be less than all proxy_buffers minus one: 128k does not fit into 8 buffers of 4k",
	Backends: []backends.Spec{app("127.0.0.1:3000")},
	Methods:  readAndWrite,
	Break:    harness.Break{Restart: true},
	Symptom:  harness.Symptom{Client: pod.Refused, Log: []nginx.Signature{nginx.BuffersTooSmall}},
	Fix:      harness.Fix{Title: "raise proxy_buffers and proxy_busy_buffers_size with it"},
}
