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
)

// readAndWrite is for failures that may meet a GET and a POST differently:
// nginx passes a GET on to the next server, and not a POST that it has sent
// (proxy_next_upstream, non_idempotent).
var readAndWrite = []string{http.MethodGet, http.MethodPost}

const ms = time.Millisecond

// All is the catalogue, in the order of the runbook.
func All() []harness.Scenario {
	return slices.Concat(upstream, answer, names, dns, timeout, keepalive, headers, security, health, sockets, tls, limits, buffers, fastcgi, script, upload, client, reload, websocket, streaming, grpc, uwsgi, scgi)
}

// family completes scenarios that have much in common: what they leave empty is
// as in usual, and Conf the configuration of their name.
func family(usual harness.Scenario, all ...harness.Scenario) []harness.Scenario {
	for i := range all {
		s := &all[i]
		s.Step = cmp.Or(s.Step, usual.Step)
		if s.Conf == "" {
			s.Conf = conf(s.Name)
		}
		if s.Backends == nil {
			s.Backends = usual.Backends
		}
		if s.Resolvers == nil {
			s.Resolvers = usual.Resolvers
		}
		if s.Methods == nil {
			s.Methods = usual.Methods
		}
		if reflect.ValueOf(s.Probe).IsZero() {
			s.Probe = usual.Probe
		}
	}
	return all
}

// conf is the text of a configuration in the fixtures.
func conf(name string) string {
	data, err := fixtures.FS.ReadFile("nginx/" + name + ".conf")
	if err != nil {
		panic(fmt.Sprintf("scenarios: %v", err)) // embedded at build time: a name is misspelt
	}
	return string(data)
}

// app is the usual upstream: an HTTP application that answers 200.
func app(listen string) backends.Spec { return backends.Spec{Name: "app", Listen: listen} }

// named is app under another name, for pods with several.
func named(name, listen string) backends.Spec { return backends.Spec{Name: name, Listen: listen} }
