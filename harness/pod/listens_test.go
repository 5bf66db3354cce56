package pod

import (
	"testing"

	"github.com/stretchr/testify/require"
)

func TestListens(t *testing.T) {
	spec := Spec{Conf: `http { server { listen 8080 default_server; listen [::]:443 ssl; listen 127.0.0.1:81;listen
	localhost:82; listen unix:/run/99; listen 90-92; listen 10.0.0.1; listen [::1]; listen 99999; listen -1; } }`,
		Files: []File{{Path: "/etc/nginx/conf.d/a.conf", Data: []byte("server { listen 7000; # listen 7001;\n }")}}}
	require.Equal(t, []uint16{80, 81, 82, 90, 91, 92, 443, 7000, 7001, 8000, 8080}, spec.listens())
	require.Equal(t, []uint16{80, 8000}, Spec{}.listens())
}
