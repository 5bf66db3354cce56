package gatewaytest

import (
	"slices"

	"badgateway/backends"
	"badgateway/harness"
	"badgateway/harness/nginx"
	"badgateway/harness/pod"
)

// Gateway is one nginx in a pod, for the length of a test. What cannot be done
// fails the test.
type Gateway struct {
	*pod.Pod // for what has no method here
	t        harness.T
	log      *harness.Log
	options  harness.Options
}

// Start starts nginx with the configuration conf, byte for byte, and plays the
// upstreams at the addresses that conf writes. conf logs to
// [harness.ErrorLog]. The pod ends with the test.
func Start(t harness.T, conf string, upstreams ...backends.Spec) *Gateway {
	t.Helper()
	return StartSpec(t, pod.Spec{Conf: conf, Backends: upstreams})
}

// StartSpec is [Start] with everything that a pod may hold: files beside the
// configuration, a packet capture. Name and Nginx are filled in.
func StartSpec(t harness.T, spec pod.Spec) *Gateway {
	t.Helper()
	o := Options(t, Drivers()[0])
	spec.Name, spec.Nginx = t.Name(), o.Nginx
	p, err := pod.Start(t.Context(), o.Driver, spec, o.Timeouts)
	g := &Gateway{Pod: p, t: t, log: harness.NewLog(p), options: o}
	t.Cleanup(g.end)
	g.must("start gateway", err)
	return g
}

// Inject turns faults on.
func (g *Gateway) Inject(faults ...pod.Fault) {
	g.t.Helper()
	g.must("inject", g.Pod.Inject(g.t.Context(), faults...))
}

// Lift turns every fault off.
func (g *Gateway) Lift() {
	g.t.Helper()
	g.must("lift faults", g.Pod.Lift(g.t.Context()))
}

// Deploy replaces the configuration: nginx -t, reload, and the new workers accept.
func (g *Gateway) Deploy(conf string) {
	g.t.Helper()
	g.must("deploy configuration", g.Pod.Deploy(g.t.Context(), conf))
}

// Do makes one request and returns what the client saw.
func (g *Gateway) Do(r pod.Request) pod.Response {
	g.t.Helper()
	response, err := g.Request(g.t.Context(), r)
	g.must("request "+r.URL, err)
	return response
}

// Get expects GET url to end in outcome, and since the last expectation an
// error-log line for each signature and no other line that is severe, or about
// an upstream error.
func (g *Gateway) Get(url string, outcome pod.Outcome, log ...nginx.Signature) pod.Response {
	g.t.Helper()
	return g.Expect(pod.Request{URL: url}, outcome, log...)
}

// Expect is [Gateway.Get] for any request.
func (g *Gateway) Expect(r pod.Request, outcome pod.Outcome, log ...nginx.Signature) pod.Response {
	g.t.Helper()
	response := g.Do(r)
	lines, err := g.log.Next(g.t.Context(), log, g.options.Timeouts.Log)
	g.must("read error log", err)
	for _, line := range lines {
		g.t.Logf("error.log: %s", line.Raw)
	}
	if response.Outcome != outcome {
		g.t.Fatalf("%s %s: expected %s, saw %s %s", response.Method, response.URL, outcome, response.Outcome, response.Error)
	}
	for _, s := range harness.Missing(log, lines) {
		g.t.Fatalf("%s %s: expected an error-log line %s (%s), saw none of it in %d lines", response.Method, response.URL, s.Name, s.Meaning, len(lines))
	}
	for _, line := range lines {
		if problem := harness.Undeclared(line, log); problem != "" {
			g.t.Fatalf("%s %s: expected no %s, saw: %s", response.Method, response.URL, problem, line.Raw)
		}
	}
	return response
}

// Attempts are the requests that reached the upstreams for one response, in
// order: more than one means that nginx tried again.
func (g *Gateway) Attempts(r pod.Response) []backends.Attempt {
	g.t.Helper()
	_, attempts, err := g.Observed(g.t.Context())
	g.must("read what the upstreams saw", err)
	return slices.DeleteFunc(attempts, func(a backends.Attempt) bool { return a.ID != r.ID })
}

func (g *Gateway) must(what string, err error) {
	g.t.Helper()
	if err != nil {
		g.t.Fatalf("%s: %v", what, err)
	}
}

func (g *Gateway) end() {
	if err := g.Close(); err != nil {
		g.t.Errorf("close gateway: %v", err)
	}
}
