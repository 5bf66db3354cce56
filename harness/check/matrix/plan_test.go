package matrix

import (
	"flag"
	"fmt"
	"os"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"badgateway/harness/check/result"
)

var update = flag.Bool("update", false, "write the golden file anew")

// planned are routes of every kind.
var planned = []result.Route{
	{ID: "one", Protocol: "http", Peers: []string{"127.0.0.1:3000"}, Methods: []string{"GET", "POST"}, Reached: true},
	{ID: "two", Protocol: "http", Peers: []string{"10.0.0.1:80", "10.0.0.2:80"}, Methods: []string{"GET", "POST"}, Reached: true, WebSocket: true},
	{ID: "two, one down", Protocol: "http", Peers: []string{"10.0.0.1:80", "10.0.0.2:80"}, Down: []string{"10.0.0.2:80"}, Methods: []string{"POST"}, Reached: true},
	{ID: "name at start", Protocol: "https", Peers: []string{"app:8443"}, Methods: []string{"GET"}, Reached: true},
	{ID: "name at run time", Protocol: "http", Peers: []string{"app:80"}, Hosts: []string{"app"}, Methods: []string{"GET"}, Reached: true},
	{ID: "php", Protocol: "fastcgi", Peers: []string{"unix:/run/php.sock"}, Methods: []string{"GET"}, Reached: true},
	{ID: "grpc", Protocol: "grpc", Peers: []string{"127.0.0.1:50051"}, Methods: []string{"POST"}, Reached: true},
	{ID: "stream", Protocol: "tcp", Stream: true, Peers: []string{"10.0.0.9:5432"}, Reached: true},
	{ID: "deletes", Protocol: "http", Peers: []string{"127.0.0.1:83"}, Methods: []string{"DELETE"}, Reached: true},
	{ID: "own", Protocol: "http", Own: true, Peers: []string{"127.0.0.1:81"}, Methods: []string{"GET"}, Reached: true},
	{ID: "unreached", Protocol: "http", Peers: []string{"127.0.0.1:82"}, Methods: []string{"GET"}, Reason: "no such path"},
}

// TestPlan holds the plan, and the order in which it runs, against a file.
func TestPlan(t *testing.T) {
	var b strings.Builder
	for _, p := range Cells(planned, Selection{}) {
		fmt.Fprintln(&b, p.ID())
	}
	b.WriteString("\nin the order in which they run:\n")
	all := Cells(planned, Selection{})
	for _, i := range schedule(all) {
		fmt.Fprintln(&b, all[i].weight(), all[i].ID())
	}
	b.WriteString("\nfaults that do not apply:\n")
	for _, r := range planned {
		for _, f := range Faults() {
			if why := f.Applies(r); why != "" {
				fmt.Fprintf(&b, "%s|%s: %s\n", r.ID, f.Name, why)
			}
		}
	}
	const golden = "testdata/plan.txt"
	if *update {
		require.NoError(t, os.MkdirAll("testdata", 0o755))
		require.NoError(t, os.WriteFile(golden, []byte(b.String()), 0o644))
	}
	want, err := os.ReadFile(golden)
	require.NoError(t, err)
	require.Equal(t, string(want), b.String(), "if the plan is meant to change: go test ./harness/check/matrix -run TestPlan -update")
}

func TestSelection(t *testing.T) {
	for want, s := range map[string]Selection{
		"one|none|GET one|none|POST":                    {Routes: []string{"one"}, Faults: []string{None}},
		"two|one-peer-dead|POST two|one-peer-slow|POST": {Faults: []string{"one-*"}, Methods: []string{"POST"}},
		"one|status-500|GET one|status-503|GET":         {Routes: []string{"o*"}, Faults: []string{"status-500", "status-503"}, Methods: []string{"GET"}},
		"stream|refused|GET stream|stalled-body|GET":    {Routes: []string{"stream"}, Faults: []string{"refused", "stalled*", "truncated*"}},
		"": {Routes: []string{"own", "unreached"}},
	} {
		var ids []string
		for _, p := range Cells(planned, s) {
			ids = append(ids, p.ID())
		}
		require.Equal(t, want, strings.Join(ids, " "))
	}
}

func TestTable(t *testing.T) {
	require.Equal(t, None, Faults()[0].Name)
	seen := map[string]bool{}
	for _, f := range Faults() {
		require.False(t, seen[f.Name], f.Name)
		seen[f.Name] = true
		require.Regexp(t, `^[a-z0-9]+(-[a-z0-9]+)*$`, f.Name)
		require.NotEmpty(t, f.Title, f.Name)
		require.NotEmpty(t, f.Evidence, f.Name)
	}
}
