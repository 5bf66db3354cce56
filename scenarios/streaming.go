package scenarios

import (
	"net/http"

	"badgateway/backends"
	"badgateway/harness"
	"badgateway/harness/pod"
)

// streaming: answers whose parts are wanted as they come.
var streaming = []harness.Scenario{eventsLate}

// events is a stream of server-sent events: one at once, the others later.
func events(buffering string) backends.Script {
	header := http.Header{"Content-Type": {"text/event-stream"}}
	if buffering != "" {
		header.Set("X-Accel-Buffering", buffering)
	}
	return backends.Script{Header: header, Body: "data: tick\n\n", BodyBytes: 360, SendBytes: 12, Pause: 1200 * ms}
}

var eventsLate = harness.Scenario{
	Name:  "streaming/events",
	Title: "server-sent events arrive late, all at once",
	Step:  "7",
	Claims: []harness.Claim{
		conditional("S7.3", "not in nginx at all where the application sends X-Accel-Buffering: no with its streams, and all else stays buffered"),
	},
	Cause:    "an application that no longer marks its event stream (a new framework, a header lost in another proxy)",
	Why:      "X-Accel-Buffering in the answer decides proxy_buffering for this answer; without it the first event waits in a buffer",
	Backends: []backends.Spec{{Name: "app", Listen: "127.0.0.1:3000", Script: events("no")}},
	Probe:    pod.Request{Header: http.Header{"Accept": {"text/event-stream"}}},
	Break:    harness.Break{Faults: behaves("app", events(""))},
	Symptom:  harness.Symptom{Client: pod.OK, FirstByte: &harness.Span{AtLeast: 1200 * ms}},
	Fix: harness.Fix{
		Title:     "let the application send X-Accel-Buffering: no with its streams",
		Lift:      true,
		Requests:  1,
		FirstByte: &harness.Span{Below: 600 * ms},
	},
	Waits: 3600 * ms,
}
