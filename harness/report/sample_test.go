package report_test

import (
	"bytes"
	"flag"
	"io"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"badgateway/harness"
	"badgateway/harness/nginx"
	"badgateway/harness/pod"
	"badgateway/harness/report"
)

var update = flag.Bool("update", false, "rewrite the golden files")

// golden compares got with testdata/name.
func golden(t *testing.T, name string, got []byte) {
	t.Helper()
	path := filepath.Join("testdata", name)
	if *update {
		require.NoError(t, os.WriteFile(path, got, 0o644))
	}
	want, err := os.ReadFile(path)
	require.NoError(t, err, "run the tests with -update to make it")
	require.Equal(t, string(want), string(got))
}

// render is a writer function's output.
func render(t *testing.T, write func(io.Writer) error) []byte {
	t.Helper()
	var b bytes.Buffer
	require.NoError(t, write(&b))
	return b.Bytes()
}

var (
	narrow   = report.Screen{Width: 80, Height: 24}
	wide     = report.Screen{Width: 160, Height: 50}
	colorful = report.Screen{Width: 80, Height: 24, Color: true}
	pipe     = report.Screen{}
)

const refusedLine = `2026/11/20 03:00:00 [error] 7#7: *1 connect() failed (111: Connection refused) while connecting to upstream, ` +
	`client: 127.0.0.1, server: , request: "GET / HTTP/1.1", upstream: "http://127.0.0.1:3000/", host: "127.0.0.1"`

var refused = nginx.Signature{Name: "connect-refused"}

var catalogue = []harness.Scenario{
	{
		Name: "upstream/refused", Title: "nothing listens on the upstream's port", Step: "1", Claims: []harness.Claim{{ID: "W1", Ruling: harness.Confirmed}, {ID: "S3.5", Ruling: harness.Conditional, Note: "not a POST"}},
		Cause: "the application is not running", Why: "the kernel answers SYN with RST",
		Conf:    "events {}\n",
		Symptom: harness.Symptom{Client: pod.BadGateway, Log: []nginx.Signature{refused}},
		Break:   harness.Break{Faults: []pod.Fault{{Kind: pod.KindDown, Target: "app"}}},
		Fix:     harness.Fix{Title: "start the application again", Lift: true},
	},
	{
		Name: "timeout/slow-answer", Title: "the application answers after proxy_read_timeout", Step: "3", Claims: []harness.Claim{{ID: "W4", Ruling: harness.Confirmed}},
		Methods: []string{"GET", "POST"},
		Symptom: harness.Symptom{
			Client: pod.GatewayTimeout, PerMethod: map[string]pod.Outcome{"POST": pod.BadGateway},
			Log: []nginx.Signature{{Name: "read-timeout"}}, Requests: 2,
		},
		Fix:   harness.Fix{Title: "raise proxy_read_timeout above the slowest answer", Conf: "events {}\n"},
		Since: "1.19.0", Modules: []string{"http_v2_module"},
	},
	{
		Name: "security/policy", Title: "a security policy forbids nginx to connect", Step: "4",
		Symptom: harness.Symptom{Client: pod.BadGateway, Log: []nginx.Signature{{Name: "connect-denied"}}},
		Fix:     harness.Fix{Title: "allow the connection in the policy", Lift: true}, Needs: []pod.Need{pod.NeedDenyConnect},
	},
}

// sample is a run with a pass, a failure and a skip.
func sample() report.Run {
	return report.Run{
		Nginx:  nginx.Build{Spec: "debian:trixie", Root: "/cache/trixie", Binary: "/usr/sbin/nginx", Version: "1.26.3"},
		Driver: "native", Seed: 7, Parallel: 4, Keep: "/tmp/kept",
		Started: time.Date(2026, 11, 20, 3, 0, 0, 0, time.UTC), Wall: 1234 * time.Millisecond,
		Scenarios: catalogue,
		Verdicts: []harness.Verdict{
			{
				Name: "upstream/refused", Outcome: harness.Pass, Seconds: 0.123,
				Symptom: &harness.Seen{Client: pod.BadGateway, Status: 502, Requests: 1, Signatures: []string{"connect-refused"}, Line: refusedLine, TotalMS: 1.5},
				Verify:  &harness.Seen{Client: pod.OK, Status: 200, Requests: 3, Fix: "start the application again", TotalMS: 0.9},
			},
			failed,
			{Name: "security/policy", Outcome: harness.Skip, Reason: "needs deny-connect, which driver docker does not have here"},
		},
		Records: []*harness.Record{slow},
	}
}

var failed = harness.Verdict{
	Name: "timeout/slow-answer", Outcome: harness.Fail, Seconds: 1.5,
	Reason: "symptom: GET was answered 502 Bad Gateway, want 504 Gateway Timeout",
	Reasons: []string{
		"symptom: GET was answered 502 Bad Gateway, want 504 Gateway Timeout",
		"log: no line with signature read-timeout",
	},
	Symptom: &harness.Seen{Client: pod.BadGateway, Status: 502, Requests: 2},
}

// slow is the record of failed, with more log lines than a report shows and an
// escape sequence that a client put into the log.
var slow = &harness.Record{
	Scenario: "timeout/slow-answer",
	Steps: []harness.Step{
		{Phase: harness.Healthy, Responses: []pod.Response{{Outcome: pod.OK}, {Outcome: pod.OK}, {Outcome: pod.OK}}},
		{
			Phase:     harness.Broken,
			Responses: []pod.Response{{Method: "GET", Outcome: pod.BadGateway}, {Method: "POST", Outcome: pod.BadGateway}},
			Log: []nginx.Line{
				{Raw: "exiting", Level: nginx.Notice}, {Raw: refusedLine, Level: nginx.Error}, {Raw: "evil \x1b[2J line"}, {Raw: "3"}, {Raw: "4"}, {Raw: "5"}, {Raw: "6"}, {Raw: "7"},
			},
		},
	},
}

// aborted is a run that SIGINT ended after its first scenario.
func aborted() report.Run {
	r := sample()
	r.Aborted = "received SIGINT"
	r.Verdicts = r.Verdicts[:1]
	r.Records = nil
	return r
}
