package scenarios

import (
	"encoding/json"
	"io/fs"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"badgateway/backends"
	"badgateway/harness"
	"badgateway/harness/nginx"
	"badgateway/harness/pod"
)

// load reads the recorded run of a scenario.
func load(t *testing.T, name string) *harness.Record {
	data, err := os.ReadFile(recordFile(name))
	require.NoError(t, err, "record it: go test ./scenarios -run 'TestScenarios/%s$' -update", name)
	var r harness.Record
	require.NoError(t, json.Unmarshal(data, &r))
	return &r
}

// TestRecords judges the recorded runs again, without nginx.
func TestRecords(t *testing.T) {
	names := map[string]bool{}
	for _, s := range All() {
		names[s.Name] = true
		t.Run(s.Name, func(t *testing.T) {
			record := load(t, s.Name)
			verdict := harness.Judge(s, record)
			require.Equal(t, harness.Pass, verdict.Outcome, verdict.Reasons)
			require.Equal(t, record.Scenario, verdict.Name)
			require.NotNil(t, verdict.Symptom)
			require.Len(t, verdict.Symptom.Signatures, len(s.Symptom.Log))
			good := pod.OK
			if s.Probe.Upgrade != nil {
				good = pod.Switched
			}
			require.Equal(t, good, verdict.Verify.Client)
			require.Equal(t, s.Fix.Title, verdict.Verify.Fix)
		})
	}
	root := filepath.Join("..", "fixtures", "records")
	require.NoError(t, filepath.WalkDir(root, func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		name, err := filepath.Rel(root, strings.TrimSuffix(path, ".json"))
		require.NoError(t, err)
		require.True(t, names[filepath.ToSlash(name)], "%s belongs to no scenario", path)
		return nil
	}))
}

