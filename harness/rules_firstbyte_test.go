package harness

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"badgateway/harness/nginx"
	"badgateway/harness/pod"
)

func TestFirstByte(t *testing.T) {
	began := func(after time.Duration) Step {
		return Step{Responses: []pod.Response{{ID: "r1", Method: "GET", URL: "/", Outcome: pod.OK, FirstByte: after}}}
	}
	s := Scenario{Symptom: Symptom{Client: pod.OK, FirstByte: &Span{AtLeast: time.Second}}, Fix: Fix{Requests: 1, FirstByte: &Span{Below: time.Second}}}
	judge := func(broken, fixed time.Duration) []string {
		tr := trial{s, &Record{}}
		return append(symptom(tr, began(broken)), fix(tr, began(fixed))...)
	}
	require.Empty(t, judge(time.Second, time.Second-1))
	require.Equal(t, []string{"symptom: expected the first byte of GET / (r1) not before 1s, it came after 999.999999ms"}, judge(time.Second-1, 1))
	require.Equal(t, []string{"fix: expected the first byte of GET / (r1) between 0s and 1s, it came after 1s"}, judge(time.Second, time.Second))
	require.Len(t, judge(0, 0), 2, "no byte at all is not early")
	s.Symptom.FirstByte, s.Fix.FirstByte = nil, nil
	require.Empty(t, judge(0, 0))
}

func TestSymptomGone(t *testing.T) {
	line, err := nginx.ParseLine(`2026/11/21 01:15:31 [warn] 9#9: *9 an upstream response is buffered to a temporary file /var/lib/nginx/proxy/1/00/0000000001 while reading upstream, client: 127.0.0.1, server: , request: "GET / HTTP/1.1", upstream: "http://127.0.0.1:3000/", host: "127.0.0.1"`)
	require.NoError(t, err)
	record := &Record{Steps: []Step{{Phase: Fixed, Log: []nginx.Line{line}}}}
	buffered := []nginx.Signature{nginx.ResponseBuffered}
	require.Len(t, symptomGone(trial{Scenario{Symptom: Symptom{Log: buffered}}, record}), 1)
	require.Empty(t, symptomGone(trial{Scenario{Symptom: Symptom{Log: buffered}, Fix: Fix{Masked: buffered}}, record}))
	require.Empty(t, symptomGone(trial{Scenario{}, record}))
}
