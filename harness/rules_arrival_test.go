package harness_test

import (
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"badgateway/backends"
	"badgateway/harness"
	"badgateway/harness/pod"
)

// forwarded is a scenario whose symptom only the backends see: clients get
// 200, every request opens a connection, and the header comes wrong.
func forwarded() harness.Scenario {
	return harness.Scenario{
		Name: "test/forwarded", Conf: "healthy", Backends: []backends.Spec{{Name: "app", Listen: "127.0.0.1:3000"}},
		Break: harness.Break{Conf: "broken"},
		Symptom: harness.Symptom{Client: pod.OK, Requests: 2,
			Arrival: &harness.Arrival{Target: `^/$`, Header: map[string]string{"X-Forwarded-Proto": "", "Host": `^app$`}, Conns: 2, Attempts: 1}},
		Fix: harness.Fix{Conf: "fixed", Requests: 2,
			Arrival: &harness.Arrival{Header: map[string]string{"X-Forwarded-Proto": "^https$"}, Conns: 1, Attempts: 1}},
	}
}

// forwardedRecord is a record that bears it out.
func forwardedRecord() *harness.Record {
	r := &harness.Record{Scenario: "test/forwarded"}
	conns := []int{1, 2, 3, 4, 5, 5} // of each request in order; the last two share one
	for i, phase := range []harness.Phase{harness.Healthy, harness.Broken, harness.Fixed} {
		step := harness.Step{Phase: phase, From: time.Duration(i) * time.Second, To: time.Duration(i)*time.Second + 500*time.Millisecond}
		for n := range 2 {
			request := 2*i + n
			id, at := "r"+string(rune('1'+request)), step.From+time.Duration(n+1)*100*time.Millisecond
			header := http.Header{"Host": {"app"}}
			if phase == harness.Fixed {
				header.Set("X-Forwarded-Proto", "https")
			}
			step.Responses = append(step.Responses, pod.Response{ID: id, Method: http.MethodGet, URL: "/", Outcome: pod.OK, Status: 200})
			r.Attempts = append(r.Attempts, backends.Attempt{ID: id, Backend: "app", Conn: conns[request], At: at,
				Method: http.MethodGet, Target: "/", Header: header, Complete: true, Action: backends.Respond})
			if len(r.Conns) < conns[request] {
				r.Conns = append(r.Conns, backends.Conn{Backend: "app", Number: conns[request], Opened: at})
			}
		}
		r.Steps = append(r.Steps, step)
	}
	return r
}

// spoiltArrivals are the ways in which requests arrive otherwise.
var spoiltArrivals = map[string]struct {
	want  string
	spoil func(*harness.Scenario, *harness.Record)
}{
	"a header that should be absent": {
		`symptom: GET / (r3, broken step): expected no header X-Forwarded-Proto at backend app, saw "http"`,
		func(_ *harness.Scenario, r *harness.Record) { r.Attempts[2].Header.Set("X-Forwarded-Proto", "http") }},
	"a header that is absent": {
		`fix: GET / (r5, fixed step): expected header X-Forwarded-Proto matching "^https$" at backend app, it is absent`,
		func(_ *harness.Scenario, r *harness.Record) { r.Attempts[4].Header.Del("X-Forwarded-Proto") }},
	"another value": {
		`symptom: GET / (r4, broken step): expected header Host matching "^app$" at backend app, saw "backend"`,
		func(_ *harness.Scenario, r *harness.Record) { r.Attempts[3].Header.Set("Host", "backend") }},
	"the header twice": {
		`expected header X-Forwarded-Proto matching "^https$" at backend app, saw "https, https"`,
		func(_ *harness.Scenario, r *harness.Record) { r.Attempts[5].Header.Add("X-Forwarded-Proto", "https") }},
	"a connection more": {
		"fix: expected nginx to open 1 connection for 2 requests in the fixed step, it opened 2",
		func(_ *harness.Scenario, r *harness.Record) {
			r.Conns = append(r.Conns, backends.Conn{Opened: r.Steps[2].To})
		}},
	"a connection less": {
		"symptom: expected nginx to open 2 connections for 2 requests in the broken step, it opened 1",
		func(_ *harness.Scenario, r *harness.Record) { r.Conns[3].Opened = r.Steps[1].From - 1 }},
	"an attempt more": {
		"symptom: GET / (r4, broken step): expected 1 attempt at the backends, saw 2 (by app, app)",
		func(_ *harness.Scenario, r *harness.Record) { r.Attempts = append(r.Attempts, r.Attempts[3]) }},
	"no attempt": {
		"symptom: GET / (r3, broken step): expected 1 attempt at the backends, saw 0",
		func(_ *harness.Scenario, r *harness.Record) { r.Attempts[2].ID = "" }},
	"a header that nobody received": {
		"symptom: GET / (r3, broken step): expected it at a backend, none saw the request",
		func(s *harness.Scenario, r *harness.Record) { s.Symptom.Arrival.Attempts, r.Attempts[2].ID = 0, "" }},
	"another target": {
		`symptom: GET / (r3, broken step): expected a request target matching "^/$" at backend app, saw "/api/"`,
		func(_ *harness.Scenario, r *harness.Record) { r.Attempts[2].Target = "/api/" }},
	"a target that nobody received": {
		"symptom: GET / (r3, broken step): expected it at a backend, none saw the request",
		func(s *harness.Scenario, r *harness.Record) {
			s.Symptom.Arrival = &harness.Arrival{Target: "^/$"}
			r.Attempts[2].ID = ""
		}},
	"no expression for the target": {
		"symptom: GET / (r3, broken step): read the expression for the request target: error parsing regexp",
		func(s *harness.Scenario, _ *harness.Record) { s.Symptom.Arrival.Target = "(" }},
	"no expression": {
		"symptom: GET / (r3, broken step): read the expression for header Host: error parsing regexp",
		func(s *harness.Scenario, _ *harness.Record) { s.Symptom.Arrival.Header["Host"] = "(" }},
}

// TestArrival: a symptom that the backends alone see passes, and every way of
// not seeing it is a failure with its own words.
func TestArrival(t *testing.T) {
	verdict := harness.Judge(forwarded(), forwardedRecord())
	require.Equal(t, harness.Pass, verdict.Outcome, verdict.Reasons)
	require.Equal(t, pod.OK, verdict.Symptom.Client)

	for name, m := range spoiltArrivals {
		t.Run(name, func(t *testing.T) {
			s, r := forwarded(), forwardedRecord()
			m.spoil(&s, r)
			verdict := harness.Judge(s, r)
			require.Equal(t, harness.Fail, verdict.Outcome)
			require.Contains(t, strings.Join(verdict.Reasons, "\n"), m.want)
		})
	}
}

// TestArrivalAfterwards: what opens connections behind a step's end, a person
// or a look, is not counted.
func TestArrivalAfterwards(t *testing.T) {
	r := forwardedRecord()
	for _, step := range r.Steps {
		r.Conns = append(r.Conns, backends.Conn{Backend: "app", Opened: step.To + 1})
	}
	verdict := harness.Judge(forwarded(), r)
	require.Equal(t, harness.Pass, verdict.Outcome, verdict.Reasons)
}
