package harness_test

import (
	"encoding/json"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"badgateway/harness"
	"badgateway/harness/nginx"
	"badgateway/harness/pod"
)

// looked is down, with commands that a look might be and two half remedies:
// one that nginx refuses, one that mends GET alone.
func looked() harness.Scenario {
	s := down()
	s.Methods = []string{http.MethodGet, http.MethodPost}
	s.Looks = []harness.Look{
		{Claim: "S1.1", Command: `grep 'Connection refused' /var/log/nginx/error.log | grep -vc 'GET /look'`, Broken: `^2$`, Fixed: `^5$`},
		{Claim: "S1.2", Command: `curl -s -o /dev/null -w '%{http_code}' http://127.0.0.1/look`, Broken: `^502$`, Fixed: `^200$`, Tools: []string{"curl"}, Asks: 1},
		{Claim: "S2.2", Command: `curl -s http://127.0.0.1:3000/; echo "exit $?"`, Broken: `^exit 7$`, Fixed: `^ok from app\nexit 0$`, Tools: []string{"curl"}},
		{Claim: "S2.3", Command: `true`, Broken: "never", Fixed: "never", Tools: []string{"sh", "no-such-tool"}},
	}
	s.Fix.Traps = []harness.Trap{
		{Title: "a directive misspelt", Conf: conf + "\nnonsense;", Refused: []nginx.Signature{nginx.UnknownDirective}},
		{Title: "an error page for GET", Conf: strings.Replace(conf, "location / {", "location = /50x { return 200; }\nlocation / { error_page 502 =200 /50x; if ($request_method = POST) { return 403; }", 1),
			Client: map[string]pod.Outcome{http.MethodGet: pod.OK, http.MethodPost: pod.StatusOutcome(403)}},
	}
	return s
}

// TestLooksAndTraps: commands tell the two states apart and half remedies do
// what is said of them, on every driver; nothing of it stands in a step.
func TestLooksAndTraps(t *testing.T) {
	t.Parallel()
	var kinds []harness.EventKind
	o := options(t)
	o.Events = func(e harness.Event) { kinds = append(kinds, e.Kind) }
	record, verdict := harness.Run(t.Context(), looked(), o)
	require.Equal(t, harness.Pass, verdict.Outcome, verdict.Reasons)
	for _, step := range record.Steps {
		require.Len(t, step.Access, len(step.Responses), "a look's access-log line")
		for _, line := range step.Log {
			require.NotContains(t, line.Raw, "/look")
		}
	}
	require.Empty(t, record.Steps[0].Looks)
	require.Equal(t, "no-such-tool", record.Steps[1].Looks[3].Missing)
	require.Contains(t, record.Tried[0].Said, `unknown directive "nonsense"`)
	require.Subset(t, kinds, []harness.EventKind{harness.LookedAt, harness.TrapTried})

	for name, m := range map[string]struct {
		want  string
		spoil func(*harness.Scenario, *harness.Record)
	}{
		"no look": {"look: expected 4 commands in the broken step, the record has 0",
			func(_ *harness.Scenario, r *harness.Record) { r.Steps[1].Looks = nil }},
		"another command": {"look: S1.1, fixed step: expected $ grep",
			func(_ *harness.Scenario, r *harness.Record) { r.Steps[2].Looks[0].Command = "true" }},
		"another output": {"look: S1.1, broken step: expected $ grep",
			func(_ *harness.Scenario, r *harness.Record) { r.Steps[1].Looks[0].Output = "7" }},
		"no expression": {"look: S1.1, broken step: read the expression",
			func(s *harness.Scenario, _ *harness.Record) { s.Looks[0].Broken = "(" }},
		"a trap not tried": {"trap: expected 2 traps tried, the record has 1",
			func(_ *harness.Scenario, r *harness.Record) { r.Tried = r.Tried[1:] }},
		"a trap accepted": {"expected nginx -t to refuse it, it was accepted",
			func(_ *harness.Scenario, r *harness.Record) { r.Tried[0].Refused = false }},
		"a trap refused": {"expected nginx -t to accept it, it said: no",
			func(_ *harness.Scenario, r *harness.Record) { r.Tried[1].Refused, r.Tried[1].Said = true, "no" }},
		"refused for another reason": {"expected no other [emerg] line",
			func(_ *harness.Scenario, r *harness.Record) {
				r.Tried[0].Said = strings.ReplaceAll(r.Tried[0].Said, "unknown directive", "directive is duplicate")
			}},
		"refused without its line": {"expected nginx -t to refuse it with [emerg] unknown-directive",
			func(_ *harness.Scenario, r *harness.Record) { r.Tried[0].Said = "" }},
		"a refused one that is in force": {"expected GET / answered 502 Bad Gateway once, saw 200 OK (once)",
			func(_ *harness.Scenario, r *harness.Record) { r.Tried[0].Step.Responses[0].Outcome = pod.OK }},
		"a trap that does more": {"expected POST / answered 403 Forbidden once, saw 200 OK (once)",
			func(_ *harness.Scenario, r *harness.Record) { r.Tried[1].Step.Responses[1].Outcome = pod.OK }},
		"an alert meanwhile": {"expected no undeclared [alert] line",
			func(_ *harness.Scenario, r *harness.Record) {
				r.Tried[1].Step.Log = append(r.Tried[1].Step.Log, nginx.Line{Level: nginx.Alert, Raw: "alert"})
			}},
	} {
		t.Run(name, func(t *testing.T) {
			s, spoilt := looked(), clone(t, record)
			m.spoil(&s, spoilt)
			verdict := harness.Judge(s, spoilt)
			require.Equal(t, harness.Fail, verdict.Outcome)
			require.Contains(t, strings.Join(verdict.Reasons, "\n"), m.want)
		})
	}
}

