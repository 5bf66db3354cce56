package result_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"badgateway/harness/check/result"
)

func TestBrief(t *testing.T) {
	for text, d := range map[string]time.Duration{
		"0s": 0, "120ms": 120*time.Millisecond + 300*time.Microsecond, "2.5s": 2520 * time.Millisecond, "5s": 5 * time.Second,
		"30s": 30 * time.Second, "1m": time.Minute, "1m30s": 90 * time.Second, "1h": time.Hour, "1h1m": 61 * time.Minute, "10m": 10 * time.Minute,
	} {
		require.Equal(t, text, result.Brief(d))
	}
}

func TestMatches(t *testing.T) {
	for _, c := range []struct {
		pattern, text string
		want          bool
	}{
		{"", "anything", true}, {"*", "a/b/c", true}, {"shop:*", "shop:80/a/b", true}, {"shop:*", "api:80/", false},
		{"refused", "refused", true}, {"[", "[", false}, {"a/?", "a/b", true},
	} {
		require.Equal(t, c.want, result.Matches(c.pattern, c.text), c)
	}
}
