package scenarios

import (
	"cmp"
	"fmt"
	"net/http"
	"reflect"
	"slices"
	"time"

	"badgateway/backends"
	"badgateway/fixtures"
	"badgateway/harness"
	"badgateway/harness/nginx"
	"badgateway/harness/pod"
)

// readAndWrite is for failures that may meet a GET and a POST differently:
// nginx passes a GET on to the next server, and not a POST that it has sent
// (proxy_next_upstream, non_idempotent).
var readAndWrite = []string{http.MethodGet, http.MethodPost}

// readOnly is for failures that meet every method alike.
var readOnly = []string{http.MethodGet}

const ms = time.Millisecond

// All is the catalogue, in the order of the runbook.
func All() []harness.Scenario {
	all := slices.Concat(upstream, answer, names, dns, timeout, keepalive, headers, security, health, sockets, tls, limits, buffers, fastcgi, script, upload, client, reload, websocket, streaming, grpc, uwsgi, scgi)
	for i := range all {
		configure(&all[i])
	}
	return all
}

// family completes scenarios that have much in common: what they leave empty is
// as in usual.
func family(usual harness.Scenario, all ...harness.Scenario) []harness.Scenario {
	for i := range all {
		s := &all[i]
		s.Step = cmp.Or(s.Step, usual.Step)
		inherit(&s.Backends, usual.Backends)
		inherit(&s.Resolvers, usual.Resolvers)
		inherit(&s.Methods, usual.Methods)
		inherit(&s.Modules, usual.Modules)
		if reflect.ValueOf(s.Probe).IsZero() {
			s.Probe = usual.Probe
		}
	}
	return all
}

func inherit[T any](own *[]T, usual []T) {
	if *own == nil {
		*own = usual
	}
}

// configure gives a scenario the configurations that lie in the fixtures under
// its name, where it names no others: NAME.conf while healthy, NAME.break.conf,
// NAME.fix.conf, and NAME.trap.conf, NAME.trap2.conf and so on. A break by
// configuration without a remedy of its own is mended by the healthy one.
func configure(s *harness.Scenario) {
	given := func(to *string, variant string) {
		if text, there := lookup(s.Name + variant); there && *to == "" {
			*to = text
		}
	}
	given(&s.Conf, "")
	given(&s.Break.Conf, ".break")
	given(&s.Fix.Conf, ".fix")
	if s.Fix.Conf == "" && s.Break.Conf != "" && !s.Fix.Lift && len(s.Fix.Rollout) == 0 {
		s.Fix.Conf = s.Conf
	}
	s.Fix.Traps = slices.Clone(s.Fix.Traps)
	for i := range s.Fix.Traps {
		if trap := &s.Fix.Traps[i]; len(trap.Faults) == 0 {
			given(&trap.Conf, trapVariant(i))
		}
	}
}

// trapVariant names the configuration of a scenario's trap: .trap, .trap2, ...
func trapVariant(i int) string {
	if i == 0 {
		return ".trap"
	}
	return fmt.Sprintf(".trap%d", i+1)
}

// conf is the text of a configuration in the fixtures.
func conf(name string) string {
	text, there := lookup(name)
	if !there {
		panic("scenarios: no configuration " + name) // embedded at build time: a name is misspelt
	}
	return text
}

func lookup(name string) (text string, there bool) {
	data, err := fixtures.FS.ReadFile("nginx/" + name + ".conf")
	return string(data), err == nil
}

// steadily is a symptom that two requests in a row show, with lines of log.
func steadily(client pod.Outcome, log ...nginx.Signature) harness.Symptom {
	return harness.Symptom{Client: client, Log: log, Requests: 2}
}

// down is the fault of backends that listen no more.
func down(targets ...string) []pod.Fault {
	var faults []pod.Fault
	for _, target := range targets {
		faults = append(faults, pod.Fault{Kind: pod.KindDown, Target: target})
	}
	return faults
}

// behaves is the fault of a backend that follows script.
func behaves(target string, script backends.Script) []pod.Fault {
	return []pod.Fault{{Kind: pod.KindBehave, Target: target, Script: script}}
}

// app is the usual upstream: an HTTP application that answers 200.
func app(listen string) backends.Spec { return backends.Spec{Name: "app", Listen: listen} }

// named is app under another name, for pods with several.
func named(name, listen string) backends.Spec { return backends.Spec{Name: name, Listen: listen} }