// mutations spoil a record that passes. Each returns false where it does not
// apply; where it does, the judge must fail with a reason that holds want.
var mutations = []struct {
	name, want string
	spoil      func(harness.Scenario, *harness.Record) bool
}{
	{"the run ended early", "run: ", func(_ harness.Scenario, r *harness.Record) bool {
		r.Error = "start pod: no such thing"
		return true
	}},
	{"a step is missing", "run: expected a fixed step", func(_ harness.Scenario, r *harness.Record) bool {
		r.Steps = r.Steps[:2]
		return true
	}},
	{"one request less", "healthy: ", func(_ harness.Scenario, r *harness.Record) bool {
		r.Steps[0].Responses = r.Steps[0].Responses[1:]
		return true
	}},
	{"the symptom at no client", "symptom: ", func(s harness.Scenario, r *harness.Record) bool {
		last := len(r.Steps[1].Responses) - 1
		r.Steps[1].Responses[last].Outcome = "an outcome that nobody declares"
		return true
	}},
	{"another share of requests", "symptom: ", func(s harness.Scenario, r *harness.Record) bool {
		i := slices.IndexFunc(r.Steps[1].Responses, func(a pod.Response) bool { return a.Outcome == pod.OK })
		if s.Symptom.Of == 0 || i < 0 {
			return false
		}
		r.Steps[1].Responses[i].Outcome = s.Symptom.Client
		return true
	}},
	{"no error-log line", "symptom: expected an error-log line", func(s harness.Scenario, r *harness.Record) bool {
		r.Steps[1].Log = nil
		return len(s.Symptom.Log) > 0
	}},
	{"the fix does not hold", "fix: ", func(_ harness.Scenario, r *harness.Record) bool {
		r.Steps[2].Responses[len(r.Steps[2].Responses)-1].Outcome = pod.BadGateway
		return true
	}},
	{"broken before the break", "healthy step", func(_ harness.Scenario, r *harness.Record) bool {
		return addLine(&r.Steps[0], "error", "upstream prematurely closed connection while reading response header from upstream")
	}},
	{"an error that goes on", "undeclared upstream error", func(s harness.Scenario, r *harness.Record) bool {
		return !slices.ContainsFunc(s.Fix.Masked, func(m nginx.Signature) bool { return m.Name == nginx.PrematureClose.Name }) && addLine(&r.Steps[2], "error", "upstream prematurely closed connection while reading response header from upstream")
	}},
	{"an upstream line that nobody knows", "unclassified upstream line", func(_ harness.Scenario, r *harness.Record) bool {
		return addLine(&r.Steps[1], "error", "upstream sang instead of answering while reading response header from upstream")
	}},
	{"an alert", "undeclared [alert] line", func(_ harness.Scenario, r *harness.Record) bool {
		return addLine(&r.Steps[2], "alert", "open socket #3 left in connection 4")
	}},
	{"a killed worker", "worker killed by a signal", func(_ harness.Scenario, r *harness.Record) bool {
		return addLine(&r.Steps[1], "alert", "worker process 7 exited on signal 11 (core dumped)")
	}},
	{"words of something else", "not of an nginx error log", func(_ harness.Scenario, r *harness.Record) bool {
		r.Steps[1].Log = append(r.Steps[1].Log, nginx.Line{Raw: "*** stack smashing detected ***: terminated"})
		return true
	}},
	{"a fault that was not injected", "fault: expected", func(s harness.Scenario, r *harness.Record) bool {
		r.Windows = nil
		return len(s.Break.Faults) > 0
	}},
	{"a fault that met nothing", "to touch something", func(_ harness.Scenario, r *harness.Record) bool {
		for i := range r.Windows {
			r.Windows[i].Touched = 0
		}
		return len(r.Windows) > 0
	}},
	{"a fault elsewhere", "no error-log line names", func(_ harness.Scenario, r *harness.Record) bool {
		for i := range r.Windows {
			r.Windows[i].Touched, r.Windows[i].Addr = -1, "192.0.2.1:80"
		}
		return len(r.Windows) > 0
	}},
	{"a POST executed twice", "executed 2 times", func(_ harness.Scenario, r *harness.Record) bool { return again(r, http.MethodPost) }},
	{"a retry without a line", "a retry hid a failure", func(_ harness.Scenario, r *harness.Record) bool { return again(r, http.MethodGet) }},
	{"a fix that no backend answered", "no backend saw the request", func(_ harness.Scenario, r *harness.Record) bool {
		id := r.Steps[2].Responses[0].ID
		r.Attempts = slices.DeleteFunc(r.Attempts, func(a backends.Attempt) bool { return a.ID == id })
		return true
	}},
	{"a truncated 200", "expected a complete answer", func(_ harness.Scenario, r *harness.Record) bool {
		id := r.Steps[0].Responses[0].ID
		for i := range r.Attempts {
			if r.Attempts[i].ID == id {
				r.Attempts[i].Action = backends.TruncateBody
			}
		}
		return true
	}},
	{"a change without traffic", "rollout: expected", func(_ harness.Scenario, r *harness.Record) bool {
		return everyChange(r, func(c *harness.Changed) { c.From = 0 })
	}},
	{"a change after the answers", "rollout: expected", func(_ harness.Scenario, r *harness.Record) bool {
		return everyChange(r, func(c *harness.Changed) { c.From, c.To = time.Hour, time.Hour })
	}},
	{"a request lost before the change was over", "fix: expected requests made before", func(_ harness.Scenario, r *harness.Record) bool {
		if len(r.Steps[2].Meanwhile) == 0 {
			return false
		}
		r.Steps[2].Meanwhile[0].Outcome = pod.Refused
		return true
	}},
	{"a trap that does no work twice", "executed twice", func(s harness.Scenario, r *harness.Record) bool {
		for i, trap := range s.Fix.Traps {
			if len(trap.Twice) > 0 {
				r.Tried[i].Step.Responses = slices.Clone(r.Steps[2].Responses)
				return true
			}
		}
		return false
	}},
	{"a recovery at once", "recovery: expected", func(_ harness.Scenario, r *harness.Record) bool {
		if r.Recovery == nil {
			return false
		}
		r.Recovery = nil
		return true
	}},
	{"a recovery too soon", "after the first failure", func(_ harness.Scenario, r *harness.Record) bool {
		if r.Recovery == nil {
			return false
		}
		r.Recovery.Responses[len(r.Recovery.Responses)-1].Start = r.Steps[1].Responses[0].Start + time.Second
		return true
	}},
	{"one attempt more at a server", "attempts at backend", func(s harness.Scenario, r *harness.Record) bool {
		if s.Fix.Arrival == nil || len(s.Fix.Arrival.Reached) == 0 {
			return false
		}
		i := slices.IndexFunc(r.Attempts, func(a backends.Attempt) bool { return a.ID == r.Steps[2].Responses[0].ID })
		r.Attempts = append(r.Attempts, r.Attempts[i])
		return true
	}},
	{"another name asked for", "expected DNS to be asked for", func(s harness.Scenario, r *harness.Record) bool {
		r.Queries = append(r.Queries, pod.Query{At: r.Steps[1].From, Name: "other.internal"})
		return s.Symptom.Asked != nil
	}},
	{"no name asked for", "it was asked nothing", func(s harness.Scenario, r *harness.Record) bool {
		r.Queries = nil
		return s.Symptom.Asked != nil && s.Symptom.Asked.Name != ""
	}},
	{"a look that was not run", "look: expected", func(s harness.Scenario, r *harness.Record) bool {
		r.Steps[1].Looks = nil
		return len(s.Looks) > 0
	}},
	{"a look that tells nothing", "look: ", func(s harness.Scenario, r *harness.Record) bool {
		i := slices.IndexFunc(s.Looks, func(l harness.Look) bool { return l.Broken != "" && l.Broken != "^$" })
		if i < 0 || r.Steps[1].Looks[i].Missing != "" {
			return false
		}
		r.Steps[1].Looks[i].Output = "\n"
		return true
	}},
	{"a trap that was not tried", "trap: expected", func(s harness.Scenario, r *harness.Record) bool {
		r.Tried = nil
		return len(s.Fix.Traps) > 0
	}},
	{"a trap that went the other way", "nginx -t to", func(s harness.Scenario, r *harness.Record) bool {
		if len(r.Tried) == 0 {
			return false
		}
		r.Tried[0].Refused = !r.Tried[0].Refused
		return true
	}},
	{"a trap that shows something else", "trap: ", func(s harness.Scenario, r *harness.Record) bool {
		if len(r.Tried) == 0 {
			return false
		}
		r.Tried[0].Step.Responses[0].Outcome = pod.NoTLS // which no trap shows
		return true
	}},
}

