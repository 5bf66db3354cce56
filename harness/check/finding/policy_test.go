package finding_test

import (
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"badgateway/harness/check/finding"
	"badgateway/harness/check/result"
)

const policy = `version: 1
fail-on: warning
limits: {wait: 5s, recovery: 1m30s}
rules:
  truncated-answer: off
  no-failover: note
accept:
  - rule: stale-address
    route: "shop.example:*"
    reason: the database host never moves
    until: 2027-03-31
`

func TestReadPolicy(t *testing.T) {
	p, err := finding.ReadPolicy("badgateway.yaml", strings.NewReader(policy))
	require.NoError(t, err)
	require.Equal(t, result.Warning, p.FailOn)
	require.Equal(t, finding.Duration(5*time.Second), p.Limits.Wait)
	require.Equal(t, finding.Default().Limits.WebSocket, p.Limits.WebSocket, "not in the file")

	require.Equal(t, result.Note, find(bad("one-peer-dead", nil), text{}, p)[0].Severity)
	require.Empty(t, find(still("truncated-body", func(l *result.Cell) { l.Client, l.Body = "truncated body", result.BodyTruncated }), text{}, p))
	require.Contains(t, names(find(bad("syn-dropped", func(l *result.Cell) { l.Total = 6 * time.Second }), text{}, p)), "long-wait")
}

func TestAcceptanceExpires(t *testing.T) {
	p, err := finding.ReadPolicy("badgateway.yaml", strings.NewReader(policy))
	require.NoError(t, err)
	accepted := func(now time.Time) string {
		cells := []result.Cell{bad("address-changed", nil)}
		return finding.Find([]result.Route{shop}, cells, text{}, titles, p, now)[0].Accepted
	}
	require.Equal(t, "the database host never moves (until 2027-03-31)", accepted(today))
	require.Empty(t, p.Expired(today))
	require.Empty(t, accepted(today.AddDate(0, 0, 1)))
	require.Len(t, p.Expired(today.AddDate(0, 0, 1)), 1)
}

func TestAcceptanceOfOtherFaults(t *testing.T) {
	p := finding.Default()
	p.Accept = []finding.Acceptance{{Rule: "stale-keepalive-post", Fault: "refused", Reason: "r", Until: finding.Date(today)}}
	require.Empty(t, find(bad("stale-keepalive", nil), text{}, p)[0].Accepted)
	p.Accept[0].Fault = "stale-*"
	require.NotEmpty(t, find(bad("stale-keepalive", nil), text{}, p)[0].Accepted)
}

func TestPolicyErrors(t *testing.T) {
	for _, c := range []struct{ text, want string }{
		{"version: 1\nlimit: {wait: 5s}\n", `line 2: unknown key "limit"; nearest: limits`},
		{"version: 1\nlimits: {wiat: 5s}\n", `line 2: unknown key "wiat"; nearest: wait`},
		{"limits: {wait: 5s}\n", "write version: 1"},
		{"", "write version: 1"},
		{"version: 1\nrules: {no-failove: off}\n", `unknown rule "no-failove"; nearest: no-failover`},
		{"version: 1\nrules: {no-failover: fatal}\n", "write error, warning, note or off"},
		{"version: 1\nfail-on: off\n", "write error, warning or note"},
		{"version: 1\nlimits: {wait: 5}\n", "5 is no duration above 0"},
		{"version: 1\naccept: [{rule: no-failover}]\n", "give a reason and an expiry"},
		{"version: 1\naccept: [{rule: no-failover, reason: r, until: soon}]\n", "soon is no day"},
		{"version: 1\naccept: [{rule: no-failover, reason: r, until: 2027-01-01, route: '['}]\n", "syntax error in pattern"},
		{"version: [1\n", "read policy p.yaml"},
	} {
		_, err := finding.ReadPolicy("p.yaml", strings.NewReader(c.text))
		require.ErrorContains(t, err, c.want, c.text)
	}
}

func FuzzReadPolicy(f *testing.F) {
	f.Add(policy)
	f.Add("version: 1\n")
	f.Fuzz(func(t *testing.T, text string) {
		p, err := finding.ReadPolicy("p.yaml", strings.NewReader(text))
		if err == nil {
			require.Equal(t, 1, p.Version)
		}
	})
}
