package conf_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"badgateway/harness/nginx/conf"
)

func TestParseSize(t *testing.T) {
	for text, want := range map[string]int64{"0": 0, "4096": 4096, "16k": 16 << 10, "8M": 8 << 20} {
		got, err := conf.ParseSize(text)
		require.NoError(t, err, text)
		require.Equal(t, want, got, text)
	}
	for _, text := range []string{"", "k", "1g", "-1", "+1", "1 k", "99999999999999"} {
		_, err := conf.ParseSize(text)
		require.Error(t, err, text)
	}
}