// TestTrapTakenBack: a trap leaves the configuration of before behind, also
// when the fix deploys none.
func TestTrapTakenBack(t *testing.T) {
	t.Parallel()
	s := down()
	s.Fix = harness.Fix{Lift: true, Traps: looked().Fix.Traps[1:]}
	s.Fix.Traps[0].Client[http.MethodGet] = pod.OK
	o := options(t)
	o.Without = harness.WithoutFix
	_, verdict := harness.Run(t.Context(), s, o)
	require.Equal(t, harness.Fail, verdict.Outcome)
	require.Contains(t, verdict.Reason, "saw 502 Bad Gateway")
}

// TestLookAloneTouchesNothing: a fault that only a look met is no evidence.
func TestLookAloneTouchesNothing(t *testing.T) {
	t.Parallel()
	s := down()
	s.Backends = append(s.Backends, s.Backends[0])
	s.Backends[1].Name, s.Backends[1].Listen = "other", "127.0.0.1:3001"
	s.Break.Faults = append(s.Break.Faults, pod.Fault{Kind: pod.KindResetPeer, Target: "other"})
	s.Looks = []harness.Look{{Claim: "S2.2", Command: "curl -s http://127.0.0.1:3001/", Tools: []string{"curl"}}}
	_, verdict := harness.Run(t.Context(), s, options(t))
	require.Equal(t, harness.Fail, verdict.Outcome)
	require.Contains(t, verdict.Reason, "expected reset_peer on other to touch something")
}

func clone(t *testing.T, r *harness.Record) *harness.Record {
	data, err := json.Marshal(r)
	require.NoError(t, err)
	var c harness.Record
	require.NoError(t, json.Unmarshal(data, &c))
	return &c
}

// TestLookAtMachine: a look at the machine sees what the pod does not.
func TestLookAtMachine(t *testing.T) {
	t.Parallel()
	file := filepath.Join(t.TempDir(), "here")
	require.NoError(t, os.WriteFile(file, nil, 0o600))
	command := "test -e " + file + " && echo there || echo absent"
	s := down()
	s.Looks = []harness.Look{
		{Claim: "S6.1", Command: command, Broken: `^absent$`, Fixed: `^absent$`},
		{Claim: "S6.1", Command: command, Machine: true, Broken: `^there$`, Fixed: `^there$`},
		{Claim: "S6.1", Command: `echo wrong >&2; exit 3`, Machine: true, Broken: `^wrong$`, Fixed: `^wrong$`},
		{Claim: "S6.1", Command: `true`, Machine: true, Broken: `never`, Fixed: `never`, Tools: []string{"no-such-tool"}},
	}
	record, verdict := harness.Run(t.Context(), s, options(t))
	require.Equal(t, harness.Pass, verdict.Outcome, verdict.Reasons)
	require.Equal(t, 3, record.Steps[1].Looks[2].Code)
	require.Equal(t, "no-such-tool", record.Steps[1].Looks[3].Missing)
}

// TestConfined: a machine whose own policy confines nginx is named where nothing
// is healthy.
func TestConfined(t *testing.T) {
	t.Parallel()
	record, _ := harness.Run(t.Context(), down(), options(t))
	require.Empty(t, record.Confined, "this machine has a policy for nginx")
	record.Confined = "nginx (enforce)"
	require.Equal(t, harness.Pass, harness.Judge(down(), record).Outcome)
	record.Steps[0].Responses[0].Outcome = pod.BadGateway
	require.Contains(t, harness.Judge(down(), record).Reason, `this machine's own policy "nginx (enforce)" confines nginx`)
}