// TestMutations spoils every recorded run in every way and demands the failure.
func TestMutations(t *testing.T) {
	applied := map[string]int{}
	for _, s := range All() {
		for _, m := range mutations {
			t.Run(s.Name+"/"+m.name, func(t *testing.T) {
				record := load(t, s.Name)
				if !m.spoil(s, record) {
					return
				}
				applied[m.name]++
				verdict := harness.Judge(s, record)
				require.Equal(t, harness.Fail, verdict.Outcome)
				require.Equal(t, verdict.Reasons[0], verdict.Reason)
				require.Contains(t, strings.Join(verdict.Reasons, "\n"), m.want)
			})
		}
	}
	for _, m := range mutations {
		require.NotZero(t, applied[m.name], "mutation %q applies to no record", m.name)
	}
}

// addLine appends an error-log line as nginx would write it.
func addLine(step *harness.Step, level, message string) bool {
	raw := "2026/11/20 23:24:02 [" + level + "] 7#7: *1 " + message
	if strings.Contains(message, "upstream") {
		raw += `, client: 127.0.0.1, server: , request: "PUT / HTTP/1.1", upstream: "http://127.0.0.1:3999/", host: "127.0.0.1"`
	}
	line, err := nginx.ParseLine(raw)
	if err != nil {
		panic(err)
	}
	step.Log = append(step.Log, line)
	return true
}

// everyChange spoils all changes made under traffic.
func everyChange(r *harness.Record, spoil func(*harness.Changed)) bool {
	n := 0
	for _, step := range r.Steps {
		for i := range step.Changes {
			spoil(&step.Changes[i])
			n++
		}
	}
	return n > 0
}

// again adds a second attempt to the last verified request with method.
func again(r *harness.Record, method string) bool {
	for _, response := range slices.Backward(r.Steps[0].Responses) {
		for _, a := range r.Attempts {
			if a.ID == response.ID && a.Method == method {
				r.Attempts = append(r.Attempts, a)
				return true
			}
		}
	}
	return false
}
