package harness_test

import (
	"context"
	"encoding/json"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"badgateway/backends"
	"badgateway/harness"
	"badgateway/harness/gatewaytest"
	"badgateway/harness/nginx"
	"badgateway/harness/pod"
)

const conf = `
error_log /var/log/nginx/error.log notice;
pid /run/nginx.pid;
worker_processes 1;
events {}
http {
    access_log /var/log/nginx/access.log;
    server {
        listen 80;
        location / {
            proxy_pass http://127.0.0.1:3000;
            proxy_read_timeout 600ms;
            proxy_ignore_client_abort on;
        }
    }
}`

// down is a scenario of these tests: the application is stopped and started.
func down() harness.Scenario {
	return harness.Scenario{
		Name: "test/down", Title: "the application is down", Conf: conf,
		Backends: []backends.Spec{{Name: "app", Listen: "127.0.0.1:3000"}},
		Break:    harness.Break{Faults: []pod.Fault{{Kind: pod.KindDown, Target: "app"}}},
		Symptom:  harness.Symptom{Client: pod.BadGateway, Log: []nginx.Signature{nginx.ConnectRefused}},
		Fix:      harness.Fix{Title: "start it", Lift: true},
	}
}

func options(t *testing.T) harness.Options {
	return gatewaytest.Options(t, gatewaytest.Drivers()[0])
}

// TestKeep: the artefacts of a run lie under its name, and its record is judged
// again to the same verdict.
func TestKeep(t *testing.T) {
	t.Parallel()
	o, s := options(t), down()
	o.Keep, o.Capture = t.TempDir(), true
	s.Break.Conf = conf + "\n# broken"
	record, verdict := harness.Run(t.Context(), s, o)
	require.Equal(t, harness.Pass, verdict.Outcome, verdict.Reasons)

	read := func(name string) []byte {
		data, err := os.ReadFile(filepath.Join(o.Keep, "test", "down", name))
		require.NoError(t, err)
		return data
	}
	require.Equal(t, s.Conf, string(read("healthy.conf")))
	require.Equal(t, s.Break.Conf, string(read("broken.conf")))
	require.NoFileExists(t, filepath.Join(o.Keep, "test", "down", "fixed.conf"), "the fix deploys none")
	require.Contains(t, string(read("error.log")), "111: Connection refused")
	require.Contains(t, string(read("access.log")), `"GET / HTTP/1.1" 502`)
	require.NotEmpty(t, read("capture.pcap"))
	var saved harness.Record
	require.NoError(t, json.Unmarshal(read("record.json"), &saved))
	require.Equal(t, verdict, harness.Judge(s, &saved))
	require.Equal(t, *record, saved)
}

// TestSegments: every line of the logs stands in the step in which it was written.
func TestSegments(t *testing.T) {
	t.Parallel()
	record, verdict := harness.Run(t.Context(), down(), options(t))
	require.Equal(t, harness.Pass, verdict.Outcome, verdict.Reasons)
	require.Len(t, record.Steps, 3)
	for i, want := range []struct{ answers, access, refused int }{{3, 3, 0}, {1, 1, 1}, {3, 3, 0}} {
		step, refused := record.Steps[i], 0
		for _, line := range step.Log {
			require.Greater(t, line.At, step.From)
			if i < 2 { // what nginx says at its end is read later
				require.Less(t, line.At, step.To)
			}
			if nginx.ConnectRefused.Match(line) {
				refused++
			}
		}
		require.Len(t, step.Responses, want.answers)
		require.Len(t, step.Access, want.access)
		require.Equal(t, want.refused, refused)
	}
	require.Equal(t, []string{"connect-refused"}, verdict.Symptom.Signatures)
	require.Equal(t, 502, verdict.Symptom.Status)
	require.Equal(t, "start it", verdict.Verify.Fix)
}

// TestLateLine: a client that gives up before nginx does makes the line late;
// it is waited for, and belongs to the symptom.
func TestLateLine(t *testing.T) {
	t.Parallel()
	s := down()
	s.Probe.Limit = 300 * time.Millisecond
	s.Break.Faults = []pod.Fault{{Kind: pod.KindBehave, Target: "app", Script: backends.Script{Action: backends.Silent}}}
	s.Symptom = harness.Symptom{Client: pod.Hung, Log: []nginx.Signature{nginx.ReadTimedOut}}
	_, verdict := harness.Run(t.Context(), s, options(t))
	require.Equal(t, harness.Pass, verdict.Outcome, verdict.Reasons)
}

