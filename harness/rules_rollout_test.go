package harness

import (
	"strconv"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"badgateway/backends"
	"badgateway/harness/pod"
)

// underTraffic is a step with one change between 2s and 3s, its requests under
// way from 1s to 4s, answered with outcome.
func underTraffic(outcome, meanwhile pod.Outcome) (Step, *Record) {
	step := Step{Phase: Broken, To: 5 * time.Second, Changes: []Changed{{Change: "nginx -s reload", From: 2 * time.Second, To: 3 * time.Second}}}
	record := &Record{}
	for i := range clients {
		id := "u" + strconv.Itoa(i)
		step.Responses = append(step.Responses, pod.Response{ID: id, Method: "GET", URL: "/", Outcome: outcome, Start: time.Second, Total: 3 * time.Second})
		step.Meanwhile = append(step.Meanwhile, pod.Response{ID: "m" + id, Method: "GET", URL: "/", Outcome: pod.OK})
		record.Attempts = append(record.Attempts, backends.Attempt{ID: id, Method: "GET", Target: "/", At: time.Second})
	}
	step.Meanwhile[0].Outcome = meanwhile
	record.Steps = []Step{step}
	return step, record
}

func TestChangeMeetsRequestsUnderWay(t *testing.T) {
	step, record := underTraffic(pod.OK, pod.OK)
	require.Empty(t, underWay(trial{Scenario{}, record}))
	for name, at := range map[string]time.Duration{"before they arrive": time.Second - 1, "when they have their answers": 4*time.Second + 1} {
		step.Changes[0].From = at
		require.Equal(t, []string{"rollout: expected a GET under way when $ nginx -s reload began (broken step), none was at a backend"},
			underWay(trial{Scenario{}, record}), name)
	}
	step.Changes[0].From = 2 * time.Second
	require.Len(t, underWay(trial{Scenario{Methods: []string{"GET", "POST"}}, record}), 1, "no POST")
	require.Len(t, underWay(trial{Scenario{}, &Record{Tried: []Tried{{Step: step}}}}), 1, "a trap's change counts too, and its requests reached nobody")
}

func TestRequestsLostInRollout(t *testing.T) {
	s := Scenario{Break: Break{Rollout: make([]Change, 1)}, Symptom: Symptom{Client: pod.NoAnswer, Requests: clients, Meanwhile: pod.Refused}}
	step, record := underTraffic(pod.NoAnswer, pod.Refused)
	require.Empty(t, symptom(trial{s, record}, step))
	step, record = underTraffic(pod.NoAnswer, pod.OK)
	require.Len(t, symptom(trial{s, record}, step), 1, "none was refused meanwhile")
	step, record = underTraffic(pod.OK, pod.Refused)
	require.Len(t, symptom(trial{s, record}, step), 1, "all were answered")

	lossless := Scenario{Fix: Fix{Rollout: make([]Change, 1)}}
	step, record = underTraffic(pod.OK, pod.OK)
	require.Empty(t, fix(trial{lossless, record}, step))
	step, record = underTraffic(pod.OK, pod.Refused)
	require.Equal(t, []string{"fix: expected requests made before the change was over to be each answered 200 OK, " +
		"saw connection refused (once), 200 OK (3 times); its error log has no line about an upstream (0 lines)"}, fix(trial{lossless, record}, step))
}

func TestSubrequestsAreNoRepeats(t *testing.T) {
	authorized := []backends.Attempt{{Method: "GET", Target: "/auth"}, {Method: "GET", Target: "/"}}
	require.Len(t, repeats(authorized), 1)
	require.Len(t, repeats(append(authorized, authorized[1])), 2, "the second was repeated")
	require.Empty(t, repeats(nil))
}

func TestRecovered(t *testing.T) {
	at := func(outcome pod.Outcome, at time.Duration) pod.Response {
		return pod.Response{Method: "GET", Outcome: outcome, Start: at}
	}
	s := Scenario{Symptom: Symptom{Client: pod.BadGateway}, Fix: Fix{Recovers: &Span{AtLeast: 2 * time.Second, Below: 3 * time.Second}}}
	judge := func(recovery ...pod.Response) []string {
		record := &Record{Recovery: &Step{Phase: Recovering, Responses: recovery}, Steps: []Step{
			{Phase: Broken, Responses: []pod.Response{at(pod.BadGateway, time.Second)}}, {Phase: Fixed},
		}}
		return recovered(trial{s, record})
	}
	require.Empty(t, judge(at(pod.BadGateway, 2*time.Second), at(pod.OK, 3*time.Second)))
	require.Len(t, judge(at(pod.OK, 3*time.Second)), 1, "at once")
	require.Len(t, judge(at(pod.GatewayTimeout, 2*time.Second), at(pod.OK, 3*time.Second)), 1, "another symptom")
	require.Len(t, judge(at(pod.BadGateway, 2*time.Second), at(pod.OK, 4*time.Second)), 1, "too late")
	require.Len(t, judge(at(pod.BadGateway, 2*time.Second), at(pod.BadGateway, 3*time.Second)), 1, "never")
}

func TestAsked(t *testing.T) {
	record := &Record{Queries: []pod.Query{{At: time.Second, Name: "app", Server: "10.0.0.2:53"}, {At: 9 * time.Second, Name: "later"}}}
	judge := func(want *Asked) []string {
		return trial{record: record}.asked(Step{Phase: Broken, To: 2 * time.Second}, want, "symptom")
	}
	require.Empty(t, judge(nil))
	require.Empty(t, judge(&Asked{Name: "app", Server: "10.0.0.2:53"}))
	require.Equal(t, []string{`symptom: expected DNS to be asked for nothing in the broken step, saw a query for "app" at 10.0.0.2:53`}, judge(&Asked{}))
	require.Len(t, judge(&Asked{Name: "app", Server: "8.8.8.8:53"}), 1)
	record.Queries = nil
	require.Equal(t, []string{`symptom: expected DNS to be asked for "app" in the broken step, it was asked nothing`}, judge(&Asked{Name: "app"}))
}
