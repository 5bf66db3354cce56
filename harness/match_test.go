package harness_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"badgateway/harness"
)

func catalogue(names ...string) []harness.Scenario {
	var all []harness.Scenario
	for _, n := range names {
		all = append(all, harness.Scenario{Name: n})
	}
	return all
}

var some = catalogue("upstream/refused", "upstream/timeout/read", "upstream/timeout/send", "dns/timeout", "fastcgi/refused")

func TestMatch(t *testing.T) {
	for _, c := range []struct {
		patterns []string
		want     []string
	}{
		{nil, []string{"upstream/refused", "upstream/timeout/read", "upstream/timeout/send", "dns/timeout", "fastcgi/refused"}},
		{[]string{"upstream"}, []string{"upstream/refused", "upstream/timeout/read", "upstream/timeout/send"}},
		{[]string{"upstream/"}, []string{"upstream/refused", "upstream/timeout/read", "upstream/timeout/send"}},
		{[]string{"upstream/*"}, []string{"upstream/refused", "upstream/timeout/read", "upstream/timeout/send"}},
		{[]string{"upstream/**"}, []string{"upstream/refused", "upstream/timeout/read", "upstream/timeout/send"}},
		{[]string{"upstream/refused"}, []string{"upstream/refused"}},
		{[]string{"*"}, []string{"upstream/refused", "upstream/timeout/read", "upstream/timeout/send", "dns/timeout", "fastcgi/refused"}},
		{[]string{"**/read"}, []string{"upstream/timeout/read"}},
		{[]string{"*/timeout"}, []string{"upstream/timeout/read", "upstream/timeout/send", "dns/timeout"}},
		{[]string{"{dns,fastcgi}/*"}, []string{"dns/timeout", "fastcgi/refused"}},
		{[]string{"fastcgi", "dns", "dns/*"}, []string{"dns/timeout", "fastcgi/refused"}},
		{[]string{"upstream/r?fused"}, []string{"upstream/refused"}},
	} {
		got, err := harness.Match(some, c.patterns...)
		require.NoError(t, err, c.patterns)
		var names []string
		for _, s := range got {
			names = append(names, s.Name)
		}
		require.Equal(t, c.want, names, c.patterns)
	}
}

func TestMatchUnknown(t *testing.T) {
	for pattern, nearest := range map[string]string{
		"upstream/refusd": "upstream/refused",
		"upstrem":         "upstream",
		"upstrem/*":       "upstream/*",
		"fcgi/**":         "fastcgi/*",
		"read":            "upstream/timeout/read",
		"DNS/timeout":     "dns/timeout",
		"upstream/refuse": "upstream/refused",
		"":                "dns/timeout",
	} {
		_, err := harness.Match(some, "dns", pattern)
		var unknown *harness.UnknownPattern
		require.ErrorAs(t, err, &unknown, pattern)
		require.Equal(t, pattern, unknown.Pattern)
		if pattern != "" {
			require.Equal(t, nearest, unknown.Nearest, pattern)
			require.Contains(t, err.Error(), nearest)
		}
	}
}

func TestMatchBadGlob(t *testing.T) {
	_, err := harness.Match(some, "upstream/[")
	require.ErrorContains(t, err, `read pattern "upstream/["`)
	_, err = harness.Match(nil, "upstream")
	require.EqualError(t, err, `pattern "upstream" matches no scenario`)
}