// TestHold: a person may look and ask while the symptom is on; what they cause
// is not in the record.
func TestHold(t *testing.T) {
	t.Parallel()
	o, held := options(t), 0
	o.Hold = func(ctx context.Context, p *pod.Pod) {
		held++
		response, err := p.Request(ctx, pod.Request{URL: "/by-hand"})
		require.NoError(t, err)
		require.Equal(t, pod.BadGateway, response.Outcome)
	}
	var kinds []harness.EventKind
	o.Events = func(e harness.Event) { kinds = append(kinds, e.Kind) }
	record, verdict := harness.Run(t.Context(), down(), o)
	require.Equal(t, harness.Pass, verdict.Outcome, verdict.Reasons)
	require.Equal(t, 1, held)
	for _, step := range record.Steps {
		for _, line := range step.Log {
			require.NotContains(t, line.Raw, "by-hand")
		}
	}
	require.Equal(t, []harness.EventKind{
		harness.RunBegin, harness.PhaseDeclared, harness.PhaseDeclared, harness.PhaseDeclared,
		harness.PhaseBegin, harness.PhaseEnd,
		harness.PhaseBegin, harness.Holding, harness.PhaseEnd,
		harness.PhaseBegin, harness.PhaseEnd,
		harness.RunEnd,
	}, kinds)
}

// TestInterrupted: a run that is cancelled in its middle is no verdict on the
// scenario, keeps what it saw, and leaves nothing running.
func TestInterrupted(t *testing.T) {
	t.Parallel()
	ctx, cancel := context.WithCancelCause(t.Context())
	defer cancel(nil)
	o := options(t)
	o.Events = func(e harness.Event) {
		if e.Kind == harness.PhaseEnd && e.Phase == harness.Broken {
			cancel(errors.New("SIGINT"))
		}
	}
	record, verdict := harness.Run(ctx, down(), o)
	require.Equal(t, harness.Skip, verdict.Outcome)
	require.Equal(t, "interrupted: SIGINT", verdict.Reason)
	require.GreaterOrEqual(t, len(record.Steps), 2)
	require.NotEmpty(t, record.Attempts)
}

// TestRefusedConfiguration: nginx's own words are in the reason, whether it did
// not start or did not reload.
func TestRefusedConfiguration(t *testing.T) {
	t.Parallel()
	bad := conf + "\nnonsense;"
	for where, spoil := range map[string]func(*harness.Scenario){
		"start":  func(s *harness.Scenario) { s.Conf = bad },
		"broken": func(s *harness.Scenario) { s.Break.Conf = bad },
		"fixed":  func(s *harness.Scenario) { s.Fix.Conf = bad },
	} {
		t.Run(where, func(t *testing.T) {
			t.Parallel()
			s := down()
			spoil(&s)
			record, verdict := harness.Run(t.Context(), s, options(t))
			require.Equal(t, harness.Fail, verdict.Outcome)
			require.Contains(t, record.Error, where)
			require.Contains(t, verdict.Reason, `unknown directive "nonsense"`)
		})
	}
}

// TestRunAll runs two at a time and keeps the order given.
func TestRunAll(t *testing.T) {
	t.Parallel()
	list := []harness.Scenario{down(), down(), down()}
	for i := range list {
		list[i].Name += string(rune('a' + i))
		list[i].Modules = []string{"http_ssl_module"}
	}
	list[1].Modules = []string{"http_no_such_module"}
	o, events := options(t), 0
	o.Parallel, o.Keep = 2, filepath.Join(t.TempDir(), "kept")
	o.Events = func(harness.Event) { events++ }
	sum, err := harness.RunAll(t.Context(), list, o)
	require.NoError(t, err)
	for i, want := range []string{harness.Pass, harness.Skip, harness.Pass} {
		require.Equal(t, list[i].Name, sum.Verdicts[i].Name)
		require.Equal(t, want, sum.Verdicts[i].Outcome, sum.Verdicts[i].Reasons)
	}
	require.Contains(t, sum.Verdicts[1].Reason, "was built without http_no_such_module")
	require.Positive(t, sum.Wall)
	require.Greater(t, events, 20)
	_, err = os.Stat(filepath.Join(o.Keep, "test", "downb", "error.log"))
	require.ErrorIs(t, err, fs.ErrNotExist, "what is skipped has no log")
}
